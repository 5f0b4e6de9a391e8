"""Where does a reply state its answer? Declared places, cues, hedges, denials and what differs in writing alone.

The gold answer is never seen here.

Doors: `extract` for declared places, `places` for free replies.
"""
