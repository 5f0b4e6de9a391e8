"""Are two mathematical answers equal? Values, structure and relations of trees, exact where it can be.

Text becomes a tree in `language`; nothing here reads prose.

Doors: `equality` and `symbolic` for trees, `typed` for text, `expression` for arithmetic,
`number_words` for numbers in words.
"""
