import contextlib
import csv
import io
import json
import os
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from benchmarks import __main__ as command_line
from benchmarks import data_sets, spec_reading, wandb_suite, workers
from benchmarks.data import DataSource
from benchmarks.published import PublishedCell
from benchmarks.spec import RowSpec, TableSpec, Training

WANDB = Path(sys.executable).with_name("wandb")
VARIABLES = ("WANDB_DATA_DIR", "WANDB_CACHE_DIR", "WANDB_CONFIG_DIR", "WANDB_ARTIFACT_DIR")


@dataclass
class Logged:
    """A results folder after the tiny table was made twice with --wandb offline."""

    results: Path
    first: str
    again: str

    def __post_init__(self) -> None:
        self._read: dict[str, list[dict[str, Any]]] = {}

    def run(self, job_type: str) -> list[dict[str, Any]]:
        """The records of the run of a job type."""
        for folder in (self.results / "wandb").glob("offline-run-*"):
            if folder.name not in self._read:
                text = subprocess.run(
                    [WANDB, "leet", "inspect", "--json", folder],
                    stdin=subprocess.DEVNULL,
                    capture_output=True,
                    text=True,
                    check=True,
                ).stdout
                self._read[folder.name] = [json.loads(line) for line in text.splitlines()]
        (found,) = (
            records
            for records in self._read.values()
            if next(r["run"] for r in records if r["type"] == "run")["job_type"] == job_type
        )
        return found


def of_kind(records: list[dict[str, Any]], kind: str) -> list[dict[str, Any]]:
    return [record[kind] for record in records if record["type"] == kind]


def head(records: list[dict[str, Any]]) -> dict[str, Any]:
    return of_kind(records, "run")[0]


def summary(records: list[dict[str, Any]]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for entry in of_kind(records, "summary"):
        found |= entry["update"]
    return found


def table(records: list[dict[str, Any]], key: str) -> dict[str, Any]:
    name = f"{key}.table.json"
    for artifact in of_kind(records, "artifact"):
        for entry in artifact["manifest"]["contents"]:
            if entry["path"] == name:
                content: dict[str, Any] = json.loads(Path(entry["local_path"]).read_text())
                return content
    raise AssertionError(f"no table {key}")


@pytest.fixture(scope="module")
def made(
    tiny_source: DataSource, module_table: TableSpec, tmp_path_factory: pytest.TempPathFactory
) -> Logged:
    """The command line, twice."""
    results = tmp_path_factory.mktemp("logged")
    said = []
    with pytest.MonkeyPatch.context() as patch:
        for name in VARIABLES:  # set and forgotten again
            patch.setenv(name, "")
            patch.delenv(name)
        patch.setenv("CNN_RNN_HOME", str(results / "home"))
        patch.setattr(spec_reading, "read_table", lambda name: module_table)
        patch.setattr(data_sets, "choose", lambda data_set, options: tiny_source)
        patch.setattr(workers, "local_processes", lambda count: workers.in_this_process)
        words = ["table3", "--seeds", "1", "--results", str(results), "--wandb", "offline"]
        for _ in range(2):
            with contextlib.redirect_stdout(io.StringIO()) as shown:
                assert command_line.main(words) == 0
            said.append(shown.getvalue())
    return Logged(results, *said)


@pytest.fixture(scope="module")
def module_table(tmp_path_factory: pytest.TempPathFactory) -> TableSpec:
    """A table of two rows, as `tiny_table` of the other tests."""
    training = Training(max_epochs=2, patience=2, batch_size=16, held_out=0.25)
    return TableSpec(
        id="tiny",
        title="A tiny table",
        kind="top_k",
        top_k=2,
        map_k=10,
        columns=("c_f1", "o_f1", "map_at_k"),
        rows=(
            RowSpec(
                "bce",
                "Binary cross-entropy",
                "cnn_rnn.tasks.BaselineTask",
                {"loss": "bce", "lr": 0.01},
                training,
                {"c_f1": PublishedCell(58.9), "o_f1": PublishedCell(63.3, "~")},
            ),
            RowSpec(
                "cnn_rnn",
                "CNN-RNN",
                "cnn_rnn.tasks.CNNRNNTask",
                {"cell": "gru", "hidden_dim": 8, "embedding_dim": 4, "beam_width": 2},
                training,
                {"c_f1": PublishedCell(60.4)},
            ),
        ),
        settings={},
        file=tmp_path_factory.mktemp("spec") / "tiny.yaml",
    )


def test_each_run_and_the_table_are_logged_once(made: Logged) -> None:
    assert "W&B: 3 runs in" in made.first
    assert f"wandb sync {made.results / 'wandb'}/offline-run-*" in made.first
    assert "W&B: everything is logged already" in made.again
    assert len(list((made.results / "wandb").glob("offline-run-*"))) == 3


def test_a_run_says_table_row_data_seed_and_where_it_comes_from(made: Logged) -> None:
    run = head(made.run("cnn_rnn"))
    record = json.loads(next(iter((made.results / "runs").glob("*.json"))).read_text())
    assert (run["run_group"], run["display_name"]) == ("tiny", "CNN-RNN, seed 0")
    assert run["tags"] == ["mini_tiny", "MINI"]
    config = run["config"]["update"]
    assert (config["seed"], config["arguments"]["cell"]) == (0, "gru")
    assert config["data"]["fingerprint"] == record["data"]["fingerprint"]
    assert config["commit"] == record["commit"]["id"]


def test_curves_and_numbers_are_those_of_the_result_files(made: Logged) -> None:
    for row in ("bce", "cnn_rnn"):
        records = made.run(row)
        logged = summary(records)
        report = json.loads((made.results / "tiny.json").read_text())
        shown = next(one for one in report["rows"] if one["id"] == row)
        record = json.loads((made.results / "runs" / f"{shown['runs'][0]['key']}.json").read_text())
        losses = [entry["item"].get("val/loss") for entry in of_kind(records, "history")]
        assert [loss for loss in losses if loss is not None] == pytest.approx(
            [epoch["val_loss"] for epoch in record["history"]]
        )
        assert logged["table/c_f1"] == pytest.approx(shown["cells"]["c_f1"]["ours"]["mean"])
        assert logged["paper/c_f1"] == shown["cells"]["c_f1"]["published"]
        classes = table(records, "test/classes")["data"]
        assert [line[0] for line in classes] == ["red", "green", "blue", "rare"]


def test_the_table_on_wandb_equals_the_csv(made: Logged) -> None:
    logged = table(made.run("table"), "tiny")
    head_line, *lines = csv.reader((made.results / "tiny.csv").open(encoding="utf-8"))
    assert logged["columns"] == head_line
    assert len(logged["data"]) == len(lines)
    for ours, theirs in zip(logged["data"], lines, strict=True):
        for name, cell, text in zip(head_line, ours, theirs, strict=True):
            number = name in ("mean", "sd", "seeds", "published", "difference", "low", "high")
            assert cell == ((float(text) if text else None) if number else text), name


def test_the_table_stands_beside_the_published_cells(made: Logged) -> None:
    shown = table(made.run("table"), "tiny_beside_the_paper")
    assert shown["columns"] == ["method", "", "C-F1", "O-F1", "MAP@10"]
    assert ["", "paper", "58.9", "63.3~", "-"] in shown["data"]


def test_lineage_leads_from_the_runs_to_the_table(made: Logged) -> None:
    outputs = {}
    for row in ("bce", "cnn_rnn"):
        (output,) = (
            one
            for one in of_kind(made.run(row), "artifact")
            if one["type"] == "run" and not one.get("use_after_commit")
        )
        outputs[output["name"]] = output["digest"]
        names = {Path(one["path"]).suffix for one in output["manifest"]["contents"]}
        assert names == {".json", ".npz", ".ckpt"}
    artifacts = of_kind(made.run("table"), "artifact")
    inputs = {one["name"]: one["digest"] for one in artifacts if one["type"] == "run"}
    assert inputs == outputs
    assert all(one["use_after_commit"] for one in artifacts if one["type"] == "run")
    (files,) = (one for one in artifacts if one["type"] == "table")
    assert [one["path"] for one in files["manifest"]["contents"]] == [
        *("tiny.csv", "tiny.json", "tiny.md")
    ]


def test_an_interrupted_logging_goes_on(made: Logged, tmp_path: Path) -> None:
    results = shutil.copytree(made.results, tmp_path / "results")
    ledger = results / "wandb" / wandb_suite.LEDGER
    known = json.loads(ledger.read_text())
    (place,) = known
    lost = next(name for name in known[place] if name.startswith("tiny-bce"))
    folder = results / "wandb" / known[place].pop(lost)
    ledger.write_text(json.dumps(known))
    (again,) = wandb_suite.log_table(wandb_suite.Destination(results, "offline"), "tiny")
    assert again.id == lost
    assert again.folder.is_dir()
    assert again.folder == folder or not folder.exists()
    assert len(list((results / "wandb").glob(f"offline-run-*-{lost}"))) == 1


def test_the_suite_arrives_whole_on_a_server(
    made: Logged, wandb_server: Any, tmp_path: Path
) -> None:
    found = sorted((made.results / "wandb").glob("offline-run-*"))
    copies = [shutil.copytree(run, tmp_path / run.name) for run in found]
    with wandb_server.serving() as serving:
        environment = {**os.environ, "WANDB_BASE_URL": serving.url}
        environment["WANDB_API_KEY"] = wandb_server.API_KEY
        environment |= {name: str(tmp_path / "own") for name in VARIABLES}
        subprocess.run(
            [WANDB, "sync", *copies],
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=True,
        )
    assert serving.refused == []
    assert set(serving.uploads) == set(serving.expected)
    heads = [said for said in serving.variables("UpsertBucket") if said["groupName"]]
    groups, kinds = ({said[name] for said in heads} for name in ("groupName", "jobType"))
    assert (groups, kinds) == ({"tiny"}, {"bce", "cnn_rnn", "table"})
    # The two runs are uploaded once, though the table's run has them as well.
    assert sum(name.endswith(".npz") for name in serving.uploads) == 2


def test_online_without_a_key_is_refused_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(wandb_suite, "has_key", lambda folder: False)
    words = ["table3", "--results", str(tmp_path), "--wandb", "online"]
    assert command_line.main(words) == 2
    assert "set WANDB_API_KEY, run `wandb login`, or log with" in capsys.readouterr().err


def test_an_empty_folder_has_nothing_to_log(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert command_line.main(["wandb", "--results", str(tmp_path)]) == 2
    assert "holds no finished table or study: make table3 first" in capsys.readouterr().err
