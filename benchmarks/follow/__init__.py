"""What `plait merge -f` costs beside its peers: `python -m benchmarks.follow` makes the table.

Each follower is a process of its own with files of its own, so that those that wait for their
turn have nothing to do.
"""
