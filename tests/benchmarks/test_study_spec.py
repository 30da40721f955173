"""Studies as YAML: what is refused, and that a row equal to a table's row is the same run."""

from pathlib import Path

import pytest

from benchmarks import study_spec
from benchmarks.spec import SpecError
from benchmarks.spec_reading import read_table
from benchmarks.study_spec import read_study

NAMES = ["beam", "cells", "orders", "recall", "scoring", "sizes"]
HEAD = """
title: A study
table: table3
row: cnn_rnn
reference: a
kind: dots
caption: What it says.
rows:
"""


def read(tmp_path: Path, rows: str, head: str = HEAD) -> study_spec.StudySpec:
    file = tmp_path / "mine.yaml"
    file.write_text(head + rows)
    return read_study(file)


def test_the_packaged_studies_are_these() -> None:
    assert study_spec.study_names() == NAMES


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("data", ["mini", "coco"])
def test_every_packaged_study_can_be_planned(name: str, data: str) -> None:
    study = read_study(name)
    table = study.as_table(data)
    assert [row.id for row in table.rows] == [row.id for row in study.rows if row.is_trained]


@pytest.mark.parametrize("name", [name for name in NAMES if name != "recall"])
def test_the_reference_of_every_packaged_study_is_a_row_of_the_table(name: str) -> None:
    table = read_table("table3")
    study = read_study(name)
    made = study.as_table("mini")
    reference = made.resolve(made.row(study.reference), "mini")
    assert reference == table.resolve(table.row("cnn_rnn"), "mini")


@pytest.mark.parametrize(
    ("study", "row", "same"),
    [
        ("cells", "paper", "paper_cell"),
        ("cells", "linear", "no_rnn"),
        ("orders", "minimal_loss", "aligned"),
        ("orders", "predicted_label", "pla"),
    ],
)
def test_rows_that_the_table_has_too_are_the_tables_own_runs(
    study: str, row: str, same: str
) -> None:
    table, made = read_table("table3"), read_study(study).as_table("mini")
    assert made.resolve(made.row(row), "mini") == table.resolve(table.row(same), "mini")


def test_an_argument_that_the_base_row_has_anyway_changes_nothing(tmp_path: Path) -> None:
    rows = """
  - {id: a, name: A}
  - {id: b, name: B, arguments: {cell: lstm, hidden_dim: 512, order: frequency}}
  - {id: c, name: C, arguments: {hidden_dim: 256}}
"""
    made = read(tmp_path, rows).as_table("mini")
    a, b, c = (made.resolve(made.row(name), "mini") for name in "abc")
    assert a == b
    assert {**a.arguments, "hidden_dim": 256} == c.arguments


def test_decoded_rows_and_ensembles_are_not_trained(tmp_path: Path) -> None:
    rows = """
  - {id: a, name: A}
  - {id: wide, name: W, decode: {beam_width: 9}}
  - {id: two, name: T, ensemble: [a], networks: 2}
"""
    study = read(tmp_path, rows)
    assert study.row("wide").of == "a"
    assert [row.id for row in study.as_table("mini").rows] == ["a"]


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("  - {id: b, name: B}", "reference: expected one of b, got 'a'"),
        ("  - {id: a, name: A}\n  - {id: a, name: A}", "two rows have the id 'a'"),
        ("  - {id: A, name: A}", "small letters"),
        ("  - {id: a, name: A, row: nothing}", "expected one of softmax"),
        ("  - {id: a, name: A, colour: red}", "unknown key 'colour'"),
        ("  - {id: a, name: A}\n  - {id: b, name: B, ensemble: [c]}", "rows.b.ensemble: expected"),
        ("  - {id: a, name: A}\n  - {id: b, name: B, of: b, decode: {x: 1}}", "rows.b.of: exp"),
        ("  - {id: a, name: A, networks: 2}", "ensemble of one row"),
        (
            "  - {id: a, name: A}\n  - {id: b, name: B, decode: {x: 1}, arguments: {y: 1}}",
            "one of arguments, decode, ensemble",
        ),
    ],
)
def test_what_is_wrong_in_a_study_is_named(tmp_path: Path, rows: str, message: str) -> None:
    with pytest.raises(SpecError, match=message):
        read(tmp_path, rows)


def test_an_argument_that_the_task_does_not_take_is_named(tmp_path: Path) -> None:
    study = read(tmp_path, "  - {id: a, name: A, arguments: {depth: 3}}")
    with pytest.raises(SpecError, match="takes no 'depth'"):
        study.as_table("mini")


def test_a_curve_of_a_row_that_is_not_trained_is_refused(tmp_path: Path) -> None:
    rows = "  - {id: a, name: A}\n  - {id: w, name: W, decode: {beam_width: 1}}"
    with pytest.raises(SpecError, match="curves: expected one of a, got 'w'"):
        read(tmp_path, rows, HEAD.replace("kind: dots", "kind: dots\ncurves: [w]"))


def test_an_unknown_study_is_answered_with_the_known_ones() -> None:
    with pytest.raises(SpecError, match="beam, cells, orders"):
        read_study("nothing")
