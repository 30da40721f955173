import csv
import dataclasses
import io
from pathlib import Path
from typing import Any

import pytest

from benchmarks import ablation, render_ablation, suite
from benchmarks.ablation import AblationSpec
from benchmarks.data import DataSource
from benchmarks.spec import SpecError, TableSpec
from benchmarks.workers import in_this_process

SPEC = AblationSpec("An ablation", "tiny", "no_rnn", "cnn_rnn", (0.04, 0.1), 200)


@pytest.fixture
def table(tiny_table: TableSpec) -> TableSpec:
    """The path model with and without recurrence, trained for long enough to give labels."""
    training = dataclasses.replace(tiny_table.rows[0].training, max_epochs=8, patience=8)
    recurrent = dataclasses.replace(tiny_table.row("cnn_rnn"), training=training)
    linear = dataclasses.replace(
        recurrent, id="no_rnn", name="No RNN", arguments={**recurrent.arguments, "cell": "linear"}
    )
    return dataclasses.replace(tiny_table, rows=(linear, recurrent))


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder in which the runs are made once for all tests."""
    return tmp_path_factory.mktemp("results")


@pytest.fixture
def built(table: TableSpec, tiny_source: DataSource, results: Path) -> dict[str, Any]:
    """The report of two seeds."""
    plan = suite.make_plan(table, tiny_source, range(2), results)
    return ablation.build(SPEC, suite.run(plan, in_this_process, lambda _: None), "what was read")


def test_the_packaged_ablation_compares_two_rows_of_table_3() -> None:
    spec = ablation.read_ablation()
    assert (spec.table, spec.baseline, spec.row) == ("table3", "no_rnn", "cnn_rnn")
    assert spec.resamples == 2000


@pytest.mark.parametrize("edges", ["[0.1, 0.01]", "[0.1, 0.1]", "[0.0, 0.1]", "[0.5, 1]", "[]"])
def test_edges_that_are_no_ascending_shares_are_refused(tmp_path: Path, edges: str) -> None:
    text = (Path(str(ablation.__file__)).parent / "tables" / "ablation.yaml").read_text()
    file = tmp_path / "ablation.yaml"
    file.write_text(text.replace("[0.01, 0.04, 0.16]", edges))
    with pytest.raises(SpecError, match=r"ablation\.yaml: size_edges: expected"):
        ablation.read_ablation(file)


def test_both_rows_are_measured_as_in_the_table(
    built: dict[str, Any], table: TableSpec, tiny_source: DataSource, results: Path
) -> None:
    plan = suite.make_plan(table, tiny_source, range(2), results)
    assert plan.missing == []
    for role, row in (("baseline", "no_rnn"), ("row", "cnn_rnn")):
        runs = [plan.store.read(request.key) for request in plan.requests[row]]
        assert built["compared"][role]["runs"] == [run["key"] for run in runs]
        for name in ("first_k/o_f1", "as_decoded/c_r"):
            protocol, metric = name.split("/")
            values = [100 * r["measured"]["test"]["decided"][protocol][metric] for r in runs]
            assert built["metrics"][name][role]["mean"] == pytest.approx(sum(values) / 2, abs=1e-4)
        values = [100 * r["measured"]["test"]["ranked"]["map_at_k"] for r in runs]
        found = built["metrics"]["map_at_k"][role]["mean"]
        assert found == pytest.approx(sum(values) / 2, abs=1e-4)


def test_recall_by_size_adds_up_to_the_recall_of_all(built: dict[str, Any]) -> None:
    sizes = built["sizes"]
    assert list(sizes) == ["< 4%", "4% to 10%", ">= 10%"]
    for role in ("baseline", "row"):
        found = sum(
            count * built["metrics"][f"recall/{name}"][role]["mean"]
            for name, count in sizes.items()
            if count
        )
        whole = built["metrics"]["first_k/o_r"][role]["mean"]
        assert found / sum(sizes.values()) == pytest.approx(whole, abs=1e-4)


def test_a_difference_lies_within_its_interval(built: dict[str, Any]) -> None:
    for found in built["metrics"].values():
        difference = found["difference"]
        assert difference["mean"] == pytest.approx(
            found["row"]["mean"] - found["baseline"]["mean"], abs=1e-6
        )
        assert difference["low"] - 1e-9 <= difference["mean"] <= difference["high"] + 1e-9
        assert difference["shown"] == (difference["low"] > 0 or difference["high"] < 0)


def test_all_forms_are_written_and_say_mini_and_what_is_shown(
    built: dict[str, Any], tmp_path: Path
) -> None:
    files = render_ablation.write(built, tmp_path)
    assert [file.name for file in files] == ["ablation.md", "ablation.csv", "ablation.json"]
    markdown, text = files[0].read_text(), render_ablation.to_text(built)
    for written in (markdown, text):
        assert "MINI" in written
        assert "200 resamples" in written
        assert f"recall, < 4% of the image ({built['sizes']['< 4%']} labels)" in written
    verdicts = sum(text.count(word) for word in ("no difference shown", "higher", "lower"))
    assert verdicts == len(built["metrics"])
    lines = list(csv.DictReader(io.StringIO(files[1].read_text())))
    assert [line["metric"] for line in lines] == list(built["metrics"])
    assert {line["data"] for line in lines} == {"MINI"}
