"""The front ends: choices in, a program run. None sorts, parses, filters or waits on its own."""
