"""The report of a made run: whole, self-contained, escaped, and honest about controls and about what is missing."""

import json
import os
import re
import shutil
from html.parser import HTMLParser
from types import SimpleNamespace

import pyarrow as pa
import pytest

from flows.orchestration.whole import finish
from flows.report.details import short_reason, thinned
from flows.report.evidence import load_evidence
from flows.report.figures import Series, line_chart, stacked, ticks
from flows.report.markup import Html, el, embedded, listed, signed, table
from flows.report.queries import example_queries, gather
from flows.report.report import write_report
from pipeline.errors import ConfigError
from pipeline.fingerprint import content_hash
from pipeline.store.ledger import Ledger
from pipeline.store.query import query
from tests.flows.made_run import INJECTION, RUN, Shape, make_run


class Page(HTMLParser):
    """The text a reader sees, every attribute, and whether elements nest."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.words: list[str] = []
        self.scripts: list[str] = []
        self.feed(source)
        self.close()

    def handle_starttag(self, tag, attrs):
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        self.attributes += [(tag, name, value or "") for name, value in attrs]

    def handle_endtag(self, tag):
        assert self.open.pop() == tag

    def handle_data(self, words):
        (self.scripts if self.open and self.open[-1] in ("script", "style") else self.words).append(words)

    @property
    def text(self) -> str:
        return re.sub(r"\s+", " ", " ".join(self.words))


@pytest.fixture(scope="module")
def source(made_root):
    path = write_report(made_root, RUN)
    assert path == made_root / "reports" / f"{RUN}.html"
    return path.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def page(source):
    return Page(source)


def test_the_page_is_well_formed_and_asks_the_network_for_nothing(source, page):
    assert page.open == []
    assert len(source) < 3_000_000
    for tag, name, value in page.attributes:
        if name in ("src", "href", "srcset", "action", "data"):
            assert value.startswith("#"), (tag, name, value)
    style = "".join(page.scripts)
    assert not re.search(r"@import|url\(|fetch\(|XMLHttpRequest|WebSocket|import\(", style)


def test_model_text_is_never_markup(made_root, source, page):
    texts = query(made_root, "SELECT text FROM rollouts")["text"].to_pylist()
    assert INJECTION in texts, "the script must have been said for this test to mean anything"
    assert "<img" not in source and "alert('from" not in source.replace("\\u003cscript\\u003ealert('from", "")
    assert sum(tag == "img" for tag, _, _ in page.attributes) == 0
    assert not [name for _, name, _ in page.attributes if name.startswith("on")]
    (told,) = [text for text in page.scripts if text.startswith('{"problems"')]
    replies = [reply["text"] for problem in json.loads(told)["problems"] for reply in problem["replies"]]
    assert INJECTION in replies
    assert set(replies) <= set(texts)


def test_every_section_is_there_and_the_page_claims_nothing(page):
    for name in ("Pass rate by cell", "Learning curves", "Diagnosis", "Mixture", "Training", "Verifier outcomes",
                 "Replies to read", "Data", "Cost", "Ask the ledger"):  # fmt: skip
        assert name in page.text
    assert "one seed: no claim." in page.text


def test_the_page_says_when_a_control_is_better(page):
    assert re.search(r"Temperature 1: +sft +ends highest, [89]\d\.\d%: \+\d+\.\d \[.*?\] points above loop", page.text)


def test_the_page_says_that_a_control_beats_the_loop_when_the_problems_can_tell(tmp_path):
    def skill(arm: str, number: int, hole: bool) -> float:
        return 0.95 if number and arm == "sft" else 0.3

    make_run(tmp_path, Shape(per_cell=6, rounds=1, skill=skill, training=False))
    text = Page(write_report(tmp_path, None).read_text()).text
    assert "A control beats the loop arm." in text
    make_run(tmp_path / "fair", Shape(per_cell=6, rounds=1, training=False, skill=lambda arm, number, hole: skill(
        "sft" if arm == "loop" else "", number, hole)))  # fmt: skip
    assert "A control beats" not in Page(write_report(tmp_path / "fair", None).read_text()).text


def test_numbers_shown_are_those_of_the_evidence(made_root, page):
    evidence = load_evidence(made_root)
    for arm in evidence.arms:
        for measure in ("pass@1", "greedy", "pass@8"):
            for cells in (evidence.holes, None):
                after, gain = evidence.level(arm, 2, measure, cells), evidence.gain(arm, measure, cells)
                interval = f"[{signed(gain.low)}, {signed(gain.high)}]"
                assert f"{100 * after.mean:.1f}% {signed(gain.mean)} {interval}" in page.text


def test_drops_outcomes_and_leaks_are_counted(made_root, page):
    (dropped,) = query(made_root, "SELECT count(*) AS n FROM dropped")["n"].to_pylist()
    assert dropped > 0
    assert re.search(r"length: .*? \d+", page.text)
    assert re.search(r"Instances shared between train and test: 0 \(of \d+ and 24\)", page.text)
    draws = 24 * 8
    assert f"cold start {draws}" in page.text


def test_what_was_not_measured_says_so(tmp_path):
    make_run(tmp_path, Shape(per_cell=3, rounds=1, draws=2, greedy=False, training=False, holes=()))
    text = Page(write_report(tmp_path, None).read_text()).text
    assert "Greedy: not measured" in text
    assert "pass@8: not measured" in text
    assert re.search(r"What the optimiser saw\. not measured", text)
    assert "no holes planted" in text


def test_a_run_with_no_round_yet_has_a_report(tmp_path):
    make_run(tmp_path, Shape(per_cell=2, rounds=0))
    text = Page(write_report(tmp_path, None).read_text()).text
    assert "No arm has finished a round yet" in text
    assert "took not measured" in text


def test_writing_again_changes_nothing_but_the_page(made_root, source):
    before = sorted((p, p.stat().st_mtime_ns) for p in made_root.rglob("*.parquet"))
    assert write_report(made_root, None).read_text(encoding="utf-8") == source
    assert sorted((p, p.stat().st_mtime_ns) for p in made_root.rglob("*.parquet")) == before


def test_a_run_is_told_from_its_own_rows_alone(made_root, tmp_path):
    root = shutil.copytree(made_root, tmp_path / "two")
    before = gather(load_evidence(root, RUN))
    ledger = Ledger(root)
    for name in ("metrics", "exposures", "rounds"):
        for row in ledger.read(name, run=RUN).to_pylist():
            place = {key: row.pop(key) for key in ("run", "arm", "round")} | {"run": "other-run"}
            row |= {"step": 9999} if "step" in row else {}
            ledger.append(name, pa.Table.from_pylist([row]), part=content_hash([row, place]), **place)
    for path in ledger.parts("rounds", run="other-run"):
        os.utime(path, (path.stat().st_atime, path.stat().st_mtime + 9999))
    after = gather(load_evidence(root, RUN))
    assert before.curves and before.drawn and before.duration_s is not None
    assert (after.curves, after.drawn, after.duration_s) == (before.curves, before.drawn, before.duration_s)


def test_a_run_ends_with_its_own_report(made_root, tmp_path):
    root = shutil.copytree(made_root, tmp_path / "two")
    (started,) = Ledger(root).read("runs", run=RUN).to_pylist()
    later = {"config": started["config"], "commit": "", "started_utc": "2999-01-01T00:00:00+00:00"}
    Ledger(root).append("runs", pa.Table.from_pylist([later]), part="start", run="later-run")
    assert finish(SimpleNamespace(root=root, run_id=RUN)) == root / "reports" / f"{RUN}.html"


def test_an_unknown_run_is_refused(made_root):
    with pytest.raises(ConfigError, match="holds no run elsewhere"):
        write_report(made_root, "elsewhere")


def test_the_questions_it_offers_can_be_asked(made_root):
    for _, sql in example_queries(load_evidence(made_root)):
        assert query(made_root, sql).num_columns > 1


def test_text_is_escaped_and_markup_is_not():
    assert el("p", "<b>&", Html("<i/>"), title='"<') == '<p title="&quot;&lt;">&lt;b&gt;&amp;<i/></p>'
    assert json.loads(embedded({"a": "</script>&"})) == {"a": "</script>&"}
    assert not set("<>&") & set(embedded({"a": "</script>&<!--"}))
    assert "not measured" in table(["a", "b"], [["x", None]])
    assert listed([]) == "none" and listed(["a", "b", "c"]) == "a, b and c"
    assert listed("abc", most=2) == "a, b and 1 more"


def test_a_line_chart_places_points_by_value():
    chart = line_chart([Series("a", "c0", [(0, 0.2), (5, 0.4), (10, 0.3)])], title="t", x_label="s", percent=True)
    xs = [float(x) for x in re.findall(r'<circle cx="([\d.]+)"', chart)]
    ys = [float(y) for y in re.findall(r'cy="([\d.]+)"', chart)]
    assert xs[1] - xs[0] == pytest.approx(xs[2] - xs[1], abs=0.2)
    assert ys[1] < ys[2] < ys[0], "a higher rate stands higher"
    assert ys[0] - ys[1] == pytest.approx(2 * (ys[0] - ys[2]), abs=0.3)


def test_ticks_cover_and_are_round():
    assert ticks(0, 1, 4) == [0, 0.25, 0.5, 0.75, 1.0]
    assert ticks(3, 3) != []
    for low, high in ((0.07, 0.93), (12, 1300), (-2, 5)):
        found = ticks(low, high)
        assert found[0] <= low and found[-1] >= high and 3 <= len(found) <= 9


def test_thinning_keeps_means_and_bars_keep_shares():
    found = thinned([float(i) for i in range(1000)], most=100)
    assert len(found) == 100 and found[0] == (5.5, 4.5)
    assert thinned([]) == []
    bar = stacked([("a", "x", 3), ("b", "y", 1), ("c", "z", 0)], most=8)
    assert "flex:3 0 0" in bar and "width:50.00%" in bar and "z" not in bar


def test_a_traceback_is_told_by_its_last_line():
    assert short_reason("Traceback\n  File x\nValueError: bad\n") == "ValueError: bad"
    assert short_reason("wrong length") == "wrong length"
