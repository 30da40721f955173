import copy
from pathlib import Path
from typing import Any

import pytest

from benchmarks import provenance, verify
from benchmarks.store import ResultError, write_json


def _row(row_id: str, mean: float, sd: float | None, status: str = "finished") -> dict[str, Any]:
    ours = None if status == "published only" else {"mean": mean, "sd": sd, "seeds": 3}
    return {
        "id": row_id,
        "name": row_id,
        "status": status,
        "cells": {"c_f1": {"ours": ours}},
        "ranked": {"map": None},
    }


@pytest.fixture
def report() -> dict[str, Any]:
    """Of two rows that were trained and one that only the paper prints."""
    return {
        "table": "table3",
        "title": "Table 3",
        "is_mini": True,
        "data": {"title": "MINI", "fingerprint": "f", "backbone": "b", "name": "mini"},
        "seeds": [0, 1, 2],
        "provenance": {
            "versions": [],
            "machine": [],
            "commit": {"id": "c", "dirty": False},
            "code": provenance.code_version(),
        },
        "rows": [
            _row("steady", 50.0, 0.0),
            _row("shaky", 40.0, 0.5),
            _row("theirs", 0.0, None, "published only"),
        ],
    }


def _moved(report: dict[str, Any], row: int, by: float) -> dict[str, Any]:
    other = copy.deepcopy(report)
    other["rows"][row]["cells"]["c_f1"]["ours"]["mean"] += by
    return other


def test_the_small_setting_gives_the_expected_cells(tmp_path: Path) -> None:
    found = verify.run_small(tmp_path)
    compared = verify.compare(verify.SMALL, found)
    assert compared.cells >= 20
    assert not compared.beyond, "\n".join(map(str, compared.beyond))


def test_the_same_cells_are_identical(report: dict[str, Any], tmp_path: Path) -> None:
    verify.write_expected("table3", report, tmp_path)
    compared = verify.compare("table3", report, tmp_path)
    assert (compared.cells, compared.moved) == (2, ())


@pytest.mark.parametrize(
    ("row", "by", "is_within"),
    [(0, 0.4, True), (0, -0.6, False), (1, 1.4, True), (1, 1.6, False)],
)
def test_a_cell_may_move_by_the_floor_or_by_three_spreads(
    report: dict[str, Any], tmp_path: Path, row: int, by: float, is_within: bool
) -> None:
    verify.write_expected("table3", report, tmp_path)
    (moved,) = verify.compare("table3", _moved(report, row, by), tmp_path).moved
    assert moved.is_within is is_within
    assert f"({by:+.4f}, tolerance {(0.5, 1.5)[row]:.2f})" in str(moved)


def test_a_row_that_is_gone_or_new_is_beyond_every_tolerance(
    report: dict[str, Any], tmp_path: Path
) -> None:
    verify.write_expected("table3", report, tmp_path)
    other = copy.deepcopy(report)
    other["rows"][0]["id"] = "other"
    beyond = verify.compare("table3", other, tmp_path).beyond
    assert [str(cell) for cell in beyond] == [
        "steady c_f1: 50.00 -> nothing",
        "other c_f1: nothing -> 50.00",
    ]


def test_other_data_or_seeds_are_no_comparison(report: dict[str, Any], tmp_path: Path) -> None:
    verify.write_expected("table3", report, tmp_path)
    for part, value in (("seeds", [0]), ("data", {**report["data"], "fingerprint": "g"})):
        with pytest.raises(ResultError, match=f"was made with other {part}"):
            verify.compare("table3", {**report, part: value}, tmp_path)


def test_only_finished_tables_of_mini_become_expected(
    report: dict[str, Any], tmp_path: Path
) -> None:
    with pytest.raises(ResultError, match="not on MINI"):
        verify.write_expected("table3", {**report, "is_mini": False}, tmp_path)
    report["rows"][0]["status"] = "failed"
    with pytest.raises(ResultError, match="no finished runs of steady"):
        verify.write_expected("table3", report, tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_file_that_is_missing_or_damaged_is_named(report: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(ResultError, match=r"table3\.json is missing: .* --write"):
        verify.compare("table3", report, tmp_path)
    write_json(tmp_path / "table3.json", {"format": 0})
    with pytest.raises(ResultError, match="no file of expected cells"):
        verify.compare("table3", report, tmp_path)


def test_every_committed_file_can_be_read() -> None:
    names = [file.stem for file in verify.EXPECTED.glob("*.json")]
    assert verify.SMALL in names
    for name in names:
        expected = verify.read_expected(name)
        assert "MINI" in expected["data"]["title"]
        assert expected["rows"]


def test_the_command_prints_each_cell_that_moved_and_fails_beyond_the_tolerance(
    report: dict[str, Any],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    from benchmarks.__main__ import main

    monkeypatch.setattr(verify, "run_small", lambda folder, home: report)
    monkeypatch.setattr(verify, "write_expected", _into(tmp_path, verify.write_expected))
    monkeypatch.setattr(verify, "compare", _into(tmp_path, verify.compare))
    results = tmp_path / "results"
    write_json(results / "table3.json", report)
    words = ["verify", "--results", str(results)]
    assert main([*words, "--write"]) == 0
    assert sorted(file.name for file in tmp_path.glob("*.json")) == ["small.json", "table3.json"]
    assert main(words) == 0
    shown = capsys.readouterr().out
    assert "small: all 2 cells identical" in shown
    assert "table1: not in" in shown
    write_json(results / "table3.json", _moved(report, 0, 2.0))
    assert main(words) == 1
    shown = capsys.readouterr().out
    assert "table3: 1 of 2 cells moved, 1 further than the tolerance" in shown
    assert "  BEYOND  steady c_f1: 50.00 -> 52.00 (+2.0000, tolerance 0.50)" in shown
    real = {**report, "is_mini": False, "data": {**report["data"], "title": "COCO"}}
    write_json(results / "table3.json", real)
    assert main(words) == 0
    assert "table3: not compared: it is on COCO" in capsys.readouterr().out
    write_json(results / "table3.json", _of_other_sources(_moved(report, 0, 2.0)))
    assert main(words) == 0
    shown = capsys.readouterr().out
    assert f"table3: not compared: other sources made {results / 'table3.json'}" in shown
    assert "table3: 1 of" not in shown
    before = (tmp_path / "table3.json").read_bytes()
    assert main([*words, "--write"]) == 0
    assert (tmp_path / "table3.json").read_bytes() == before


def _of_other_sources(report: dict[str, Any]) -> dict[str, Any]:
    return {**report, "provenance": {**report["provenance"], "code": "of yesterday"}}


def _into(folder: Path, function: Any) -> Any:
    return lambda name, report: function(name, report, folder)
