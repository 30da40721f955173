import json
from pathlib import Path

import pytest

from benchmarks.spec import SpecError
from benchmarks.spec_reading import TABLES, read_table
from benchmarks.tune import combinations

# Table 3 of the paper, with the evidence of each cell, written down a second time.
TABLE_3 = """
Softmax              | 59.0 | 57.0 | 58.0 | 60.2~ | 62.1~ | 61.1~ | 47.4?
WARP                 | 59.3 | 52.5 | 55.7 | 59.8  | 61.4  | 60.7  | 49.2?
Binary cross-entropy | 59.3 | 58.6 | 58.9 | 61.7~ | 65.0~ | 63.3~ | -
No RNN               | 65.3 | 54.5 | 59.3 | 68.5? | 61.3? | 65.7? | 57.0?
CNN-RNN              | 66.0 | 55.6 | 60.4 | 69.2  | 66.4  | 67.8  | 61.2~
"""

TABLE = """
title: A table
kind: top_k
data: coco
top_k: 3
map_k: 10
columns: [c_f1, o_f1]
training: {max_epochs: 2, gradient_clip: null}
rows:
  - id: below
    name: Below
    task: some.Task
    below_line: true
  - id: first
    name: First
    task: some.Task
    arguments: {lr: 0.1, cell: lstm}
    training: {batch_size: 7}
    published: {c_f1: "60.2~"}
    search: {lr: [0.1, 0.2]}
  - id: theirs
    name: Theirs
    task: null
reference: first
settings:
  mini: {tuned: by hand, rows: {first: {lr: 0.3}}}
"""


def _write(folder: Path, text: str) -> Path:
    file = folder / "table.yaml"
    file.write_text(text)
    return file


def test_table_3_prints_the_documented_cells() -> None:
    table = read_table("table3")
    lines = [[text.strip() for text in line.split("|")] for line in TABLE_3.strip().splitlines()]
    rows = [row for row in table.rows if not row.below_line]
    assert [row.name for row in rows] == [line[0] for line in lines]
    for row, line in zip(rows, lines, strict=True):
        assert [str(row.published[column]) for column in table.columns] == line[1:]


def test_the_cell_of_the_papers_equations_stands_below_the_line() -> None:
    row = read_table("table3").row("paper_cell")
    assert row.below_line
    assert row.arguments["cell"] == "paper"
    assert row.training.gradient_clip == 0.1


@pytest.mark.parametrize("file", sorted(TABLES.glob("*.yaml")), ids=lambda file: file.stem)
def test_packaged_tables_have_rows_whose_tasks_take_their_arguments(file: Path) -> None:
    from benchmarks.training import task_class

    if file.stem == "ablation":
        pytest.skip("an ablation has no rows of its own")
    table = read_table(file.stem)
    for row in table.rows:
        for data in (*table.settings, "none"):
            if row.task is not None:
                resolved = table.resolve(row, data)
                task_class(resolved.task, {**resolved.arguments, **row.search})


def test_every_row_above_the_line_of_table_3_gets_the_same_number_of_trials() -> None:
    rows = [row for row in read_table("table3").rows if not row.below_line]
    counts = {row.id: len(combinations(row.search)) for row in rows}
    assert len(set(counts.values())) == 1
    assert min(counts.values()) > 1


def test_the_settings_for_mini_are_those_that_the_committed_search_chose() -> None:
    table = read_table("table3")
    found = json.loads((TABLES / "tuned" / "table3.mini.json").read_text())
    assert found["rows"].keys() == table.settings["mini"].rows.keys()
    for row_id, result in found["rows"].items():
        best = max(result["trials"], key=lambda trial: trial["mean"] or 0.0)
        assert dict(table.settings["mini"].rows[row_id]) == best["values"] == result["chosen"]
        tried = [trial["values"] for trial in result["trials"]]
        assert tried == combinations(table.row(row_id).search)


def test_rows_below_the_line_come_last_and_settings_override_arguments(tmp_path: Path) -> None:
    table = read_table(_write(tmp_path, TABLE))
    assert [row.id for row in table.rows] == ["first", "theirs", "below"]
    first = table.row("first")
    assert table.resolve(first, "mini").arguments == {"lr": 0.3, "cell": "lstm"}
    assert table.resolve(first, "coco").arguments == {"lr": 0.1, "cell": "lstm"}
    assert (first.training.max_epochs, first.training.batch_size) == (2, 7)
    assert first.training.gradient_clip is None
    with pytest.raises(ValueError, match="theirs"):
        table.resolve(table.row("theirs"), "mini")
    with pytest.raises(KeyError):
        table.row("nobody")


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("top_k: 3", "top_k: 0", "table.yaml: top_k: expected a whole number of at least 1, got 0"),
        ("top_k: 3", "topk: 3", "table.yaml: 'top_k' is missing"),
        (
            "title: A table",
            "title: A table\nhint: 1",
            "unknown key 'hint'; known: title, kind, data",
        ),
        ("kind: top_k", "kind: best", "kind: expected one of top_k, average_precision, got 'best'"),
        ("[c_f1, o_f1]", "[c_f1, f1]", "columns: expected one of c_p, c_r"),
        ("task: null", "task: 7", r"rows\[2\].task: expected a text, got 7"),
        ("id: theirs", "id: first", "rows: two rows have the id 'first'"),
        ("id: theirs", "id: My Row", "expected small letters, digits, _; got 'My Row'"),
        ("60.2~", "60.2!", r"rows\[1\].published.c_f1: expected a percentage"),
        ("{c_f1:", "{c_p:", r"rows\[1\].published: unknown key 'c_p'"),
        ("lr: 0.1,", "lr: 1e-1,", r"rows\[1\].arguments.lr: YAML reads 1e-1 as text"),
        ("lr: 0.1,", "lr: [1],", r"rows\[1\].arguments.lr: expected a plain value"),
        ("[0.1, 0.2]", "0.1", r"rows\[1\].search.lr: expected a list"),
        ("below_line: true", "below_line: 1", "expected true or false, got 1"),
        ("batch_size: 7", "batch: 7", "unknown key 'batch'; known: max_epochs"),
        (
            "batch_size: 7",
            "augment: true",
            "augment needs arguments.fine_tune: true",
        ),
        ("batch_size: 7", "augment: 1", "augment: expected true or false, got 1"),
        ("id: first", "id: first\n    inputs: pixels", "inputs: expected one of image, regions"),
        ("id: first", "id: first\n    decide: none", "expected one of top_k, fitted_threshold"),
        (
            "{lr: 0.1, cell: lstm}",
            "{fine_tune: true}\n    inputs: regions",
            "on regions cannot be fine-tuned",
        ),
        ("data: coco", "data: imagenet", "data: expected one of coco, nuswide81"),
        (
            "reference: first",
            "reference: nobody",
            "reference: expected one of below, first, theirs",
        ),
        ("max_epochs: 2", "held_out: 1.0", r"expected a share in \(0, 1\), got 1.0"),
        ("gradient_clip: null", "gradient_clip: 0", "expected a norm above 0, got 0"),
        ("rows: {first:", "rows: {second:", "settings.mini.rows: unknown key 'second'"),
        ("tuned: by hand, ", "", "settings.mini: 'tuned' is missing"),
        ("map_k: 10", "map_k: 10\nmap_k: 5", "has 'map_k' twice"),
        ("map_k: 10", "map_k: [", "no valid YAML"),
    ],
)
def test_a_mistake_names_its_place_and_what_was_expected(
    tmp_path: Path, old: str, new: str, message: str
) -> None:
    assert old in TABLE
    file = _write(tmp_path, TABLE.replace(old, new, 1))
    with pytest.raises(SpecError, match=message) as caught:
        read_table(file)
    assert caught.value.is_user_error


def test_cells_of_classes_stand_under_their_names(tmp_path: Path) -> None:
    text = TABLE.replace("columns: [c_f1, o_f1]", "columns: [map_11]\nclasses: [dog, cat]")
    text = text.replace('{c_f1: "60.2~"}', '{cat: "60.2~", map_11: 70.0}')
    table = read_table(_write(tmp_path, text))
    assert table.columns == ("ap_11/dog", "ap_11/cat", "map_11")
    cells = {name: str(cell) for name, cell in table.row("first").published.items()}
    assert cells == {"ap_11/dog": "-", "ap_11/cat": "60.2~", "map_11": "70.0"}


def test_an_unknown_table_is_answered_with_those_that_are() -> None:
    with pytest.raises(SpecError, match=r"the packaged ones: .*table3"):
        read_table("table9")
