"""Where does a reply state its answer? Declared places, cues, hedges, denials and what differs in writing alone.

The gold answer is never seen here.

Doors: `extract` for families' places, `asked` for those that a question names, `boxes` for declared ones, `places` and
`stated` for free replies in mathematics, `letters`, `truths`, `moments` and `words` for those in other types.
"""
