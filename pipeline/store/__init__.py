"""Where is everything kept, written once and found again? Versions, shards, the ledger, and SQL over both.

Doors: `store` and `version` for versions, `ledger` for facts, `journal` for replies on their way there, `query` for
questions, `sealed` for checksums, `garbage`, `files`, `quality`, `version_files`.
"""
