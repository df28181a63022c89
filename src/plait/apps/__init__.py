"""The front ends: choices in, a program run. None of them sorts, parses, filters or waits on its own."""
