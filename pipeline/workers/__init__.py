"""Who does the work? The same pure function in this process, on local processes, or in killable ones.

Doors: `shards` for shards of work, `pool` for items with a deadline each.
"""
