"""What came of a run? Pages and tables for people, written from the ledger and the versions alone.

No number is made here that is not a query over stored facts (`evidence`, `queries`).

Doors: `report` for the page, `summary` for the last lines of a run.
"""
