"""What `plait merge` costs beside its peers: `python -m benchmarks.merge` makes the whole table.

Everything is measured as whole processes that read files in the page cache and overwrite one
file in place. Peer and plait take turns, round by round; each output is compared with what it
must be before its time counts.
"""
