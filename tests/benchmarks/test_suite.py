import dataclasses
import json
import os
import pickle
import shutil
import subprocess
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from benchmarks import suite
from benchmarks.data import DataSource
from benchmarks.spec import RowSpec, SpecError, TableSpec
from benchmarks.suite import Progress
from benchmarks.workers import JobEvent, JobFunction, in_this_process


def _run(
    table: TableSpec, source: DataSource, results: Path, seeds: int = 2
) -> tuple[suite.SuiteResult, list[str]]:
    """The result, and the names of the runs that were made."""
    plan = suite.make_plan(table, source, range(seeds), results)
    said: list[Progress] = []
    result = suite.run(plan, in_this_process, said.append)
    return result, [progress.request.name for progress in said]


def test_finished_runs_are_not_made_again_and_missing_ones_are(
    tiny_table: TableSpec, tiny_source: DataSource, tmp_path: Path
) -> None:
    result, made = _run(tiny_table, tiny_source, tmp_path, seeds=1)
    assert made == ["bce seed 0", "cnn_rnn seed 0"]
    again, made = _run(tiny_table, tiny_source, tmp_path, seeds=1)
    assert made == []
    assert again.records == result.records
    lost = again.plan.requests["cnn_rnn"][0].key
    again.plan.store.run_file(lost).unlink()  # as after an interruption between the two files
    _, made = _run(tiny_table, tiny_source, tmp_path, seeds=2)
    assert made == ["cnn_rnn seed 0", "bce seed 1", "cnn_rnn seed 1"]


def test_several_tables_share_one_queue_and_each_ends_with_its_last_run(
    tiny_table: TableSpec, tiny_source: DataSource, tmp_path: Path
) -> None:
    ranking = dataclasses.replace(tiny_table, id="ranking", rows=(tiny_table.row("bce"),))
    path = dataclasses.replace(tiny_table, id="path", rows=(tiny_table.row("cnn_rnn"),))
    plans = [
        suite.make_plan(table, tiny_source, range(seeds), tmp_path)
        for table, seeds in ((tiny_table, 1), (path, 2), (ranking, 1))
    ]
    names = [f"{request.name}" for request in suite.missing_of(plans)]
    assert names == ["bce seed 0", "cnn_rnn seed 0", "cnn_rnn seed 1"]  # shared runs once
    said: list[str] = []

    def report(progress: Progress) -> None:
        said.append(progress.request.name)

    def finished(result: suite.SuiteResult) -> None:
        said.append(result.plan.table.id)
        assert len(result.records) == len(result.plan.all_requests)

    suite.run_all(plans, in_this_process, report, finished)
    assert said == ["bce seed 0", "ranking", "cnn_rnn seed 0", "tiny", "cnn_rnn seed 1", "path"]
    said.clear()
    suite.run_all(plans, in_this_process, report, finished)
    assert said == ["tiny", "path", "ranking"]


def test_features_are_computed_of_what_runs_need_only(
    tiny_table: TableSpec, tiny_source: DataSource, tmp_path: Path
) -> None:
    plan = suite.make_plan(tiny_table, tiny_source, range(1), tmp_path)
    (request, _) = plan.all_requests
    regions = dataclasses.replace(request, row=dataclasses.replace(request.row, inputs="regions"))
    tuned = dataclasses.replace(request, row=request.row.with_arguments({"fine_tune": True}))
    assert suite.inputs_of([request, regions, regions]) == ("image", "regions")
    assert suite.inputs_of([tuned]) == ()


def test_a_row_that_is_not_there_is_refused(
    tiny_table: TableSpec, tiny_source: DataSource, tmp_path: Path
) -> None:
    with pytest.raises(SpecError, match="tiny trains no row 'svm'; known: bce, cnn_rnn"):
        suite.make_plan(tiny_table, tiny_source, range(1), tmp_path, ["svm"])


def test_an_interrupted_suite_keeps_what_was_finished(
    tiny_table: TableSpec, tiny_source: DataSource, tmp_path: Path
) -> None:
    plan = suite.make_plan(tiny_table, tiny_source, range(1), tmp_path)

    def interrupt(progress: Progress) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        suite.run(plan, in_this_process, interrupt)
    assert [request.name for request in plan.missing] == ["cnn_rnn seed 0"]


KILLED = """
import pickle
import sys
from pathlib import Path

from benchmarks import suite, workers

if __name__ == "__main__":
    plan = pickle.loads(Path(sys.argv[1]).read_bytes())

    def report(progress):
        if progress.outcome is not None:
            print(progress.request.name, flush=True)

    suite.run(plan, workers.local_processes(1), report)
"""


def test_a_suite_that_is_killed_keeps_every_finished_run(
    tiny_table: TableSpec, tiny_source: DataSource, tmp_path: Path
) -> None:
    plan = suite.make_plan(tiny_table, tiny_source, range(2), tmp_path / "results")
    (tmp_path / "plan").write_bytes(pickle.dumps(plan))
    (tmp_path / "killed.py").write_text(KILLED)
    command = [sys.executable, str(tmp_path / "killed.py"), str(tmp_path / "plan")]
    path = os.pathsep.join(sys.path)
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, text=True, env={**os.environ, "PYTHONPATH": path}
    ) as child:
        assert child.stdout is not None
        assert child.stdout.readline() == "bce seed 0\n"
        child.kill()
    finished = plan.requests["bce"][0]
    before = plan.store.run_file(finished.key).read_bytes()
    made = [request.name for request in plan.missing]
    assert "bce seed 0" not in made
    assert "cnn_rnn seed 1" in made
    said: list[Progress] = []
    result = suite.run(plan, in_this_process, said.append)
    assert [progress.request.name for progress in said] == made
    assert plan.store.run_file(finished.key).read_bytes() == before
    assert len(result.records) == 4


def _with_dropout(table: TableSpec, dropout: float) -> TableSpec:
    path_model = table.row("cnn_rnn")
    changed = dataclasses.replace(
        path_model, arguments={**path_model.arguments, "dropout": dropout}
    )
    return dataclasses.replace(table, rows=(table.row("bce"), changed))


def test_a_failed_run_leaves_the_others_and_is_tried_again(
    tiny_table: TableSpec, tiny_source: DataSource, tmp_path: Path
) -> None:
    table = _with_dropout(tiny_table, 2.0)
    for _ in range(2):  # it is not cached
        result, made = _run(table, tiny_source, tmp_path, seeds=1)
        assert "cnn_rnn seed 0" in made
        assert len(result.runs(table.row("bce"))) == 1
        assert result.runs(table.row("cnn_rnn")) == []
        assert "dropout must lie in [0, 1)" in result.failed(table.row("cnn_rnn"))[0]


def test_a_run_whose_process_dies_is_a_failed_run(
    tiny_table: TableSpec, tiny_source: DataSource, tmp_path: Path
) -> None:
    def dying(function: JobFunction, jobs: Sequence[Any]) -> Iterator[JobEvent]:
        yield JobEvent(0, progress="epoch 1")
        for index in range(len(jobs)):
            yield JobEvent(index, error="its process died with exit code -9")

    plan = suite.make_plan(tiny_table, tiny_source, range(1), tmp_path)
    result = suite.run(plan, dying, lambda _: None)
    assert set(result.failures.values()) == {"its process died with exit code -9"}
    failure = json.loads(plan.store.failure_file(plan.missing[0].key).read_text())
    assert failure["error"] == "its process died with exit code -9"


def test_a_failure_is_forgotten_once_the_run_is_done_elsewhere(
    tiny_table: TableSpec, tiny_source: DataSource, tmp_path: Path
) -> None:
    def elsewhere(function: JobFunction, jobs: Sequence[Any]) -> Iterator[JobEvent]:
        away = tmp_path / "away"
        for index, job in enumerate(jobs):
            result = function(dataclasses.replace(job, results=away), lambda _: None)
            shutil.copytree(away, job.results, dirs_exist_ok=True)
            yield JobEvent(index, result=result)

    plan = suite.make_plan(tiny_table, tiny_source, range(1), tmp_path / "results", ["bce"])
    (request,) = plan.missing
    plan.store.write_failure(request.key, {"error": "no good"})
    assert suite.run(plan, elsewhere, lambda _: None).failures == {}
    assert plan.store.has(request.key)
    assert not plan.store.failure_file(request.key).exists()


def test_a_mistake_in_a_row_is_said_before_anything_is_trained(
    tiny_table: TableSpec, tiny_source: DataSource, tmp_path: Path
) -> None:
    row = RowSpec("wrong", "Wrong", "cnn_rnn.tasks.BaselineTask", {"cell": "lstm"})
    table = dataclasses.replace(tiny_table, rows=(*tiny_table.rows, row))
    with pytest.raises(SpecError, match="takes no 'cell'"):
        suite.make_plan(table, tiny_source, range(1), tmp_path)


def test_rows_that_only_the_paper_has_are_not_run(
    tiny_table: TableSpec, tiny_source: DataSource, tmp_path: Path
) -> None:
    rows = (*tiny_table.rows, RowSpec("theirs", "Theirs", None))
    table = dataclasses.replace(tiny_table, rows=rows)
    plan = suite.make_plan(table, tiny_source, range(2), tmp_path)
    assert set(plan.requests) == {"bce", "cnn_rnn"}
    assert set(suite.make_plan(table, tiny_source, range(2), tmp_path, ["bce"]).requests) == {"bce"}


def test_two_rows_that_are_trained_alike_share_their_runs(
    tiny_table: TableSpec, tiny_source: DataSource, tmp_path: Path
) -> None:
    twin = dataclasses.replace(tiny_table.row("bce"), id="twin", name="Twin")
    table = dataclasses.replace(tiny_table, rows=(tiny_table.row("bce"), twin))
    plan = suite.make_plan(table, tiny_source, range(2), tmp_path)
    assert len(plan.all_requests) == 2


def test_the_data_is_described_with_counts(tiny_source: DataSource) -> None:
    words = suite.describe(tiny_source, 0.25)
    assert "train2014 48, 12 of them held out" in words
    assert "4 labels; train2014: 1.88 labels an image, 3 without any" in words
