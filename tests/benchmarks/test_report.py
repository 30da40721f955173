import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import report, suite
from benchmarks.data import DataSource
from benchmarks.spec import RowSpec, Settings, TableSpec
from benchmarks.workers import in_this_process


def _built(table: TableSpec, source: DataSource, results: Path, seeds: int) -> dict[str, Any]:
    plan = suite.make_plan(table, source, range(seeds), results)
    return report.build(suite.run(plan, in_this_process, lambda _: None), "what was read")


def _row(built: dict[str, Any], row_id: str) -> dict[str, Any]:
    (found,) = [row for row in built["rows"] if row["id"] == row_id]
    assert isinstance(found, dict)
    return found


def test_every_cell_can_be_traced_to_its_runs(
    tiny_table: TableSpec, tiny_source: DataSource, tmp_path: Path
) -> None:
    built = _built(tiny_table, tiny_source, tmp_path, 2)
    row = _row(built, "cnn_rnn")
    cell = row["cells"]["o_f1"]
    values = []
    for run in row["runs"]:
        record = json.loads((tmp_path / "runs" / f"{run['key']}.json").read_text())
        values.append(100 * record["measured"]["test"]["decided"]["first_k"]["o_f1"])
    assert [run["seed"] for run in row["runs"]] == [0, 1]
    assert cell["ours"]["mean"] == pytest.approx(sum(values) / 2)
    assert cell["ours"]["sd"] == pytest.approx(abs(values[0] - values[1]) / 2**0.5)
    assert cell["ours"]["seeds"] == 2
    assert (cell["published"], cell["evidence"]) == (67.8, "")
    assert _row(built, "bce")["cells"]["o_f1"]["evidence"] == "~"
    assert _row(built, "bce")["cells"]["map_at_k"]["evidence"] is None
    assert json.loads(json.dumps(built, allow_nan=False)) == built


def test_the_header_says_where_everything_comes_from(
    tiny_table: TableSpec, tiny_source: DataSource, tmp_path: Path
) -> None:
    settings = {tiny_source.name: Settings("by hand", {"bce": {"lr": 0.02}})}
    table = dataclasses.replace(tiny_table, settings=settings)
    built = _built(table, tiny_source, tmp_path, 1)
    assert built["is_mini"]
    assert built["data"]["description"] == "what was read"
    assert len(built["data"]["fingerprint"]) == 64
    assert built["settings"] == "by hand"
    assert _row(built, "bce")["trained"]["arguments"]["lr"] == 0.02
    assert built["provenance"]["versions"][0]["torch"]
    assert built["provenance"]["machine"][0]["cores"] >= 1
    assert set(built["provenance"]["commit"]) == {"id", "dirty"}


def test_the_oracle_stands_below_the_line(
    tiny_table: TableSpec, tiny_source: DataSource, tmp_path: Path
) -> None:
    oracle = _row(_built(tiny_table, tiny_source, tmp_path, 1), "oracle")
    assert oracle["below_line"]
    assert oracle["cells"]["map_at_k"]["ours"]["mean"] == 100
    assert oracle["cells"]["o_f1"]["ours"]["mean"] < 100  # some images have other than 2 labels


def test_a_failed_row_says_so_and_the_others_stand(
    tiny_table: TableSpec, tiny_source: DataSource, tmp_path: Path
) -> None:
    failing = RowSpec("bad", "Bad", "cnn_rnn.tasks.BaselineTask", {"dropout": 2.0})
    theirs = RowSpec("theirs", "Theirs", None)
    rows = (tiny_table.row("bce"), failing, theirs)
    built = _built(dataclasses.replace(tiny_table, rows=rows), tiny_source, tmp_path, 1)
    statuses = [(row["id"], row["status"]) for row in built["rows"]]
    assert statuses == [
        ("bce", "finished"),
        ("bad", "failed"),
        ("theirs", "published only"),
        ("oracle", "computed"),
    ]
    assert "dropout" in _row(built, "bad")["failures"][0]
    assert _row(built, "bad")["cells"]["c_f1"]["ours"] is None


def test_average_precision_is_listed_by_class_and_method(
    tiny_table: TableSpec, tiny_source: DataSource, tmp_path: Path
) -> None:
    table = dataclasses.replace(tiny_table, kind="average_precision", columns=("map_11", "map"))
    built = _built(table, tiny_source, tmp_path, 2)
    found = _row(built, "bce")["average_precision"]
    assert set(found) == {"11_points", "all_points"}
    assert list(found["all_points"]) == ["red", "green", "blue", "rare"]
    mean = sum(value["mean"] for value in found["all_points"].values()) / 4
    assert _row(built, "bce")["cells"]["map"]["ours"]["mean"] == pytest.approx(mean, abs=1e-4)
    assert [row["id"] for row in built["rows"]] == ["bce", "cnn_rnn"]
