"""The ledger: typed, replaced never doubled, and cut back exactly to a step."""

import random
from pathlib import Path

import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from pipeline.errors import ConfigError, StoreError
from pipeline.score import Score, scores_from_table, scores_table
from pipeline.store.ledger import TABLES, Ledger
from tests.pipeline.store.test_sealed import flipped


def metrics(*values: float, step: list[int] | None = None) -> pa.Table:
    columns = {
        "stage": ["s"] * len(values),
        "name": ["n"] * len(values),
        "value": list(values),
        "unit": ["1"] * len(values),
    }
    return pa.table(columns if step is None else {**columns, "step": step})


def score(uid: str, **changes: object) -> Score:
    fields = {"policy": "p", "protocol": "q", "verifier_version": 1, "purpose": "select", "design": "fixed"}
    return Score(uid=uid, first_draw=0, n=4, correct=1, feasible=2, **{**fields, **changes})  # type: ignore[arg-type]


@pytest.mark.parametrize("table", sorted(TABLES))
def test_every_table_reads_empty_and_typed_with_its_context(tmp_path: Path, table: str) -> None:
    empty = Ledger(tmp_path).read(table)
    assert empty.num_rows == 0
    assert empty.schema.equals(TABLES[table])
    assert [str(empty.schema.field(name).type) for name in ("run", "round", "arm", "step")] == [
        "string", "int32", "string", "int64",
    ]  # fmt: skip


@pytest.mark.parametrize("table", sorted(TABLES))
def test_every_table_takes_and_returns_nulls_for_columns_left_out(tmp_path: Path, table: str) -> None:
    ledger = Ledger(tmp_path)
    first = TABLES[table].field(0)
    ledger.append(table, pa.table({first.name: pa.nulls(2, first.type)}), part="p", run="r", round=1, arm="a", step=3)
    read = ledger.read(table, run="r", arm="a", round=1)
    assert read.schema.equals(TABLES[table])
    assert (
        read.select(["run", "round", "arm", "step"]).to_pylist()
        == [{"run": "r", "round": 1, "arm": "a", "step": 3}] * 2
    )


def test_scores_survive_the_ledger(tmp_path: Path) -> None:
    scores = [score("a"), score("b", quality_sum=0.1 + 0.2, tokens=2**40)]
    Ledger(tmp_path).append("scores", scores_table(scores), part="x", run="r")
    assert scores_from_table(Ledger(tmp_path).read("scores", run="r")) == scores


@settings(max_examples=15, deadline=None)
@given(
    st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(["r", "s/../t", ""]), st.integers(0, 3)), max_size=12)
)
def test_the_same_part_replaces_and_other_parts_add(tmp_path_factory, writes: list[tuple[str, str, int]]) -> None:
    ledger = Ledger(tmp_path_factory.mktemp("ledger"))
    expected: dict[tuple[str, str], int] = {}
    for part, run, rows in writes:
        ledger.append("metrics", metrics(*range(rows)), part=part, run=run)
        expected[part, run] = rows
    assert ledger.read("metrics").num_rows == sum(expected.values())
    assert ledger.read("metrics", run="s/../t").num_rows == sum(
        n for (_, run), n in expected.items() if run == "s/../t"
    )


def test_rows_with_their_own_context_go_where_it_says(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    rows = metrics(1.0, 2.0, 3.0).append_column("arm", pa.array(["a", "b", "a"]))
    ledger.append("metrics", rows, part="p", run="r", arm="ignored")
    assert ledger.read("metrics", arm="a").column("value").to_pylist() == [1.0, 3.0]
    assert ledger.read("metrics", arm="ignored").num_rows == 0
    ledger.append("metrics", rows, part="p", run="r")
    assert ledger.read("metrics").num_rows == 3


def test_reading_filters_by_every_key(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    for run in ("r", "s"):
        for number in (0, 1):
            ledger.append("metrics", metrics(1, 2, 3, step=[1, 2, 3]), part=f"{number}", run=run, round=number, arm="a")
    assert ledger.read("metrics").num_rows == 12
    assert ledger.read("metrics", run="r", round=1, max_step=2).column("value").to_pylist() == [1.0, 2.0]
    assert ledger.read("metrics", columns=["value"], max_step=0).column_names == ["value"]
    ledger.append("scores", scores_table([score("a"), score("b", purpose="report")]), part="x")
    assert ledger.read("scores", purpose="report", columns=["uid"]).to_pylist() == [{"uid": "b"}]


def test_drop_beyond_keeps_what_the_checkpoint_knew_and_touches_no_other_chain(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    for arm in ("weak", "uniform"):
        for start in (1, 4, 7):
            steps = [start, start + 1, start + 2]
            ledger.append("metrics", metrics(*steps, step=steps), part=f"steps-{start}", run="r", round=1, arm=arm)
    ledger.append("events", pa.table({"kind": ["k"]}), part="e", run="r", arm="weak", step=9)
    assert ledger.drop_beyond("r", "weak", 5, round=7) == 0
    assert ledger.drop_beyond("r", "weak", 5, tables=["metrics"]) == 4
    assert sorted(ledger.read("metrics", arm="weak").column("step").to_pylist()) == [1, 2, 3, 4, 5]
    assert ledger.read("metrics", arm="uniform").num_rows == 9
    assert ledger.read("events").num_rows == 1
    assert ledger.drop_beyond("r", "weak", 5) == 1
    ledger.append("metrics", metrics(4, 5, 6, step=[4, 5, 6]), part="steps-4", run="r", round=1, arm="weak")
    assert sorted(ledger.read("metrics", arm="weak").column("step").to_pylist()) == [1, 2, 3, 4, 5, 6]


def test_unknown_tables_and_columns_name_the_nearest(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    with pytest.raises(ConfigError, match="did you mean 'metrics'"):
        ledger.read("metric")
    with pytest.raises(ConfigError, match="did you mean 'value'"):
        ledger.append("metrics", pa.table({"values": [1.0]}), part="p")
    with pytest.raises(ConfigError, match="no column 'valu'"):
        ledger.read("metrics", columns=["valu"])
    with pytest.raises(ConfigError, match="no column 'purpose'"):
        ledger.read("metrics", purpose="eval")


def test_a_corrupt_part_is_one_clear_error_and_an_unfinished_one_is_not_read(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.append("metrics", metrics(1.0), part="p", run="r")
    path = ledger.parts("metrics")[0]
    (path.parent / f".tmp-1-1-{path.name}").write_bytes(b"half")
    assert ledger.read("metrics").num_rows == 1
    path.write_bytes(path.read_bytes()[:-7])
    with pytest.raises(StoreError, match=r"p\.parquet.*delete that file and run again"):
        ledger.read("metrics")


@pytest.mark.parametrize("table", sorted(TABLES))
@pytest.mark.parametrize(
    ("run", "arm", "part"),
    [("", "", "p"), ("r", "", "_p"), ("_r", "_", "p"), (".r", "a=b", ".p"), ("@none", "[x]", "p")],
)
def test_other_readers_of_parquet_folders_find_every_row(tmp_path: Path, table: str, run: str, arm: str, part: str):
    ledger, first = Ledger(tmp_path), TABLES[table].field(0)
    ledger.append(table, pa.table({first.name: pa.nulls(2, first.type)}), part=part, run=run, arm=arm)
    ledger.append(table, pa.table({first.name: pa.nulls(3, first.type)}), part="other", run="plain", arm="plain")
    folder = tmp_path / "ledger" / table
    assert pq.read_table(folder).num_rows == 5
    assert ds.dataset(folder, format="parquet").count_rows() == 5
    assert pd.read_parquet(folder).shape == (5, len(TABLES[table]))
    assert pl.read_parquet(folder / "**/*.parquet").height == 5
    assert ledger.read(table, run=run, arm=arm).num_rows == 2


def test_a_ledger_of_the_earlier_layout_is_read_and_renamed_when_written_to(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.append("metrics", metrics(1, 2), part="p")
    ledger.append("metrics", metrics(3), part="p", run="r")
    folder = tmp_path / "ledger" / "metrics"
    for old in (*folder.glob("*/@none"), folder / "@none"):
        old.rename(old.with_name("_"))
    assert {path.name for path in folder.iterdir()} == {"_", "r"}
    assert ledger.read("metrics").num_rows == 3
    assert ledger.read("metrics", run="", arm="").num_rows == 2
    assert ledger.read("metrics", run="r", arm="").num_rows == 1
    ledger.append("metrics", metrics(4, 5, 6), part="p")
    assert ledger.read("metrics").num_rows == 4
    assert not list(folder.rglob("_"))


def test_one_part_can_be_read_alone(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    for part, values in (("a", (1, 2)), ("b c", (3,))):
        ledger.append("metrics", metrics(*values), part=part, run="r")
    assert ledger.read("metrics", run="r", part="b c").column("value").to_pylist() == [3.0]
    assert ledger.read("metrics", part="absent").num_rows == 0


def test_part_names_may_be_anything(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    for part in ("../../escape", "x" * 500, ".hidden", "a b"):
        ledger.append("metrics", metrics(1.0), part=part, run="..", arm=".")
    assert ledger.read("metrics", run="..", arm=".").num_rows == 4
    assert all(tmp_path / "ledger" / "metrics" in path.resolve().parents for path in ledger.parts("metrics"))


def test_every_flipped_bit_of_a_part_is_named_or_changes_nothing(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    for part in ("a", "b", "c"):
        ledger.append("metrics", metrics(*range(200), step=list(range(200))), part=part, run="r")
    path, whole = ledger.parts("metrics")[1], ledger.read("metrics", max_step=150)
    content, rng = path.read_bytes(), random.Random(3)
    seen = 0
    for _ in range(200):
        path.write_bytes(flipped(content, rng.randrange(len(content)), rng.randrange(8)))
        try:
            assert ledger.read("metrics", max_step=150).equals(whole)
        except StoreError as error:
            assert str(path) in str(error)
            seen += 1
    assert seen > 190
    with pytest.raises(StoreError, match=r"b\.parquet.*delete that file"):
        ledger.drop_beyond("r", "", 100)


def test_parts_of_an_earlier_ledger_are_read(tmp_path: Path) -> None:
    ledger = Ledger(tmp_path)
    ledger.append("metrics", metrics(1.0), part="p", run="r")
    path = ledger.parts("metrics")[0]
    pq.write_table(pq.read_table(path, partitioning=None), path)
    assert ledger.read("metrics").column("value").to_pylist() == [1.0]
