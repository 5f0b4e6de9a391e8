"""A dataset is found under every name it was asked by, though its work is done once."""

from flows.stages.publish import dataset
from pipeline.choice.mixture import Cell
from tests.flows.tiny import tiny

SORT = Cell("seq/sort", 1, "ascending")


def test_arms_that_make_the_same_rows_each_find_them_by_their_name(tmp_path):
    run = tiny(tmp_path)
    first = dataset(run, "tiny-uniform-1", {SORT: 5}, split="train", seed=1)
    assert dataset(run, "tiny-sft-1", {SORT: 5}, split="train", seed=1) == first
    assert run.store.versions() == [first]
    assert run.store.get("tiny-sft-1") == run.store.get("tiny-uniform-1") == first
    later = dataset(run, "tiny-uniform-1", {SORT: 6}, split="train", seed=1)
    assert run.store.get("tiny-uniform-1") == later
    assert run.store.get("tiny-sft-1") == first
