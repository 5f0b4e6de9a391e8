"""Does an answer stand as it is worded? What denies, doubts, takes back or disclaims it, and how prose cues it.

Start at `standing`: the one place where that is decided.

Doors: `standing`, `denials`, `afterthoughts`, `prose`.
"""
