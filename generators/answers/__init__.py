"""Is this reply the gold's value? What a reply says (`reading`), what text means (`notation`, `maths`), and the types.

Start in `comparers`, the table of types; the door for callers is `generators.grade`.
"""
