"""All figures from the runs of a tiny table, and what is written beside them."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import pytest
import torch

from benchmarks import __main__ as command_line
from benchmarks import (
    attention_study,
    data_sets,
    example_choice,
    figure_bars,
    figure_examples,
    figures,
    spec_reading,
    suite,
    workers,
)
from benchmarks.data import DataSource
from benchmarks.spec import TableSpec
from benchmarks.store import ResultError, ResultStore, write_atomically
from benchmarks.trained_models import TrainedModels
from benchmarks.workers import in_this_process
from cnn_rnn.plots import style

NAMES = ["figure6", "figure7", "figure8", "figure9", "figure10"]


@pytest.fixture
def table(tiny_table: TableSpec) -> TableSpec:
    """The three rows that figures need; paths have two labels at least."""
    ranking, path = tiny_table.rows
    softmax = dataclasses.replace(
        ranking, id="softmax", name="Softmax", arguments={"loss": "softmax", "lr": 0.01}
    )
    path = dataclasses.replace(path, arguments={**path.arguments, "min_length": 2})
    linear = dataclasses.replace(
        path, id="no_rnn", name="No RNN", arguments={**path.arguments, "cell": "linear"}
    )
    return dataclasses.replace(tiny_table, rows=(softmax, linear, path))


@pytest.fixture(autouse=True)
def _coarse(monkeypatch: pytest.MonkeyPatch) -> None:
    """Files of few dots, which are written in a tenth of the time."""
    monkeypatch.setattr(style, "DPI", 40)


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the runs are made once for all tests."""
    return tmp_path_factory.mktemp("results")


@pytest.fixture
def models(table: TableSpec, tiny_source: DataSource, results: Path) -> TrainedModels:
    plan = suite.make_plan(table, tiny_source, range(2), results)
    return TrainedModels(suite.run(plan, in_this_process, lambda _: None))


def test_every_figure_is_written_with_caption_and_alternative_text(
    models: TrainedModels, tmp_path: Path
) -> None:
    told: list[str] = []
    attention = attention_study.build(models, "what was read")
    files = figures.make(models, "what was read", attention, tmp_path, told.append)
    assert told == NAMES
    assert all(file.parent == tmp_path / "figures" and file.exists() for file in files)
    report = json.loads((tmp_path / "figures" / "figures.json").read_text())
    assert report["is_mini"]
    assert [figure["id"] for figure in report["figures"]] == NAMES
    for figure in report["figures"]:
        assert figure["files"] == [f"{figure['id']}.png", f"{figure['id']}.svg"]
        assert "Data: MINI (a tiny set), val2014, 16 images. Model: " in figure["caption"]
        assert "seed" in figure["caption"]
        assert len(figure["alt"]) > 40
    assert [entry["id"] for entry in report["tables"]] == ["table5", "attention"]
    assert all(
        len(line) == len(entry["head"]) for entry in report["tables"] for line in entry["lines"]
    )
    assert {len(near) for near in report["tables"][0]["neighbors"].values()} == {3}
    table5 = (tmp_path / "figures" / "table5.md").read_text()
    assert "MINI" in table5
    assert table5.count("\n| ") == 2 + 4  # head, rule, a line a label
    page = (tmp_path / "figures" / "figures.md").read_text()
    assert all(f"]({name}.png)" in page for name in NAMES)


def test_equal_runs_give_equal_files(models: TrainedModels, tmp_path: Path) -> None:
    from cnn_rnn.plots import save

    first, again = (
        [file.read_bytes() for file in save(figure_bars.figure8(models).figure, tmp_path / name)]
        for name in ("first", "again")
    )
    assert first == again


def test_a_trained_model_comes_back_as_it_was(models: TrainedModels) -> None:
    record, arrays = models.records("softmax")[1], models.arrays("softmax")[1]
    with torch.no_grad():
        scores = models.task(record).predict(models.features(range(16))).scores
    torch.testing.assert_close(scores, torch.from_numpy(arrays.scores), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("content", [None, b"half of it"])
def test_weights_that_are_gone_or_torn_are_named_with_the_remedy(
    models: TrainedModels, content: bytes | None, tmp_path: Path
) -> None:
    store = ResultStore(tmp_path)
    elsewhere = TrainedModels(
        dataclasses.replace(
            models.result, plan=dataclasses.replace(models.result.plan, store=store)
        )
    )
    record = models.records("softmax")[0]
    if content is not None:
        write_atomically(store.weights_file(record["key"]), lambda file: file.write(content))
    with pytest.raises(ResultError, match=r"\.ckpt is missing or damaged: delete .*\.json"):
        elsewhere.task(record)


def test_captions_name_only_the_runs_that_were_used(models: TrainedModels) -> None:
    assert "Model: Softmax, seeds 0, 1; CNN-RNN, seeds 0, 1." in figure_bars.figure7(models).caption
    assert figure_examples.figure6(models).caption.endswith("Model: CNN-RNN, seed 0.")


def test_a_model_that_predicts_nothing_has_no_figure_10(
    models: TrainedModels, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(example_choice, "first_two_right", lambda *arguments: ([], ""))
    with pytest.raises(ResultError, match="no path of cnn_rnn seed 0 has two"):
        figure_examples.figure10(models)


def test_a_row_that_was_not_run_is_named(models: TrainedModels) -> None:
    models.result.records = {}
    with pytest.raises(ResultError, match="row softmax of tiny has no finished run"):
        models.records("softmax")


def test_the_bins_of_area_are_named_in_percent() -> None:
    names = figure_bars.area_names((0.0025, 0.01, 0.5))
    assert names == ["< 0.25", "0.25\u20131", "1\u201350", "\u2265 50"]


@pytest.mark.parametrize("command", ["attention", "figures"])
def test_the_commands_run_what_is_missing_and_say_what_they_wrote(
    command: str,
    table: TableSpec,
    tiny_source: DataSource,
    results: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def alone(*arguments: Any) -> workers.Launcher:
        return in_this_process

    monkeypatch.setattr(spec_reading, "read_table", lambda name: table)
    monkeypatch.setattr(data_sets, "choose", lambda data_set, options: tiny_source)
    monkeypatch.setattr(workers, "local_processes", alone)
    # One of them in a folder of its own, where everything is missing.
    folder = tmp_path if command == "attention" else results
    assert command_line.main([command, "--seeds", "1", "--results", str(folder)]) == 0
    shown = capsys.readouterr().out
    assert f"Written: {folder / 'attention.md'}, {folder / 'attention.json'}" in shown
    assert (folder / "figures" / "figure10.svg").exists() == (command == "figures")
