"""A torture test of programs that follow logs: `python -m benchmarks.torture`."""
