from typing import Any

import pytest

from benchmarks import claims


def _row(row_id: str, against: dict[str, tuple[float, float]] | None, **more: Any) -> claims.Report:
    compared = (
        None
        if against is None
        else {
            metric: {"difference": (low + high) / 2, "low": low, "high": high, "verdict": "-"}
            for metric, (low, high) in against.items()
        }
    )
    status = {"below_line": False, "status": "finished", **more}
    return {"id": row_id, "name": row_id.upper(), "against_reference": compared, **status}


def _report(table: str, columns: list[str], *rows: claims.Report) -> claims.Report:
    return {
        "table": table,
        "columns": columns,
        "reference": "cnn_rnn",
        "data": {"title": "MINI"},
        "rows": [*rows, _row("cnn_rnn", None)],
    }


def _verdicts(report: claims.Report, claim: str) -> list[tuple[str, str | None, str]]:
    found = [answer for answer in claims.answers(report) if answer["id"] == claim]
    return [(answer["metric"], answer["against"], answer["verdict"]) for answer in found]


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (0.1, 2.0, "seen"),
        (-2.0, -0.1, "opposite"),
        (-1.0, 1.0, "not seen"),
        (0.0, 1.0, "not seen"),
        (-1.0, 0.0, "not seen"),
    ],
)
def test_a_verdict_is_where_the_interval_lies(low: float, high: float, expected: str) -> None:
    assert claims.verdict(low, high) == expected


def test_a_row_that_is_lower_than_cnn_rnn_makes_the_claim_seen() -> None:
    no_rnn = _row("no_rnn", {"c_r": (-2.0, -1.0), "o_r": (-0.5, 0.7)})
    report = _report("table3", ["c_r", "o_r"], no_rnn)
    assert _verdicts(report, "recurrence_raises_recall") == [
        ("c_r", "NO_RNN", "seen"),
        ("o_r", "NO_RNN", "not seen"),
    ]
    seen = claims.answers(report)[0]
    assert (seen["difference"], seen["low"], seen["high"]) == (1.5, 1.0, 2.0)
    assert seen["data"] == "MINI"


def test_a_row_without_runs_leaves_the_claim_not_tested() -> None:
    softmax, warp = _row("softmax", {"c_p": (1.0, 2.0)}), _row("warp", None, status="not run")
    found = claims.answers(_report("table1", ["c_p"], softmax, warp))
    assert [answer["verdict"] for answer in found] == ["opposite", "not tested"]
    assert found[1]["difference"] is None
    absent = claims.answers(_report("table3", ["o_r"]))
    assert [(answer["against"], answer["verdict"]) for answer in absent] == [
        ("no_rnn", "not tested")
    ]


def test_the_best_of_a_table_is_above_all_rows_of_the_paper_that_were_trained() -> None:
    worse, like = _row("a", {"map": (-9.0, -8.0)}), _row("b", {"map": (-2.0, -0.5)})
    better = _row("c", {"map": (0.5, 2.0)})
    below = _row("d", {"map": (3.0, 4.0)}, below_line=True)
    printed = _row("e", None, status="published only")
    report = _report("table4", ["map"], worse, like, below, printed)
    assert _verdicts(report, "best_map") == [("map", "B", "seen")]
    like_zero = _row("b", {"map": (-2.0, 0.5)})
    report = _report("table4", ["map"], worse, like_zero)
    assert _verdicts(report, "best_map") == [("map", "B", "not seen")]
    report = _report("table4", ["map"], worse, like_zero, better)
    assert _verdicts(report, "best_map") == [("map", "C", "opposite")]


def test_the_best_is_not_tested_while_a_row_is_missing() -> None:
    report = _report("table4", ["map"], _row("a", {"map": (-9, -8)}), _row("b", None))
    assert _verdicts(report, "best_map") == [("map", None, "not tested")]
    assert [answer["verdict"] for answer in claims.answers(_report("table4", ["map"]))] == [
        "not tested"
    ]


def test_claims_are_about_cnn_rnn_and_need_it_as_the_reference() -> None:
    report = _report("table4", ["map"], _row("a", {"map": (-9, -8)}))
    report["reference"] = "a"
    assert _verdicts(report, "best_map") == [("map", None, "not tested")]


def test_a_table_that_no_claim_is_about_has_no_answers() -> None:
    assert claims.answers(_report("real_voc", ["map"], _row("a", {"map": (-9, -8)}))) == []


def _orders(low: float, high: float) -> claims.Report:
    difference = {"difference": (low + high) / 2, "low": low, "high": high, "verdict": "-"}
    compared = {"c_f1": difference, "o_f1": difference}
    cells = {"c_f1": {"mean": 60.0}, "o_f1": {"mean": 60.0}}
    rows = [
        {"id": "frequency", "name": "first", "against_reference": None, "cells": cells},
        {"id": "random_per_batch", "name": "random", "against_reference": compared},
    ]
    return {"data": {"title": "MINI"}, "reference": "frequency", "rows": rows}


@pytest.mark.parametrize(
    ("low", "high", "expected"),
    [
        (-60.0, -50.0, "seen"),
        (-20.0, -10.0, "not seen"),  # worse, but it converges
        (-31.0, 1.0, "not seen"),
        (1.0, 2.0, "opposite"),
    ],
)
def test_an_order_does_not_converge_that_reaches_less_than_half(
    low: float, high: float, expected: str
) -> None:
    found = claims.convergence(_orders(low, high))
    assert [answer["verdict"] for answer in found] == [expected, expected]
    assert found[0]["low"] == low


def test_convergence_is_not_tested_without_the_study_or_its_row() -> None:
    without = _orders(1.0, 2.0)
    without["rows"] = without["rows"][:1]
    for study in (None, without):
        assert {answer["verdict"] for answer in claims.convergence(study)} == {"not tested"}
