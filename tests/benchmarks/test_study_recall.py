"""Recall by object size as a study: the ablation's numbers in a study's form."""

import dataclasses
from pathlib import Path
from typing import Any

import pytest

from benchmarks import ablation, study_recall, study_render, suite
from benchmarks.ablation import AblationSpec
from benchmarks.data import DataSource
from benchmarks.spec import TableSpec
from benchmarks.study_spec import read_study
from benchmarks.workers import in_this_process

SPEC = AblationSpec("An ablation", "tiny", "no_rnn", "cnn_rnn", (0.04, 0.1), 200)


@pytest.fixture
def told(
    tiny_table: TableSpec, tiny_source: DataSource, tmp_path: Path
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The ablation's report, and the study's."""
    recurrent = tiny_table.row("cnn_rnn")
    linear = dataclasses.replace(
        recurrent, id="no_rnn", name="No RNN", arguments={**recurrent.arguments, "cell": "linear"}
    )
    table = dataclasses.replace(tiny_table, rows=(linear, recurrent))
    plan = suite.make_plan(table, tiny_source, range(2), tmp_path)
    result = suite.run(plan, in_this_process, lambda _: None)
    study = study_recall.build_recall(read_study("recall"), SPEC, result, "what was read")
    return ablation.build(SPEC, result, "what was read"), study


def test_the_numbers_are_the_ablations(told: tuple[dict[str, Any], dict[str, Any]]) -> None:
    original, study = told
    without, with_it = study["rows"]
    assert (without["id"], with_it["id"]) == ("no_rnn", "cnn_rnn")
    assert "recall/< 4%" in study["metrics"]
    for name in study["metrics"]:
        found = original["metrics"][name]
        assert without["cells"][name] == found["baseline"]
        assert with_it["cells"][name] == found["row"]
        assert with_it["against_reference"][name]["difference"] == found["difference"]["mean"]


def test_all_forms_are_written(told: tuple[dict[str, Any], dict[str, Any]], tmp_path: Path) -> None:
    files = study_render.write(told[1], tmp_path)
    assert [file.suffix for file in files] == [".md", ".csv", ".json", ".png", ".svg"]
    assert "recall, < 4%" in files[0].read_text()
