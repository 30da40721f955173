import json
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from benchmarks import __main__ as command_line
from benchmarks import wandb_content, wandb_dashboard

ROOT = Path(__file__).parents[2]
TWICE = """
import sys
from benchmarks.__main__ import main
sys.exit(max(main(sys.argv[1:]) for _ in range(2)))
"""


def without_ids(part: Any) -> Any:
    """W&B draws ids of panels and sections anew each time."""
    if isinstance(part, dict):
        return {name: without_ids(value) for name, value in part.items() if name != "__id__"}
    return [without_ids(one) for one in part] if isinstance(part, list) else part


def panels(specification: Any) -> Iterator[tuple[str, str]]:
    """The section of each panel, and the panel as text."""
    for section in specification["section"]["panelBankConfig"]["sections"]:
        for panel in section["panels"]:
            yield section["name"], json.dumps(panel)


def test_without_a_server_the_specification_is_a_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(wandb_dashboard, "has_key", lambda folder: False)
    assert command_line.main(["dashboard", "--results", str(tmp_path)]) == 0
    said = capsys.readouterr().out
    file = tmp_path / "dashboard.json"
    assert "No W&B server" in said
    assert str(file) in said
    written = json.loads(file.read_text())
    assert written["saved"] is None
    built = wandb_dashboard.specification(wandb_dashboard.build("cnn-rnn-suite", "me"))
    assert without_ids(written["workspace"]) == without_ids(built)


def test_without_its_library_the_command_says_what_to_install(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setitem(sys.modules, "wandb_workspaces", None)
    monkeypatch.setattr(wandb_dashboard, "has_key", lambda folder: False)
    assert command_line.main(["dashboard", "--results", str(tmp_path)]) == 2
    assert "error: the dashboard needs wandb-workspaces" in capsys.readouterr().err


def test_with_a_server_it_is_saved_there_and_the_second_time_changed(
    wandb_server: Any, tmp_path: Path
) -> None:
    with wandb_server.serving() as server:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("WANDB_")},
            "HOME": str(tmp_path / "user"),
            "WANDB_BASE_URL": server.url,
            "WANDB_API_KEY": wandb_server.API_KEY,
        }
        done = subprocess.run(
            [sys.executable, "-c", TWICE, "dashboard", "--results", tmp_path],
            env=environment,
            cwd=ROOT,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout.count(f"Saved: {server.url}/me/cnn-rnn-suite?nw=") == 2
    assert server.refused == []
    first, second = server.variables("UpsertView2")
    assert (first["entityName"], first["projectName"]) == ("me", "cnn-rnn-suite")
    assert "id" not in first
    assert second["name"] == first["name"]
    written = json.loads((tmp_path / "dashboard.json").read_text())
    assert second["id"] == written["saved"]["id"]
    assert without_ids(json.loads(second["spec"])) == without_ids(written["workspace"])


def test_tables_curves_classes_and_beam_are_on_it_under_their_logged_names() -> None:
    built = wandb_dashboard.specification(wandb_dashboard.build("p", "me"))
    shown = list(panels(built))
    expected = {
        "Tables beside the paper": ["table1_beside_the_paper", "table4_beside_the_paper"],
        "Learning curves by row": ["val/loss", "train/loss", '"lr"'],
        "Classes": ["test/precision_by_class_table", "test/classes"],
        "Beam": ["beam/beam width: c_f1", "study-beam_plot"],
        "Tables, every number": ['"table3"'],
    }
    for section, names in expected.items():
        texts = [text for name, text in shown if name == section]
        for name in names:
            assert any(name in text for text in texts), (section, name)
    bars = [text for _, text in shown if "table/c_f1" in text]
    assert len(bars) == 1
    assert "paper/c_f1" in bars[0]


def test_the_beam_study_is_logged_under_the_names_of_its_panel(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    class Run:
        logged: dict[str, Any] = {}  # noqa: RUF012  # of this test

        def define_metric(self, *names: str, **options: str) -> None:
            """Nothing to keep."""

        def log(self, values: dict[str, Any]) -> None:
            self.logged |= values

    metrics = list(wandb_dashboard.BEAM)
    row = {"at": {"beam width": 1}, "cells": {name: {"mean": 1.0} for name in metrics}}
    report = {"rows": [row], "plotted": metrics}
    run: Any = Run()
    wandb_content.log_study_lines(run, "beam", report)
    axis = wandb_dashboard.AXIS
    assert run.logged.keys() == {axis, *(f"{axis}: {name}" for name in metrics)}
