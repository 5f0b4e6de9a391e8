"""SQL over a run root: typed when empty, right when full, read-only, and clear about mistakes."""

import dataclasses
import random
from collections import Counter
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipeline.errors import ConfigError, StoreError
from pipeline.problem import to_table
from pipeline.score import Score, scores_from_table, scores_table
from pipeline.store.ledger import TABLES, Ledger
from pipeline.store.query import EVERY_UID, VIEWS, asking, connect, query, stream, uid_ranges
from pipeline.store.store import Store
from tests.pipeline.examples import additions, dropped_table
from tests.pipeline.store.test_sealed import flipped


@pytest.fixture(scope="module")
def root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("odd") / "versions" / "2024" / "a run's root"
    store, problems = Store(path), additions(30)
    lost = dropped_table(problems[:3], rule="length", reason="too long")
    store.publish("sums", recipe={"n": 1}, rows=[to_table(problems[3:])], dropped=[lost], quality={"x": 1})
    store.publish("more", recipe={"n": 2}, rows=[to_table(problems)])
    scores = [
        Score(p.uid, "pol", "prot", 1, "select", "fixed", 0, n=4, correct=i % 3, feasible=3)
        for i, p in enumerate(problems)
    ]
    ledger = Ledger(path)
    ledger.append("scores", scores_table(scores[:15]), part="a", run="r", arm="w", step=1)
    ledger.append("scores", scores_table(scores[15:]), part="b", run="r", arm="u", step=2)
    return path


def answer(root: Path, sql: str) -> list[tuple[object, ...]]:
    table = query(root, sql)
    return list(zip(*(column.to_pylist() for column in table.columns), strict=True))


@pytest.mark.parametrize("view", sorted(VIEWS))
def test_every_view_is_there_and_typed_on_an_empty_root(tmp_path: Path, view: str) -> None:
    table = query(tmp_path / "nothing", f"SELECT * FROM {view}")
    assert table.num_rows == 0
    assert table.column_names == VIEWS[view].names
    types = [str(field.type).replace("<l:", "<item:") for field in table.schema]  # DuckDB's name for list items
    assert types == [str(field.type) for field in VIEWS[view]]
    assert not (tmp_path / "nothing").exists()


def test_columns_are_the_same_when_there_is_something(root: Path) -> None:
    for view in ("problems", "dropped", "versions", "cells", "scores"):
        assert query(root, f"SELECT * FROM {view} LIMIT 0").column_names == VIEWS[view].names


def test_all_tables_of_the_ledger_are_views() -> None:
    assert set(TABLES) < set(VIEWS)


def test_problems_know_their_version(root: Path) -> None:
    ids = {version.name: version.id for version in Store(root).versions()}
    found = answer(root, "SELECT version, name, count(*) FROM problems GROUP BY ALL ORDER BY 3")
    assert found == [(ids["sums"], "sums", 27), (ids["more"], "more", 30)]
    assert answer(root, "SELECT name, rule, reason, count(*) FROM dropped GROUP BY ALL") == [
        ("sums", "length", "too long", 3)
    ]
    assert answer(root, "SELECT name, rows, cells, dropped, quality FROM versions ORDER BY rows") == [
        ("sums", 27, 3, 3, '{"x":1}'),
        ("more", 30, 3, 0, "null"),
    ]


def test_why_is_this_problem_here_is_one_select(root: Path) -> None:
    sql = """SELECT p.level, s.arm, sum(s.n)::INT, sum(s.correct)::INT FROM problems p JOIN scores s USING (uid)
             WHERE p.name = 'more' GROUP BY ALL ORDER BY ALL"""
    found = answer(root, sql)
    assert [row[:3] for row in found] == [(level, arm, 20) for level in (1, 2, 3) for arm in ("u", "w")]
    assert sum(int(str(row[3])) for row in found) == sum(i % 3 for i in range(30))


def test_a_score_knows_its_problems_cell_and_split_and_is_one_row(root: Path) -> None:
    sql = "SELECT level, sum(n)::INT n, count(*) FROM scores WHERE family = 'add/two' AND region = '' GROUP BY ALL"
    assert answer(root, f"{sql} ORDER BY ALL".replace("add/two", additions(1)[0].family)) == [
        (level, 40, 10) for level in (1, 2, 3)
    ]
    by_split = dict(answer(root, "SELECT split, count(*) FROM scores GROUP BY ALL"))
    assert by_split == dict(Counter(p.split for p in additions(30)))
    assert answer(root, "SELECT count(*), count(DISTINCT uid) FROM cells") == [(30, 30)]
    assert answer(root, "SELECT count(*) FROM ledger.scores") == [(30,)]


def test_a_score_of_a_problem_that_no_version_holds_is_kept(tmp_path: Path) -> None:
    Ledger(tmp_path).append("scores", scores_table([Score("u", "p", "q", 1, "select", "fixed", 0, 2, 1, 1)]), part="a")
    assert answer(tmp_path, "SELECT uid, n, family FROM scores") == [("u", 2, None)]


def test_a_problem_that_is_test_anywhere_is_test(tmp_path: Path) -> None:
    (first, *_), store = additions(1), Store(tmp_path)
    for name, split in (("one", "train"), ("two", "test"), ("three", "probe")):
        store.publish(name, recipe={"n": name}, rows=[to_table([dataclasses.replace(first, split=split)])])
    assert answer(tmp_path, "SELECT uid, split FROM cells") == [(first.uid, "test")]


def test_counts_that_an_earlier_ledger_lacks_are_zero(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    rows = [Score(uid, "p", "q", 1, "select", "fixed", 0, 2, 1, 1, refused=1) for uid in "ab"]
    for part, row in zip(("old", "new"), rows, strict=True):
        ledger.append("scores", scores_table([row]), part=part)
    (old,) = (path for path in ledger.parts("scores") if path.stem == "old")
    pq.write_table(pq.read_table(old, partitioning=None).drop_columns(["refused"]), old)
    assert answer(tmp_path, "SELECT uid, refused FROM scores ORDER BY uid") == [("a", 0), ("b", 1)]
    assert [score.refused for score in scores_from_table(ledger.read("scores"))] == [1, 0]
    for path in ledger.parts("scores"):
        path.unlink() if path.stem == "new" else None
    assert answer(tmp_path, "SELECT uid, refused FROM scores") == [("a", 0)]


def test_json_text_can_be_opened(root: Path) -> None:
    assert answer(root, "SELECT (params->>'a')::INT FROM problems WHERE name = 'more' ORDER BY 1")[-1] == (29,)


@pytest.mark.parametrize(
    ("sql", "message"),
    [
        ("SELECT * FROM problem", "no view 'problem', did you mean 'problems'"),
        ("SELECT levl FROM problems", "no column 'levl' in this query, did you mean 'level'"),
        ("SELECT p.levl FROM problems p", "no column 'levl' in this query, did you mean 'level'"),
        ("SELECT params FROM scores", "no column 'params' in this query: problems, dropped have it .*version"),
        ("SELECT family FROM rollouts", r"no column 'family' in this query: .*JOIN cells USING \(uid\)"),
        ("SELECT rule FROM scores", "no column 'rule' in this query: dropped, decisions have it$"),
        ("SELECT record FROM scores", "no column 'record' in this query: rounds has it$"),
        ("SELECT family FROM scores JOIN problems USING (uid)", "Ambiguous .*scores carries family"),
        ("SELEC 1", "syntax error"),
        ("SELECT 1; SELECT 2", "2 statements"),
        ("", "0 statements"),
        ("COPY (SELECT 1) TO 'x.csv'", "COPY is not allowed"),
        ("CREATE TABLE t (a INT)", "CREATE is not allowed"),
        ("SET threads = 1", "SET is not allowed"),
        ("ATTACH 'x.db'", "ATTACH is not allowed"),
        ("EXPLAIN ANALYZE COPY (SELECT 1) TO 'x.csv'", "EXPLAIN is not allowed"),
        ("SELECT * FROM read_text('/etc/hostname')", "disabled by configuration"),
        ("SELECT * FROM 'elsewhere/x.parquet'", "disabled by configuration"),
        ("SELECT 'a'::INT", "Could not convert"),
    ],
)
def test_bad_sql_is_one_clear_error(root: Path, sql: str, message: str) -> None:
    before = sorted(root.rglob("*"))
    with pytest.raises(ConfigError, match=message):
        query(root, sql)
    assert sorted(root.rglob("*")) == before


def test_describe_summarize_and_show_work(root: Path) -> None:
    assert query(root, "DESCRIBE scores").column("column_name").to_pylist() == VIEWS["scores"].names
    assert query(root, "SUMMARIZE scores").num_rows == len(VIEWS["scores"].names)
    assert set(query(root, "SHOW TABLES").column(0).to_pylist()) == set(VIEWS)


def test_settings_of_an_open_connection_are_locked(root: Path) -> None:
    import duckdb

    with connect(root) as connection:
        with pytest.raises(duckdb.Error, match="locked"):
            connection.execute("SET enable_external_access = true")
        with pytest.raises(duckdb.Error):
            connection.execute("COPY (SELECT 1) TO 'outside.csv'")


def test_an_unfinished_part_is_not_seen_and_a_corrupt_one_is_named(tmp_path: Path) -> None:
    Ledger(tmp_path).append("events", pa.table({"kind": ["a"]}), part="p")
    path = Ledger(tmp_path).parts("events")[0]
    (path.parent / f".tmp-1-1-{path.name}").write_bytes(b"half")
    assert answer(tmp_path, "SELECT kind FROM events") == [("a",)]
    path.write_bytes(b"not parquet")
    with pytest.raises(StoreError, match=r"p\.parquet"):
        query(tmp_path, "SELECT kind FROM events")


def test_a_damaged_page_is_the_files_fault_and_not_the_questions(tmp_path: Path) -> None:
    for part in ("bad", "good"):
        kinds = [f"{part} {number}" for number in range(20_000)]
        Ledger(tmp_path).append("events", pa.table({"kind": kinds}), part=part)
    path, _ = sorted(Ledger(tmp_path).parts("events"))
    column = pq.read_metadata(path).row_group(0).column(pq.read_schema(path).names.index("kind"))
    place, content = column.dictionary_page_offset, path.read_bytes()
    path.write_bytes(content[:place] + b"\xff" * 8 + content[place + 8 :])
    for ask in (query, lambda root, sql: list(stream(root, sql))):
        with pytest.raises(StoreError, match=r"bad\.parquet is damaged"):
            ask(tmp_path, "SELECT kind, 1 FROM events WHERE kind LIKE '%a'")


def test_an_answer_comes_in_pieces_and_is_whole(root: Path) -> None:
    pieces = list(stream(root, "SELECT uid, n FROM scores ORDER BY uid", rows=7))
    assert max(piece.num_rows for piece in pieces) <= 7
    assert pa.concat_tables(pieces).equals(query(root, "SELECT uid, n FROM scores ORDER BY uid"))
    assert sum(piece.num_rows for piece in stream(root, "SELECT * FROM audits")) == 0
    with pytest.raises(ConfigError, match="did you mean 'scores'"):
        list(stream(root, "SELECT * FROM score"))
    with pytest.raises(ConfigError, match="not allowed"):
        list(stream(root, "CREATE TABLE t (a INT)"))


@pytest.mark.parametrize("most", [1, 4, 30, 1000])
def test_ranges_of_uids_hold_every_row_once_and_about_as_many_each(root: Path, most: int) -> None:
    uids = [uid for (uid,) in answer(root, "SELECT uid FROM scores")]
    ranges = uid_ranges(len(uids), most=most)
    assert len(ranges) == -(-len(uids) // most)
    held = [answer(root, f"SELECT uid FROM scores WHERE {part.holds()}") for part in ranges]
    assert sorted(uid for rows in held for (uid,) in rows) == sorted(uids)
    assert max(map(len, held)) <= 4 * most + 4
    assert uid_ranges(0, most=most) == [EVERY_UID]


def test_each_question_spills_into_a_folder_of_its_own(root: Path) -> None:
    asked = "SELECT current_setting('temp_directory')"
    with connect(root) as one, connect(root) as other:
        assert one.sql(asked).fetchall() != other.sql(asked).fetchall()


def test_every_flipped_bit_behind_a_question_is_named_or_changes_nothing(tmp_path: Path) -> None:
    store, problems = Store(tmp_path), additions(60)
    version = store.publish("sums", recipe={"n": 1}, rows=[to_table(problems)])
    ledger = Ledger(tmp_path)
    for part in ("a", "b"):
        ledger.append("events", pa.table({"kind": [f"{part}{n}" for n in range(300)]}), part=part)
    questions = {
        store.part_files(version, "rows")[0]: "SELECT * FROM Problems ORDER BY uid",
        ledger.parts("events")[0]: "SELECT * FROM events ORDER BY kind",
    }
    for path, sql in questions.items():
        content, whole, rng, seen = path.read_bytes(), query(tmp_path, sql), random.Random(7), 0
        for _ in range(60):
            path.write_bytes(flipped(content, rng.randrange(len(content)), rng.randrange(8)))
            for ask in (query, _streamed, _asked):
                try:
                    assert ask(tmp_path, sql).equals(whole)
                except StoreError as error:
                    assert str(path) in str(error)
                    seen += 1
        path.write_bytes(content)
        assert seen > 150


def _streamed(root: Path, sql: str) -> pa.Table:
    return pa.concat_tables(stream(root, sql))


def _asked(root: Path, sql: str) -> pa.Table:
    with asking(root) as connection:
        return connection.sql(sql).to_arrow_table()


def test_a_damaged_page_stops_no_question_about_something_else(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    for table in ("events", "decisions"):
        ledger.append(table, pa.table({"detail": [f"{n}" for n in range(3000)]}), part="p")
    path = ledger.parts("events")[0]
    path.write_bytes(flipped(path.read_bytes(), path.stat().st_size // 3, 1))
    assert answer(tmp_path, "SELECT count(*) FROM decisions") == [(3000,)]
    with pytest.raises(StoreError, match=r"p\.parquet is damaged"):
        answer(tmp_path, "SELECT count(*) FROM EVENTS")
