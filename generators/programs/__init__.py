"""Does this program do what its tests ask? Cases, running, comparing, and how strong the tests are.

Programs run in `generators.sandbox` alone; what is expected of them stays outside.

Doors: `judge`, `cases`, `case_rows`, `asserts`, `executions`, `mutants`, `differential`.
"""
