"""The page around a report: sections and script. Not its content, not its style sheet.

Law: the page is one file that asks the network for nothing.
"""

from collections.abc import Sequence

from flows.report.markup import Html, el, together
from flows.report.style import STYLE

SCRIPT = """
for (const box of document.querySelectorAll('.switched')) {
  for (const button of box.querySelectorAll(':scope > .buttons > button')) {
    button.addEventListener('click', () => {
      for (const other of box.querySelectorAll(':scope > .buttons > button'))
        other.setAttribute('aria-pressed', String(other === button));
      for (const view of box.querySelectorAll(':scope > .view'))
        view.hidden = view.dataset.view !== button.dataset.view;
    });
  }
}
const source = document.getElementById('rollouts-json');
if (source) {
  const told = JSON.parse(source.textContent);
  const place = document.getElementById('rollouts');
  const filters = [...document.querySelectorAll('select[data-filter]')];
  const made = (tag, cls, text) => {
    const element = document.createElement(tag);
    if (cls) element.className = cls;
    if (text !== undefined) element.textContent = text;
    return element;
  };
  const replyRow = (reply) => {
    const row = made('div', 'reply');
    row.append(made('span', 'who ' + (told.colours[reply.arm] || 'c6'), reply.arm));
    const outcome = made('span', '');
    outcome.append(made('span', 'chip o-' + reply.outcome, reply.outcome));
    row.append(outcome);
    const said = made('div', '');
    said.append(made('pre', '', reply.text === '' ? '(empty reply)' : reply.text));
    const why = [];
    if (reply.outcome !== 'correct') {
      why.push(reply.reason);
      if (reply.extracted) why.push('read as ' + reply.extracted);
    }
    if (why.length) said.append(made('span', 'why', why.join(' \\u00b7 ')));
    row.append(said);
    return row;
  };
  const show = () => {
    const want = Object.fromEntries(filters.map((f) => [f.dataset.filter, f.value]));
    const keep = (r) => (!want.outcome || r.outcome === want.outcome) && (!want.arm || r.arm === want.arm);
    const cards = [];
    let count = 0;
    for (const problem of told.problems) {
      if (want.cell && problem.cell !== want.cell) continue;
      const replies = problem.replies.filter(keep);
      if (!replies.length) continue;
      count += replies.length;
      const card = made('div', 'problem');
      const asked = made('div', '');
      asked.append(made('h4', '', problem.cell), made('pre', '', problem.prompt));
      asked.append(made('span', 'small', 'gold '), made('code', '', problem.gold));
      if (problem.trace) asked.append(made('div', 'small', 'trace ' + problem.trace));
      const answers = made('div', '');
      answers.append(...replies.map(replyRow));
      card.append(asked, answers);
      cards.push(card);
    }
    place.replaceChildren(...(cards.length ? cards : [made('p', 'reading', 'No kept reply matches.')]));
    document.getElementById('shown').textContent = count + ' replies to ' + cards.length + ' problems';
  };
  for (const filter of filters) filter.addEventListener('change', show);
  show();
}
"""


def section(number: int, name: str, lede: str, content: Html) -> tuple[str, str, Html]:
    """Return (anchor, name, markup) of one numbered section; `lede` says what it is for."""
    anchor = f"s{number}"
    title = el("h2", el("span", number, cls="no"), name)
    return anchor, name, el("section", title, el("p", lede, cls="lede"), content, id=anchor)


def page(title: str, head: Html, sections: Sequence[tuple[str, str, Html]], foot: Html) -> str:
    """Return the whole document."""
    links = [el("li", el("a", name, href=f"#{anchor}")) for anchor, name, _ in sections]
    nav = el("nav", el("ol", el("li", el("a", "Headline", href="#top")), *links), aria_label="sections")
    body = el("div", nav, el("main", head, *(markup for _, _, markup in sections), foot, id="top"), cls="frame")
    document = together(
        [
            Html('<!doctype html>\n<html lang="en"><head>'),
            Html('<meta charset="utf-8"/><meta name="viewport" content="width=device-width, initial-scale=1"/>'),
            el("title", title),
            el("style", Html(STYLE)),
            Html("</head><body>"),
            body,
            el("script", Html(SCRIPT)),
            Html("</body></html>\n"),
        ]
    )
    return str(document)
