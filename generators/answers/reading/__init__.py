"""Where does a reply state its answer? Declared places, cues, hedges, denials and what differs in writing alone.

The gold answer is never seen here.

Doors: `extract` for declared places, `asked` for those that a question names, `places` for free replies.
"""
