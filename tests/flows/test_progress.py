"""Progress crosses processes through small files and never stops the work."""

import io
import json

from rich.console import Console

from flows.progress import FileNote, _lines, bars, spoken, watched


def test_a_file_note_holds_the_latest_state(tmp_path):
    note = FileNote(tmp_path / "deep" / "a.json")
    note("sft", 1, 9)
    note("sft", 2, 9)
    assert json.loads((tmp_path / "deep" / "a.json").read_text()) == ["sft", 2, 9]
    assert len(list((tmp_path / "deep").iterdir())) == 1


def test_a_note_that_cannot_be_written_is_let_go(tmp_path):
    (tmp_path / "file").write_text("")
    FileNote(tmp_path / "file" / "a.json")("sft", 1, 9)


def test_watched_forwards_what_is_there_and_survives_garbage(tmp_path):
    seen = []
    (tmp_path / "broken.json").write_text("[")
    FileNote(tmp_path / "a.json")("arm a", 3, 9)
    with watched(tmp_path, lambda *note: seen.append(note), every_s=0.01):
        while not seen:
            pass
    assert seen[0] == ("arm a", 3, 9)


def test_a_last_state_written_within_the_block_is_seen(tmp_path):
    seen = []
    with watched(tmp_path, lambda *note: seen.append(note), every_s=60):
        FileNote(tmp_path / "a.json")("arm a", 9, 9)
    assert seen[-1] == ("arm a", 9, 9)


def test_without_a_terminal_a_line_says_when_something_is_complete():
    printed = io.StringIO()
    with bars(Console(file=printed)) as note:
        for done in (1, 2, 3, 3):
            note("generate [x]", done, 3)
    assert printed.getvalue() == "generate [x]: 3\n"


def test_without_a_terminal_long_work_says_now_and_then_how_much_is_left():
    printed, now = io.StringIO(), [0.0]
    note = _lines(Console(file=printed, width=200), clock=lambda: now[0])
    for second in range(1000):
        now[0] = float(second)
        note("measure", 500 + second // 2, 1000)
    lines = printed.getvalue().splitlines()
    assert lines[0] == "measure: 505 of 1000, about 16 min to go"  # 5 in 10 s, from where it went on
    assert 6 <= len(lines) <= 9 and "to go" in lines[-1]
    assert [spoken(s) for s in (40, 720, 12600)] == ["40 s", "12 min", "3.5 h"]


def test_on_a_terminal_bars_show_label_and_count():
    printed = io.StringIO()
    with bars(Console(file=printed, force_terminal=True, width=100)) as note:
        note("generate", 2, 3)
    assert "generate" in printed.getvalue()
    assert "2/3" in printed.getvalue()
