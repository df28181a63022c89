"""Schedules of threads and loops: explored by seed, replayed by seed."""
