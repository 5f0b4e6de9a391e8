"""HTML as values: elements that escape what they are given. Not a template language, no looks.

Law: text is escaped unless it is Html already, so that model text can never become markup.
"""

import html
import json
from collections.abc import Collection, Iterable, Sequence
from typing import Any


class Html(str):
    """Text that is markup already."""

    __slots__ = ()


_VOID = ("br", "input", "meta", "circle", "line", "rect", "path")


def el(tag: str, *children: object, **attributes: object) -> Html:
    """Return an element. None children are left out; `cls` is class, underscores in names become hyphens."""
    written = "".join(
        f' {name.replace("cls", "class").replace("_", "-")}="{html.escape(str(value))}"'
        for name, value in attributes.items()
        if value is not None and value is not False
    )
    if tag in _VOID and not children:
        return Html(f"<{tag}{written}/>")
    return Html(f"<{tag}{written}>{together(children)}</{tag}>")


def together(children: Iterable[object]) -> Html:
    """Return children side by side, escaped where they are plain text."""
    return Html("".join(c if isinstance(c, Html) else html.escape(str(c)) for c in children if c is not None))


def embedded(value: Any) -> Html:
    """Return JSON text that is safe inside a script element: no markup character survives."""
    text = json.dumps(value, ensure_ascii=False, separators=(",", ":"))
    for character in "<>&\u2028\u2029":
        text = text.replace(character, f"\\u{ord(character):04x}")
    return Html(text)


def table(
    head: Sequence[object], rows: Iterable[Sequence[object]], *, text: Collection[int] = (0,), cls: str = ""
) -> Html:
    """Return a table; columns are right-aligned numbers but those in `text`. A None cell was not measured, and a cell
    that is a whole th or td stays as it is.
    """
    kinds = [None if i in text else "num" for i in range(len(head))]
    top = el("tr", *(_cell(cell, kind, tag="th") for cell, kind in zip(head, kinds, strict=True)))
    body = [el("tr", *(_cell(cell, kind) for cell, kind in zip(row, kinds, strict=True))) for row in rows]
    return el("div", el("table", el("thead", top), el("tbody", *body), cls=cls or None), cls="scroll")


def _cell(value: object, kind: str | None, *, tag: str = "td") -> Html:
    if isinstance(value, Html) and value.startswith(("<td", "<th")):
        return value
    return el(tag, NOT_MEASURED if value is None else value, cls=kind)


def reading(*text: object) -> Html:
    """Return the one line that says what a picture shows."""
    return el("p", *text, cls="reading")


def fold(title: object, *content: object, opened: bool = False) -> Html:
    """Return content behind a title, folded unless opened."""
    return el("details", el("summary", title), *content, open="open" if opened else None)


def switched(group: str, views: Sequence[tuple[str, Html]]) -> Html:
    """Return views of which one is seen at a time, chosen by buttons; the first is seen at once."""
    buttons = [
        el("button", name, type="button", data_view=str(i), aria_pressed="true" if i == 0 else "false")
        for i, (name, _) in enumerate(views)
    ]
    panes = [el("div", view, cls="view", data_view=str(i), hidden="hidden" if i else None) for i, (_, view) in
             enumerate(views)]  # fmt: skip
    return el("div", el("div", *buttons, cls="buttons", role="group"), *panes, cls="switched", id=group)


NOT_MEASURED = Html('<span class="absent">not measured</span>')


def percent(value: float | None, digits: int = 1) -> object:
    """Return a rate in [0, 1] as a percentage, or "not measured"."""
    return NOT_MEASURED if value is None else f"{100 * value:.{digits}f}%"


def points(mean: float, low: float, high: float) -> str:
    """Return a difference of rates in percentage points with its interval."""
    return f"{signed(mean)} [{signed(low)}, {signed(high)}]"


def signed(value: float) -> str:
    """Return a difference of rates in percentage points, with a true minus sign."""
    return f"{100 * value:+.1f}".replace("-", "−")


def counted(number: int, thing: str) -> str:
    """Return "1 cell", "2 cells"."""
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"


def listed(items: Sequence[object], *, most: int = 8) -> str:
    """Return items as prose, the rest counted."""
    texts = [str(item) for item in items]
    if len(texts) > most:
        texts = [*texts[:most], f"{len(texts) - most} more"]
    return texts[0] if len(texts) == 1 else f"{', '.join(texts[:-1])} and {texts[-1]}" if texts else "none"
