import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import tune
from benchmarks.data import DataSource
from benchmarks.spec import RowSpec, Settings, SpecError, TableSpec
from benchmarks.spec_reading import read_table
from benchmarks.suite import Progress
from benchmarks.workers import in_this_process

FILE = """# A table, with a comment that stays.
title: "A tiny table"   # so does this
kind: top_k
data: coco
top_k: 2
map_k: 10
columns: [c_f1, o_f1]
training: {max_epochs: 1, batch_size: 16, held_out: 0.25}
rows:
  - id: bce
    name: Binary cross-entropy
    task: cnn_rnn.tasks.BaselineTask
    search: {lr: [0.000001, 0.03], dropout: [0.0]}
  - id: no_search
    name: Not searched
    task: cnn_rnn.tasks.BaselineTask
reference: bce
# >>> Settings. `python -m benchmarks tune` rewrites everything from here to the end of the file.
settings:
  coco: {tuned: null, rows: {bce: {lr: 0.5}}}
  mini_tiny: {tuned: null, rows: {no_search: {lr: 0.2}, bce: {lr: 0.1}}}
"""


@pytest.fixture
def table(tmp_path: Path) -> TableSpec:
    """One row to search, of two trials, in a file that may be written."""
    file = tmp_path / "tables" / "tiny.yaml"
    file.parent.mkdir()
    file.write_text(FILE)
    return read_table(file)


def _tuned(
    table: TableSpec, source: DataSource, results: Path
) -> tuple[list[tune.Trial], dict[str, str]]:
    trials = tune.make_trials(table, source, range(2), results)
    said: list[Progress] = []
    failures = tune.run(trials, in_this_process, said.append)
    return trials, failures


def test_combinations_vary_the_last_name_fastest() -> None:
    found = tune.combinations({"lr": [1, 2], "dropout": [0, 5]})
    assert found == [
        {"lr": 1, "dropout": 0},
        {"lr": 1, "dropout": 5},
        {"lr": 2, "dropout": 0},
        {"lr": 2, "dropout": 5},
    ]


def test_the_best_trial_is_written_into_the_file_and_the_rest_of_it_stays(
    table: TableSpec, tiny_source: DataSource, tmp_path: Path
) -> None:
    trials, failures = _tuned(table, tiny_source, tmp_path)
    assert not failures
    assert tune.missing(trials) == []
    found = tune.summarise(table, trials)
    result = found["rows"]["bce"]
    means = [trial["mean"] for trial in result["trials"]]
    assert result["best"] == max(means)
    assert result["chosen"] == result["trials"][means.index(max(means))]["values"]
    files = tune.save(table, found)
    text = table.file.read_text()
    assert text.startswith(FILE.partition("settings:")[0])
    again = read_table(table.file)
    settings = again.settings[tiny_source.name]
    assert settings.rows == {"no_search": {"lr": 0.2}, "bce": result["chosen"]}
    assert "2 trials a row" in str(settings.tuned)
    assert "20% of the training images" in str(settings.tuned)
    assert again.settings["coco"] == Settings(None, {"bce": {"lr": 0.5}})
    assert json.loads(files[1].read_text())["rows"]["bce"] == result
    assert files[1] == table.file.parent / "tuned" / f"tiny.{tiny_source.name}.json"


def test_the_score_of_a_trial_is_that_of_images_held_out(
    table: TableSpec, tiny_source: DataSource, tmp_path: Path
) -> None:
    trials, _ = _tuned(table, tiny_source, tmp_path)
    file = tmp_path / "runs" / f"{trials[0].requests[0].key}.json"
    record = json.loads(file.read_text())
    decided = record["measured"]["held_out"]["decided"]["exactly_k"]
    score = 50 * (decided["c_f1"] + decided["o_f1"])
    found = tune.summarise(table, trials)["rows"]["bce"]["trials"][0]
    assert found["scores"][0] == pytest.approx(score)
    assert tune.score(record, "average_precision") == pytest.approx(
        record["measured"]["held_out"]["ranked"]["map"]
    )


def test_nothing_of_the_test_split_is_read(
    table: TableSpec, tiny_source: DataSource, tmp_path: Path
) -> None:
    root = tmp_path / "without"
    original = Path(str(tiny_source.arguments["root"]))
    (root / "annotations").mkdir(parents=True)
    (root / "train2014").symlink_to(original / "train2014")
    name = "instances_train2014.json"
    (root / "annotations" / name).symlink_to(original / "annotations" / name)
    source = dataclasses.replace(
        tiny_source, arguments={**tiny_source.arguments, "root": str(root)}
    )
    trials, failures = _tuned(table, source, tmp_path)
    assert not failures
    assert tune.summarise(table, trials)["rows"]["bce"]["chosen"]


def test_a_trial_that_fails_is_not_chosen(
    table: TableSpec, tiny_source: DataSource, tmp_path: Path
) -> None:
    row = dataclasses.replace(table.row("bce"), search={"dropout": [2.0, 0.5]})
    table = dataclasses.replace(table, rows=(row,))
    trials, failures = _tuned(table, tiny_source, tmp_path)
    assert len(failures) == 2
    assert tune.summarise(table, trials)["rows"]["bce"]["chosen"] == {"dropout": 0.5}
    with pytest.raises(ValueError, match="all trials of bce failed"):
        tune.summarise(table, trials[:1])


def test_rows_with_different_numbers_of_trials_are_refused(
    table: TableSpec, tiny_source: DataSource, tmp_path: Path
) -> None:
    favoured = RowSpec("cnn_rnn", "CNN-RNN", "cnn_rnn.tasks.CNNRNNTask", search={"lr": [1, 2, 3]})
    unfair = dataclasses.replace(table, rows=(*table.rows, favoured))
    with pytest.raises(SpecError, match=r"same number of trials, .*'bce': 2, 'cnn_rnn': 3"):
        tune.make_trials(unfair, tiny_source, range(2), tmp_path)


def test_a_file_without_the_line_that_marks_the_settings_is_left_alone(tmp_path: Path) -> None:
    file = tmp_path / "table.yaml"
    file.write_text("settings: {}\n")
    with pytest.raises(SpecError, match="is missing: add it before"):
        tune.write_settings(file, {})
    assert file.read_text() == "settings: {}\n"


def test_settings_chosen_before_have_no_influence_on_a_search(
    table: TableSpec, tiny_source: DataSource, tmp_path: Path
) -> None:
    before: dict[str, Any] = {tiny_source.name: Settings("before", {"bce": {"momentum": 0.1}})}
    trials = tune.make_trials(
        dataclasses.replace(table, settings=before), tiny_source, range(1), tmp_path
    )
    assert all("momentum" not in trial.requests[0].row.arguments for trial in trials)
