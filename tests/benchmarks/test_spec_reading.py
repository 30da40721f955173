import json
from pathlib import Path

import pytest

from benchmarks.spec import SpecError
from benchmarks.spec_reading import TABLES, read_table
from benchmarks.tune import combinations
from data_modules.voc2007 import VOC_CLASSES

# The tables of the paper, with the evidence of each cell, written down a second time.
PUBLISHED = {
    "table1": """
Metric learning      | -     | -     | -     | -     | -     | 21.3? | -
Multi-edge graph     | -     | -     | -     | 35.0~ | 37.0~ | 36.0~ | -
KNN                  | 32.6  | 19.3  | 24.3  | 42.9~ | 53.4~ | 47.6~ | -
Softmax              | 31.7  | 31.2  | 31.4  | 47.8~ | 59.5~ | 53.0~ | -
WARP                 | 31.7  | 35.6  | 33.5  | 48.6~ | 60.5~ | 53.9~ | -
Joint embedding      | -     | -     | -     | -     | -     | -     | 40.3?
CNN-RNN              | 40.5  | 30.4  | 34.7  | 49.9~ | 61.7~ | 55.2  | 56.1~
""",
    "table2": """
Softmax              | 14.2  | 18.6  | 16.1  | 17.1~ | 28.8~ | 21.5~ | 24.3?
DLSR                 | -     | -     | -     | 20.0~ | 25.0~ | 22.2~ | -
WARP                 | 14.5  | 15.9  | 15.2  | 18.3  | 30.8  | 22.9~ | 24.8?
CNN-RNN              | 19.2  | 15.3  | 17.1  | 18.5  | 31.2  | 23.3~ | 26.6?
""",
    "table3": """
Softmax              | 59.0  | 57.0  | 58.0  | 60.2~ | 62.1~ | 61.1~ | 47.4?
WARP                 | 59.3  | 52.5  | 55.7  | 59.8  | 61.4  | 60.7  | 49.2?
Binary cross-entropy | 59.3  | 58.6  | 58.9  | 61.7~ | 65.0~ | 63.3~ | -
No RNN               | 65.3  | 54.5  | 59.3  | 68.5? | 61.3? | 65.7? | 57.0?
CNN-RNN              | 66.0  | 55.6  | 60.4  | 69.2  | 66.4  | 67.8  | 61.2~
""",
}
# Each row in three lines: its name, eleven classes, nine more and the mean.
PUBLISHED_TABLE_4 = """
INRIA
77.2~ 69.3 56.2 66.6 45.5~ 68.1 83.4 53.6 58.3 51.1 62.2
45.2 78.4~ 69.7~ 86.1~ 52.4~ 54.4~ 54.3 75.8 62.1 63.5~
CNN-SVM
88.5 81.0 83.5 82.0 42.0 72.5 85.3 81.6 59.9 58.5 66.5
77.8 81.8 78.8 90.2 54.8 71.1 62.6 87.4 71.8 73.9
I-FT
91.4~ 84.7 87.5 81.8 40.2~ 73.0 86.4 84.8 51.8 63.9 67.9
82.7 84.0~ 76.9~ 90.4~ 51.5~ 79.9~ 54.1 89.5 65.8 74.4~
HCP-1000C
95.1~ 90.1 92.8 89.9 51.5~ 80.0 91.7 91.6 57.7 77.8 70.9
89.3 89.3~ 85.2~ 93.0~ 64.0~ 85.7~ 62.7 94.4 78.3 81.5~
CNN-RNN
96.7 83.1 94.2 92.8 61.2 82.1 89.1 94.2 64.2 83.6 70.0
92.4 91.7 84.2 93.7 59.8 93.2 75.3 99.7 78.6 84.0
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


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_table_prints_every_row_of_the_paper_with_the_documented_cells(name: str) -> None:
    table = read_table(name)
    text = PUBLISHED[name].strip()
    lines = [[cell.strip() for cell in line.split("|")] for line in text.splitlines()]
    rows = [row for row in table.rows if not row.below_line]
    assert [row.name for row in rows] == [line[0] for line in lines]
    for row, line in zip(rows, lines, strict=True):
        assert [str(row.published[column]) for column in table.columns] == line[1:]


def test_table_4_prints_every_class_of_every_row() -> None:
    table = read_table("table4")
    rows = [row for row in table.rows if not row.below_line]
    lines = PUBLISHED_TABLE_4.strip().splitlines()
    assert [row.name for row in rows] == lines[::3]
    assert table.columns[:20] == tuple(f"ap_11/{name}" for name in VOC_CLASSES)
    for row, *halves in zip(rows, lines[1::3], lines[2::3], strict=True):
        cells = [str(row.published[column]) for column in table.columns]
        assert cells == [*" ".join(halves).split(), "-"]  # the paper has no all-point mean


def test_rows_that_are_whole_systems_of_others_are_not_trained_and_say_why() -> None:
    rows = [row for name in (*PUBLISHED, "table4") for row in read_table(name).rows]
    untrained = {row.id: row.note for row in rows if row.task is None}
    assert untrained.keys() == {"multi_edge_graph", "inria"}
    assert all("only its published cells" in str(note) for note in untrained.values())


@pytest.mark.parametrize("name", ["table1", "table2"])
def test_on_nus_wide_a_path_has_at_least_k_labels(name: str) -> None:
    table = read_table(name)
    assert table.row("cnn_rnn").arguments["min_length"] == table.top_k


def test_the_rows_below_the_line_of_table_3_are_what_the_comparison_leaves_out() -> None:
    table = read_table("table3")
    below = {row.id: row for row in table.rows if row.below_line}
    assert {"asl", "bce_fitted", "aligned", "pla", "ft_bce", "ft_cnn_rnn"} < below.keys()
    fitted = {row.id for row in below.values() if row.decide == "fitted_threshold"}
    assert fitted == {"asl", "bce_fitted"}
    tuned = {row.id for row in below.values() if row.arguments.get("fine_tune")}
    assert tuned == {"ft_bce", "ft_cnn_rnn"}


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


@pytest.mark.parametrize("name", [*PUBLISHED, "table4"])
def test_every_row_that_is_searched_gets_the_same_number_of_trials(name: str) -> None:
    rows = [row for row in read_table(name).rows if row.search]
    counts = {row.id: len(combinations(row.search)) for row in rows}
    assert set(counts.values()) == {8}


@pytest.mark.parametrize("file", sorted((TABLES / "tuned").glob("*.json")), ids=lambda f: f.stem)
def test_the_settings_are_those_that_the_committed_search_chose(file: Path) -> None:
    name, data = file.stem.split(".")
    table, found = read_table(name), json.loads(file.read_text())
    settings = table.settings[data]
    assert settings.tuned
    for row_id, result in found["rows"].items():
        best = max(result["trials"], key=lambda trial: trial["mean"] or 0.0)
        assert dict(settings.rows[row_id]) == best["values"] == result["chosen"]
        tried = [trial["values"] for trial in result["trials"]]
        assert tried == combinations(table.row(row_id).search)


@pytest.mark.parametrize("name", [*PUBLISHED, "table4"])
def test_settings_without_a_search_do_not_claim_one(name: str) -> None:
    for data, settings in read_table(name).settings.items():
        searched = (TABLES / "tuned" / f"{name}.{data}.json").exists()
        assert (settings.tuned is not None) == searched


def test_rows_that_are_not_searched_take_the_settings_of_their_kin() -> None:
    table = read_table("table3")
    for row_id, kin in (("bce_fitted", "bce"), ("asl", "bce"), ("pla", "cnn_rnn")):
        of_row, of_kin = (table.resolve(table.row(one), "mini") for one in (row_id, kin))
        assert {name: of_row.arguments[name] for name in ("lr", "dropout")} == {
            name: of_kin.arguments[name] for name in ("lr", "dropout")
        }


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
        ("id: first", "id: first\n    settings_of: below", "the row is to have no search"),
        ("id: theirs", "id: theirs\n    settings_of: nobody", "is to name another row"),
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
