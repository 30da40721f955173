"""Studies from their rows to the report and its files, on a tiny table."""

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from benchmarks import __main__ as command_line
from benchmarks import data_sets, study, study_render, suite, workers
from benchmarks.data import DataSource
from benchmarks.spec_reading import read_table
from benchmarks.study_spec import read_study
from benchmarks.workers import in_this_process

TABLE = """
title: A tiny table
kind: top_k
data: coco
reference: cnn_rnn
top_k: 2
map_k: 10
columns: [c_f1, o_f1]
training: {max_epochs: 6, patience: 6, batch_size: 16, held_out: 0.25, gradient_clip: 1.0}
rows:
  - id: cnn_rnn
    name: CNN-RNN
    task: cnn_rnn.tasks.CNNRNNTask
    arguments: {cell: gru, hidden_dim: 8, embedding_dim: 4, beam_width: 2, lr: 0.01}
settings: {}
"""
DOTS = """
title: "Study: tiny"
table: TABLE
row: cnn_rnn
reference: base
kind: dots
curves: [base, shuffled]
caption: What it says.
rows:
  - {id: base, name: the reference}
  - {id: shuffled, name: random per batch, arguments: {order: random_per_batch}, note: A note.}
  - {id: greedy, name: greedy, decode: {beam_width: 1}}
  - {id: both, name: both, ensemble: [base, shuffled]}
  - {id: seeds, name: two seeds, ensemble: [base], networks: 2}
"""
LINES = """
title: "Study: tiny lines"
table: TABLE
row: cnn_rnn
reference: two
kind: lines
plotted: [c_f1, map_at_k]
caption: What it says.
rows:
  - {id: one, name: "1", decode: {beam_width: 1}, at: {beam width: 1}}
  - {id: two, name: "2", at: {beam width: 2}}
  - {id: four, name: "4", decode: {beam_width: 4}, at: {beam width: 4}}
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The table, the studies, and the results of all tests."""
    made = tmp_path_factory.mktemp("studies")
    (made / "tiny_table.yaml").write_text(TABLE)
    for name, text in (("dots", DOTS), ("lines", LINES)):
        (made / f"{name}.yaml").write_text(text.replace("TABLE", str(made / "tiny_table.yaml")))
    return made


def planned(folder: Path, name: str, source: DataSource) -> study.StudyPlan:
    return study.plan_study(read_study(folder / f"{name}.yaml"), source, range(2), folder / "out")


def report(folder: Path, name: str, source: DataSource) -> dict[str, Any]:
    plan = planned(folder, name, source)
    result = suite.run(plan.runs, in_this_process, lambda _: None)
    records = study.finish(plan, result, lambda _: None)
    return study.build(plan, result, records, "what was read")


def test_a_row_that_equals_the_tables_row_is_its_run(folder: Path, tiny_source: DataSource) -> None:
    table = suite.make_plan(
        read_table(folder / "tiny_table.yaml"), tiny_source, range(2), folder / "out"
    )
    plan = planned(folder, "dots", tiny_source)
    assert [r.key for r in plan.runs.requests["base"]] == [r.key for r in table.requests["cnn_rnn"]]


def test_an_ensemble_of_one_row_has_networks_of_other_seeds(
    folder: Path, tiny_source: DataSource
) -> None:
    plan = planned(folder, "dots", tiny_source)
    base = plan.runs.requests["base"]
    again = plan.runs.requests["base+1"]
    assert [request.seed for request in again] == [1000, 1001]
    assert [[p.key for p in d.parents] for d in plan.derived["seeds"]] == [
        [first.key, second.key] for first, second in zip(base, again, strict=True)
    ]
    assert len(plan.runs.all_requests) == 6  # three rows that are trained, two seeds


def test_the_report_has_every_row_with_its_difference_from_the_reference(
    folder: Path, tiny_source: DataSource
) -> None:
    built = report(folder, "dots", tiny_source)
    assert built["study"] == "dots"
    assert built["is_mini"]
    assert [row["id"] for row in built["rows"]] == ["base", "shuffled", "greedy", "both", "seeds"]
    reference = built["rows"][0]
    assert reference["against_reference"] is None
    for row in built["rows"][1:]:
        for metric in built["metrics"]:
            found = row["against_reference"][metric]
            difference = row["cells"][metric]["mean"] - reference["cells"][metric]["mean"]
            assert found["difference"] == pytest.approx(difference, abs=1e-3)
            assert found["low"] <= found["high"]
    assert json.loads(json.dumps(built, allow_nan=False)) == built


def test_losses_epochs_and_empty_paths_are_in_the_report(
    folder: Path, tiny_source: DataSource
) -> None:
    built = report(folder, "dots", tiny_source)
    shuffled = built["rows"][1]
    assert [len(epochs) for epochs in shuffled["history"]] == [6, 6]
    assert shuffled["empty_paths"]["seeds"] == 2
    text = study_render.to_markdown(built)
    for words in ("empty paths", "held-out loss", "A note.", "decoded with beam_width 1", "MINI"):
        assert words in text
    assert "ensemble of 'the reference', 2 networks of different seeds" in text


def test_a_study_that_is_made_is_only_reported(folder: Path, tiny_source: DataSource) -> None:
    first = report(folder, "dots", tiny_source)
    assert planned(folder, "dots", tiny_source).runs.missing == []
    assert report(folder, "dots", tiny_source)["rows"] == first["rows"]


def test_the_csv_has_a_line_a_row_and_metric(folder: Path, tiny_source: DataSource) -> None:
    built = report(folder, "lines", tiny_source)
    lines = list(csv.DictReader(io.StringIO(study_render.to_csv(built))))
    assert len(lines) == 3 * (len(built["metrics"]) + 1)
    assert {line["verdict"] for line in lines if line["row"] == "two"} == {""}
    verdicts = {"higher", "lower", "no difference shown"}
    assert {line["verdict"] for line in lines if line["row"] == "one"} <= {*verdicts, ""}


def test_the_command_writes_five_files(
    folder: Path,
    tiny_source: DataSource,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(data_sets, "choose", lambda data_set, options: tiny_source)
    monkeypatch.setattr(workers, "local_processes", lambda count: workers.in_this_process)
    words = ["study", str(folder / "lines.yaml"), "--seeds", "2", "--results", str(folder / "out")]
    assert command_line.main(words) == 0
    shown = capsys.readouterr().out
    assert "Study: tiny lines — on MINI" in shown
    for suffix in ("md", "csv", "json", "png", "svg"):
        assert (folder / "out" / f"study-lines.{suffix}").stat().st_size > 0
        assert f"study-lines.{suffix}" in shown
    assert command_line.main(["study", "nothing"]) == 2
    assert "the packaged ones: beam, cells" in capsys.readouterr().err
