"""Where is everything kept, written once and found again? Versions, shards, the ledger, and SQL over both.

Start in `store` for versions, `ledger` for facts, `query` for questions.
"""
