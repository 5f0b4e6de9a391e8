"""Does this program do what its tests ask? Cases, running, comparing, and how strong the tests are.

Programs run in `generators.sandbox` alone; what is expected of them stays outside.

Doors: `by_tests`, `judge`, `cases`, `case_rows`, `asserts`, `prelude`, `executions`, `mutants`, `differential`.
"""
