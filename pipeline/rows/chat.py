"""Chat turns as foreign files hold them: role and content, ShareGPT's from and value, parts, or JSON text of these.

Not how a policy is asked (protocol). Law: what is no turn is never read as one, and text is never changed.
"""

import re
from typing import Any

from pipeline.rows.values import BadRow, listed

Turn = tuple[str, str]
"""Role and text."""
_ROLES = {"human": "user", "gpt": "assistant", "model": "assistant", "bot": "assistant", "developer": "system"}
_LIKE_TURNS = re.compile(r"\s*\[\s*\{\s*['\"](?:role|content|from|value)['\"]\s*:")
"""How a list of turns begins that was written as text."""


def turns_of(value: Any) -> list[Turn] | None:
    """Return the turns of a conversation, None for a value that is none.

    Raises:
        BadRow: for a turn whose content is no text.
    """
    value = listed(value) if isinstance(value, str) else value
    value = [value] if isinstance(value, dict) and _is_turn(value) else value
    if not isinstance(value, list) or not value or not all(isinstance(turn, dict) and _is_turn(turn) for turn in value):
        return None
    return [_turn(turn) for turn in value]


def _is_turn(value: dict[str, Any]) -> bool:
    return ("role" in value and "content" in value) or ("from" in value and "value" in value)


def _turn(turn: dict[str, Any]) -> Turn:
    role = str(turn["role"] if "role" in turn else turn["from"])
    content = turn["content"] if "content" in turn else turn["value"]
    if isinstance(content, list):
        parts = [part.get("text") if isinstance(part, dict) else part for part in content]
        texts = [part for part in parts if isinstance(part, str)]
        content = "".join(texts) if len(texts) == len(parts) else content
    if content is not None and not isinstance(content, str):
        raise BadRow(f"a {role} turn whose content is no text")
    return _ROLES.get(role, role), content or ""


def question_of(prompt: Any) -> tuple[str, str]:
    """Return the question of a prompt, text or conversation, and what its system turns say, "" without any.

    The question is the text of the user's turns.

    Raises:
        BadRow: for a prompt that is neither, is empty, or has turns of others: those are not one question.
    """
    turns = turns_of(prompt)
    if turns is None and not isinstance(prompt, str):
        raise BadRow("it is no text and no list of turns")
    if turns is None and _LIKE_TURNS.match(prompt):
        raise BadRow("it is chat turns as text, but no JSON list of them: write the column as JSON, JSONL or Parquet")
    turns = turns if turns is not None else [("user", prompt)]
    others = sorted({role for role, _ in turns} - {"system", "user"})
    if others:
        raise BadRow(f"it has turns of {', '.join(others)}: only system and user turns are one question")
    question, system = ("\n\n".join(text for role, text in turns if role == said) for said in ("user", "system"))
    if not question.strip():
        raise BadRow("it has no text of the user")
    return question.strip(), system.strip()


def replies_of(value: Any) -> list[Any] | None:
    """Return the replies of a cell that holds several, each a text or null; None for a cell that is one reply.

    Several are a list of texts, or of conversations.

    Raises:
        BadRow: for an empty list, one of objects that are no turns, or a conversation without an assistant.
    """
    if not isinstance(value, list) or (value and isinstance(value[0], dict) and _is_turn(value[0])):
        return None
    if not value:
        raise BadRow("the list of replies is empty")
    if all(isinstance(item, str | None) for item in value):
        return value
    if all(isinstance(item, list) and item and turns_of(item) is not None for item in value):
        return [reply_of(item) for item in value]
    if any(isinstance(item, dict) for item in value):
        raise BadRow("the reply is a list of objects that are no turns: give texts, or chats of role and content")
    return None


def reply_of(value: Any) -> Any:
    """Return the reply in a cell: of a conversation the last turn of the assistant, any other value as it is.

    Raises:
        BadRow: for a conversation without an assistant.
    """
    turns = turns_of(value) if not isinstance(value, str) else None
    if turns is None:
        return value
    said = [text for role, text in turns if role == "assistant"]
    if not said:
        raise BadRow(f"the reply is a conversation without an assistant: its roles are {sorted({r for r, _ in turns})}")
    return said[-1]
