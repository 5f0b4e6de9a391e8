"""What families of imported questions share: who a question is, and how hard its source says it is. No family.

Law: the identity of an imported question is its text alone, whatever its case, spacing and answer.
"""

import unicodedata

from pipeline.problem import Json


def canonical(params: Json) -> Json:
    """Return the question without case, spacing and the variants of Unicode."""
    return " ".join(unicodedata.normalize("NFKC", params["question"]).casefold().split())


def level_of(params: Json) -> int:
    """Return the level the source gives, else 1."""
    return int(params.get("level", 1))
