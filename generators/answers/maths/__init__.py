"""Are two mathematical answers equal? Values, structure and relations of trees, exact where it can be.

Start in `equality`. Text becomes a tree in `notation`; nothing here reads prose.
"""
