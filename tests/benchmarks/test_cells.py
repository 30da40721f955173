from typing import Any

import pytest

from benchmarks import cells


def _row(status: str, failures: int = 0, finished: int = 3, below: bool = False) -> dict[str, Any]:
    ours = {"mean": 50.06, "sd": 0.34, "seeds": finished} if finished else None
    return {
        "name": "Softmax",
        "status": status,
        "below_line": below,
        "runs": [{}] * finished,
        "failures": ["it broke"] * failures,
        "cells": {"c_f1": {"ours": ours, "published": 60.2, "evidence": "~"}},
    }


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ({"mean": 50.06, "sd": 0.34}, "50.1 ± 0.3"),
        ({"mean": 50.0, "sd": 0.0}, "50.0 ± 0.0"),
        ({"mean": 7.25, "sd": None}, "7.2"),
        (None, "-"),
    ],
)
def test_numbers_have_one_decimal(value: dict[str, Any] | None, text: str) -> None:
    assert cells.measured(value) == text


def test_a_cell_says_how_many_of_its_runs_failed() -> None:
    assert cells.cell(_row("finished"), "c_f1") == "50.1 ± 0.3"
    assert (
        cells.cell(_row("failed", failures=1, finished=2), "c_f1") == "50.1 ± 0.3 (1 of 3 failed)"
    )
    assert cells.cell(_row("failed", failures=3, finished=0), "c_f1") == "failed"


def test_the_papers_cell_stands_below_ours_with_its_mark() -> None:
    report = {
        "is_mini": True,
        "columns": ["c_f1"],
        "rows": [_row("finished"), _row("computed", below=True)],
    }
    assert cells.lines_of_rows(report, below_line=False) == [
        ["Softmax", "ours on MINI", "50.1 ± 0.3"],
        ["", "paper", "60.2~"],
    ]
    assert cells.lines_of_rows(report, below_line=True) == [
        ["Softmax", "ours on MINI", "50.1 ± 0.3"]
    ]


def test_real_data_is_not_called_mini_and_a_table_of_ours_has_no_lines_of_the_paper() -> None:
    row = _row("finished")
    row["cells"]["c_f1"]["published"] = None
    report = {"is_mini": False, "columns": ["c_f1"], "rows": [row]}
    assert cells.lines_of_rows(report, below_line=False) == [["Softmax", "ours", "50.1 ± 0.3"]]


def test_a_row_that_nobody_trains_has_the_papers_line_only() -> None:
    report = {"is_mini": True, "columns": ["c_f1"], "rows": [_row("published only", finished=0)]}
    assert cells.lines_of_rows(report, below_line=False) == [
        ["Softmax", "paper (printed only)", "60.2~"]
    ]


@pytest.mark.parametrize(
    ("name", "note", "shown"),
    [
        ("HCP-1000C", "HCP: a light form.", ("HCP-1000C", "a light form.")),
        ("No RNN", "A linear layer: no state.", ("No RNN", "A linear layer: no state.")),
        ("No RNN", "A linear layer.", ("No RNN", "A linear layer.")),
    ],
)
def test_a_note_does_not_say_the_name_twice(name: str, note: str, shown: tuple[str, str]) -> None:
    assert cells.note_of({"name": name, "note": note}) == shown


def test_headings_name_k() -> None:
    assert cells.heading({"map_k": 10}, "map_at_k") == "MAP@10"
    assert cells.heading({"map_k": 10}, "c_f1") == "C-F1"
