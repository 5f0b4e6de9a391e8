"""Is this reply the gold's value? Where it answers (`reading`), whether that stands (`wording`), what text says
(`language`), and what equals what.

The door for callers is `generators.grade`.

Doors: `comparers` the table of types, `declared` what a problem says of its answer, `honoured` of which types,
`targets` golds, `replies` what a reply answers, `choices`.
"""
