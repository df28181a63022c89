"""What `plait.bridge` costs beside its peers: `python -m benchmarks.bridge` makes the whole table.

Every row is measured in a process of its own kind of place: on asyncio's loop and on uvloop,
pinned to one core and free on two, alone and beside a thread that spins in pure Python. In it
the peer and plait take turns; what is shown is medians of the rounds, and the ratio round by
round. Nothing is switched off on either side.
"""
