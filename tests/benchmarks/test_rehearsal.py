from pathlib import Path

import pytest

from benchmarks import rehearsal
from benchmarks.data import DataSource
from benchmarks.data_sets import DataNotFoundError
from benchmarks.spec_reading import read_table
from benchmarks.store import ResultStore
from benchmarks.suite import Plan, SuiteResult


def _result(rows: dict[str, list[tuple[float, float, int]]]) -> SuiteResult:
    """A result with runs of so many (seconds of training, of decoding, epochs)."""
    table = rehearsal.shortened(read_table("table3"), 2)
    result = SuiteResult(Plan(table, _source(), (0,), {}, ResultStore(Path("results"))))
    records = {
        row: [
            {"seconds": {"train": train, "decode": decode}, "training": {"epochs": epochs}}
            for train, decode, epochs in runs
        ]
        for row, runs in rows.items()
    }
    result.runs = lambda row: records.get(row.id, [])  # type: ignore[method-assign]
    return result


def _source() -> DataSource:
    return DataSource("coco-labels", rehearsal.TITLE, "", {}, {})


def test_rows_that_train_the_backbone_are_left_out_and_the_others_are_short() -> None:
    table = read_table("table3")
    short = rehearsal.shortened(table, 2)
    assert {row.training.max_epochs for row in short.rows} == {2}
    assert {row.id for row in table.rows} - {row.id for row in short.rows} == {
        row.id for row in table.rows if row.arguments.get("fine_tune") or row.task is None
    }
    assert {"softmax", "warp", "bce", "no_rnn", "cnn_rnn"} <= {row.id for row in short.rows}


def test_a_whole_run_is_reckoned_from_the_time_of_an_epoch() -> None:
    table = read_table("table3")
    report = rehearsal.build(
        table, _result({"bce": [(10.0, 3.0, 2), (14.0, 5.0, 2)]}), "lists", [("all", 1.0)], 2**31
    )
    row = next(row for row in report["rows"] if row["id"] == "bce")
    assert row["seconds"] == {
        "epoch": 6.0,
        "decode": 4.0,
        "whole": 6.0 * table.row("bce").training.max_epochs + 4.0,
    }
    text = rehearsal.to_markdown(report)
    assert text.startswith("# REHEARSAL")
    assert "No result of any method" in text
    assert "2.00 GiB (under 4 GiB)" in text


def test_too_much_memory_is_said() -> None:
    report = rehearsal.build(read_table("table3"), _result({}), "lists", [], 5 * 2**30)
    assert "5.00 GiB (OVER 4 GiB)" in rehearsal.to_markdown(report)


def test_missing_lists_are_named_with_the_remedy(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("CNN_RNN_REAL_DATA", raising=False)
    for root in (None, tmp_path):
        with pytest.raises(DataNotFoundError, match=r"train2014_labels\.txt\.gz.*DATA_ROOT=DIR"):
            rehearsal.source(root)
