"""What families of imported questions share: who a question is, and how hard its source says it is. No family.

Law: the identity of an imported question is what it asks alone, whatever its spelling (pipeline.question) and answer.
"""

from pipeline.problem import Json
from pipeline.question import question_text


def canonical(params: Json) -> Json:
    """Return the text that all spellings of the question share."""
    return question_text(params["question"])


def level_of(params: Json) -> int:
    """Return the level the source gives, else 1."""
    return int(params.get("level", 1))
