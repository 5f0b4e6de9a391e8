"""Files of every kind hold the same rows, whatever they are called and packed in; what holds none says so."""

import bz2
import gzip
import json
import lzma
import tracemalloc
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.errors import ConfigError
from pipeline.exchange.foreign import MAX_LINE_BYTES, Fault, records

ROWS = [{"q": "1 + 1, or “two”?", "a": "2"}, {"q": 'say "3"\nnow', "a": "3"}, {"q": "x;y\tz|", "a": "4"}]
LINES = "".join(json.dumps(row) + "\n" for row in ROWS)


def quoted(delimiter: str, end: str = "\r\n") -> str:
    cells = [["q", "a"], *([row["q"], row["a"]] for row in ROWS)]
    return "".join(delimiter.join('"' + cell.replace('"', '""') + '"' for cell in row) + end for row in cells)


TEXTS = {
    "lines": LINES,
    "no end": LINES.rstrip("\n"),
    "blank lines": "\n\n" + LINES.replace("\n", "\n  \n"),
    "carriage returns": LINES.replace("\n", "\r\n"),
    "commas behind": LINES.replace("}\n", "},\n"),
    "unescaped": "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS),
    "list": json.dumps(ROWS),
    "printed list": json.dumps(ROWS, indent=2) + "\n",
    "list of lines": "[\n" + LINES.replace("}\n", "},\n") + "]\n",
    "printed objects": "\n".join(json.dumps(row, indent=1) for row in ROWS),
    "csv": quoted(","),
    "semicolons": quoted(";", "\n"),
    "tabs": quoted("\t", "\n"),
    "empty fields": quoted(",").replace("\r\n", ",,\r\n"),
}


def rows_of(path: Path) -> list[object]:
    return [row for _, row in records(path)]


@pytest.mark.parametrize("suffix", [".jsonl", ".json", ".ndjson", ".csv", ".txt", ""])
@pytest.mark.parametrize("text", TEXTS)
def test_text_is_known_by_its_content(tmp_path: Path, text: str, suffix: str) -> None:
    path = tmp_path / f"x{suffix}"
    path.write_bytes(TEXTS[text].encode())
    assert rows_of(path) == ROWS


def zstd(content: bytes) -> bytes:
    return bytes(pa.compress(content, codec="zstd", asbytes=True))


@pytest.mark.parametrize("text", ["lines", "printed list", "csv"])
@pytest.mark.parametrize("pack", [gzip.compress, bz2.compress, lzma.compress, zstd, lambda b: gzip.compress(zstd(b))])
def test_what_is_packed_is_unpacked_whatever_its_name(tmp_path: Path, pack, text: str) -> None:
    for name in ("x.jsonl", "x.gz", "x.csv.zst", "x"):
        (tmp_path / name).write_bytes(pack(TEXTS[text].encode()))
        assert rows_of(tmp_path / name) == ROWS
    (tmp_path / "twice").write_bytes(pack(LINES.encode()) + pack(LINES.encode()))
    if pack in (gzip.compress, zstd):
        assert rows_of(tmp_path / "twice") == ROWS * 2


@pytest.mark.parametrize("encoding", ["utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32"])
@pytest.mark.parametrize("text", ["lines", "list", "csv"])
def test_other_encodings_are_read(tmp_path: Path, encoding: str, text: str) -> None:
    path = tmp_path / "x.csv"
    path.write_bytes(TEXTS[text].encode(encoding))
    if text == "csv" and encoding in ("utf-16-le", "utf-16-be"):  # nothing says so
        with pytest.raises(ConfigError, match="neither text nor Parquet"):
            rows_of(path)
    else:
        assert rows_of(path) == ROWS


def test_parquet_is_known_by_its_content(tmp_path: Path) -> None:
    table = pa.Table.from_pylist(ROWS)
    large = table.cast(pa.schema([("q", pa.large_string()), ("a", pa.large_string())]))
    views = table.cast(pa.schema([("q", pa.string_view()), ("a", pa.string_view())]))
    coded = table.set_column(1, "a", table["a"].dictionary_encode())
    for number, form in enumerate((table, large, views, coded)):
        path = tmp_path / f"{number}.jsonl"
        pq.write_table(form, path)
        assert rows_of(path) == ROWS


def test_values_come_as_they_were_written(tmp_path: Path) -> None:
    floats, half = pa.array([0.1, 2.0], pa.float32()), pa.array([0.1, None], pa.float16())
    nested = pa.array([[{"x": 0.1}], None], pa.list_(pa.struct([("x", pa.float32())])))
    maps = pa.array([[("k", 0.1)], []], pa.map_(pa.string(), pa.float32()))
    table = pa.table({"f": floats, "h": half, "n": nested, "m": maps, "d": floats.dictionary_encode()})
    pq.write_table(table, tmp_path / "x.parquet")
    first, second = rows_of(tmp_path / "x.parquet")
    assert first == {"f": 0.1, "h": 0.1, "n": [{"x": 0.1}], "m": {"k": 0.1}, "d": 0.1}
    assert second == {"f": 2.0, "h": None, "n": None, "m": {}, "d": 2.0}


def test_two_values_of_one_name_are_refused_by_it(tmp_path: Path) -> None:
    pq.write_table(pa.table([["1"], ["2"], ["3"]], names=["a", "q", "a"]), tmp_path / "x.parquet")
    (tmp_path / "x.csv").write_text("a,q,a\n1,2,3\n")
    for name in ("x.parquet", "x.csv"):
        with pytest.raises(ConfigError, match="2 columns called 'a'"):
            rows_of(tmp_path / name)
    for text in ('{"q": 1}\n{"a": 1, "a": 1}\n', '[{"q": 1}, {"x": {"a": 1, "b": 2, "a": 3}}]'):
        (tmp_path / "x.jsonl").write_text(text)
        assert rows_of(tmp_path / "x.jsonl") == [{"q": 1}, "two values for the key 'a'"]


def test_a_bad_row_is_named_by_its_line_and_hides_no_other(tmp_path: Path) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(b'{"a": 1}\n{broken\n\n[1]\n"\xff"\n{"a": 1} {"a": 2}\n' + b"[" * 100_000 + b'\n{"a": 2}\n')
    found = list(records(path))
    assert [line for line, _ in found] == [1, 2, 4, 5, 6, 7, 8]
    assert [row for _, row in found if not isinstance(row, Fault)] == [{"a": 1}, {"a": 2}]
    path.write_bytes(b'q,a\n"x\n y",1\none\n1,2,3\n"u" v,4\n\xff,5\nlast,6\n')
    found = list(records(path))
    assert [line for line, row in found if isinstance(row, Fault)] == [4, 5, 6, 7]
    assert [row for _, row in found if not isinstance(row, Fault)] == [
        {"q": "x\n y", "a": "1"},
        {"q": "last", "a": "6"},
    ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"PK\x03\x04rest", "a zip archive"), (b"SQLite format 3\0", "an SQLite database"), (b"ARROW1\0\0", "Parquet"),
        (b"version https://git-lfs.github.com/spec/v1\n", "git lfs pull"), (b"<!DOCTYPE html><p>", "a web page"),
        (b"PAR1 no", "cannot read"), (gzip.compress(b"PAR1 no", mtime=0), "packed Parquet"),
        (b"ab\0cd\xfe", "neither text"),
        (gzip.compress(LINES.encode(), mtime=0)[:-9], "cannot read"),
        (zstd(LINES.encode())[:-9], "Truncated"),
        (b'[{"a": 1}, {"a"', "item 2 is no JSON"), (b'[{"a": 1}, {"a": 2}', "never closed behind its item 2"),
        (b'[{"a": 1}, nonsense, {"a": 2}]', "item 2 is no JSON"), (b'[{"a": 1}\n]\n[', "more text behind"),
        (b'a,b\n1,2\n"open,3\n4,5\n', "line 3.*quote"), (b"\x80\x04K\x01.", "a pickle"),
    ],
)  # fmt: skip
def test_what_cannot_be_read_says_what_to_do(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "x.jsonl"
    path.write_bytes(content)
    with pytest.raises(ConfigError, match=rf"cannot read .*x\.jsonl: .*{message}|{message}"):
        rows_of(path)
    with pytest.raises(ConfigError, match=f"cannot read {tmp_path}: Is a directory"):
        rows_of(tmp_path)


def test_quotes_in_text_set_apart_by_tabs_may_be_marks(tmp_path: Path) -> None:
    path = tmp_path / "x.tsv"
    path.write_text('q\ta\n"Hi" said he\t1\na 5" disk\t"2"\n')
    assert rows_of(path) == [{"q": '"Hi" said he', "a": "1"}, {"q": 'a 5" disk', "a": '"2"'}]
    path.write_text('q\ta\n"Hi,\nhe"\t1\na 5" disk\t"2"\n')
    assert rows_of(path) == [{"q": "Hi,\nhe", "a": "1"}, {"q": 'a 5" disk', "a": "2"}]


@pytest.mark.parametrize("content", [b"", b"\n \r\n", b"[]", b"q,a\n", b"\xef\xbb\xbf"])
def test_an_empty_file_has_no_rows(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "x.csv").write_bytes(content)
    assert rows_of(tmp_path / "x.csv") == []


def test_memory_is_flat_and_a_row_too_long_is_only_that_row(tmp_path: Path) -> None:
    row = json.dumps({"q": "x" * 1000, "a": "1"})
    listed, lines, table = tmp_path / "x.json", tmp_path / "x.gz", tmp_path / "x.csv"
    listed.write_text("[" + ",\n".join([row] * 20_000) + "]")
    lines.write_bytes(gzip.compress((row + "\n").encode() * 20_000))
    table.write_text("q,a\n" + ("x" * 1000 + ",1\n") * 20_000)
    for path in (listed, lines, table):
        tracemalloc.start()
        assert sum(1 for _ in records(path)) == 20_000
        assert tracemalloc.get_traced_memory()[1] < 4_000_000
        tracemalloc.stop()
    with lines.open("wb") as file:
        file.write(b'{"a": "1"}\n{"a": "' + b" " * MAX_LINE_BYTES + b'"}\n{"a": "2"}\n')
    assert rows_of(lines) == [{"a": "1"}, "a line over 64 MiB", {"a": "2"}]


def test_progress_ends_at_the_size_of_the_file(tmp_path: Path) -> None:
    pq.write_table(pa.Table.from_pylist(ROWS * 1000), tmp_path / "x.parquet")
    (tmp_path / "x.csv").write_text(quoted(",") * 500)
    for name in ("x.parquet", "x.csv"):
        heard: list[tuple[int, int]] = []
        for _ in records(tmp_path / name, note=lambda done, total, heard=heard: heard.append((done, total))):
            pass
        assert heard == sorted(heard) and len(heard) > 2
        assert heard[-1] == ((tmp_path / name).stat().st_size,) * 2
