from pathlib import Path

from benchmarks import render, report, suite
from benchmarks.data import DataSource
from benchmarks.spec import TableSpec
from benchmarks.suite import Progress
from benchmarks.workers import in_this_process


def _run(
    table: TableSpec, source: DataSource, results: Path, seeds: int = 2
) -> tuple[suite.SuiteResult, list[Progress]]:
    plan = suite.make_plan(table, source, range(seeds), results)
    said: list[Progress] = []
    return suite.run(plan, in_this_process, said.append), said


def test_a_table_is_trained_measured_and_written(
    tiny_table: TableSpec, tiny_source: DataSource, tmp_path: Path
) -> None:
    result, said = _run(tiny_table, tiny_source, tmp_path)
    assert len(said) == 4
    assert not result.failures
    built = report.build(result, suite.describe(tiny_source, 0.25))
    files = render.write(built, tmp_path)
    assert [file.name for file in files] == ["tiny.md", "tiny.csv", "tiny.json"]
    markdown = files[0].read_text()
    assert "MINI" in markdown
