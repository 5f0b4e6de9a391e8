"""Where does a reply state its answer? Declared places, cues, hedges, denials and what differs in writing alone.

Start in `extract` for declared places and in `places` for free replies. The gold answer is never seen here.
"""
