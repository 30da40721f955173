"""Regression: are the cells of MINI what they were?

`expected/mini/*.json` hold every cell of ours. Two things are compared with them: a small setting
that is always run anew (`small.json`: two rows of Table 3 on few scenes, a few epochs, one seed),
and the tables that the suite made on MINI (`table1.json` ... `table4.json`).

Tolerances, in points of percent. On one machine with the same library versions a run gives the same
bits, and so the same cells (seen with one thread and with two). Another processor adds floats in
another order: last bits of the features and of the gradients differ, and training makes more of it:
a decision near a threshold flips, training stops an epoch earlier or later. Seen in the small
setting with the processor held to SSE4.1 (`ONEDNN_MAX_CPU_ISA=SSE41 ATEN_CPU_CAPABILITY=default`):
two of 25 cells moved, by 0.0004 at most. A decision of its 250 test images that flips moves a cell
by some tenths: a cell of the small setting may move by `SMALL_TOLERANCE`. A cell of a table, of
whole trainings, may move by `FLOOR` or by `SPREADS` standard deviations over seeds, whichever is
more: a run whose floats differ is at worst like a run of another seed.
"""

from __future__ import annotations

import dataclasses
import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.data import DataSource
from benchmarks.spec import TableSpec
from benchmarks.store import ResultError, write_json

EXPECTED = Path(__file__).parent / "expected" / "mini"
FORMAT = 1
SMALL = "small"
HOME = "CNN_RNN_HOME"
SMALL_ROWS = ("softmax", "cnn_rnn")
SMALL_EPOCHS = 3
SMALL_SCENES = {"num_train": 500, "num_val": 250}
SMALL_TOLERANCE = 0.5
FLOOR, SPREADS = 0.5, 3.0
DECIMALS = 4  # of the cells in the files
EXTRA = ("map", "map_11")  # of every row, whether or not the table has them for columns

Content = dict[str, Any]


@dataclass(frozen=True)
class Moved:
    """A cell that is not what it was.

    Attributes:
        row: id of the row.
        metric: of the cell.
        expected: mean in percent; None: the cell is new.
        found: mean in percent; None: the cell is gone.
        tolerance: in points.
    """

    row: str
    metric: str
    expected: float | None
    found: float | None
    tolerance: float

    @property
    def is_within(self) -> bool:
        """Whether the tolerance allows it."""
        if self.expected is None or self.found is None:
            return False
        return abs(self.found - self.expected) <= self.tolerance

    def __str__(self) -> str:
        """`cnn_rnn c_f1: 27.5 -> 28.1 (+0.6, tolerance 1.8)`."""
        if self.expected is None or self.found is None:
            was, now = ("nothing" if v is None else f"{v:.2f}" for v in (self.expected, self.found))
            return f"{self.row} {self.metric}: {was} -> {now}"
        difference = self.found - self.expected
        return (
            f"{self.row} {self.metric}: {self.expected:.2f} -> {self.found:.2f} "
            f"({difference:+.4f}, tolerance {self.tolerance:.2f})"
        )


@dataclass(frozen=True)
class Comparison:
    """What came of comparing one report.

    Attributes:
        name: of the report.
        cells: how many were compared.
        moved: those that are not exactly what they were.
    """

    name: str
    cells: int
    moved: tuple[Moved, ...]

    @property
    def beyond(self) -> tuple[Moved, ...]:
        """The cells that moved further than the tolerance allows."""
        return tuple(cell for cell in self.moved if not cell.is_within)


def small_table(source: DataSource) -> TableSpec:
    """The rows of the small setting, with the settings of the real ones.

    Args:
        source: whose settings hold.
    """
    from benchmarks.spec_reading import read_table

    table = read_table("table3")
    rows = tuple(
        dataclasses.replace(
            row, training=dataclasses.replace(row.training, max_epochs=SMALL_EPOCHS)
        )
        for row in map(table.row, SMALL_ROWS)
    )
    assert source.name in table.settings  # MINI's, or nothing of the tables would be checked
    return dataclasses.replace(table, rows=rows)


def small_source() -> DataSource:
    """Few scenes of mini-COCO."""
    from benchmarks.data_sets import DataOptions, choose

    source = choose("coco", DataOptions("mini"))
    return dataclasses.replace(
        source, arguments={**source.arguments, **SMALL_SCENES}, num_workers=0
    )


def run_small(folder: Path, home: Path | None = None) -> Content:
    """Runs the small setting in this process and gives its report.

    Args:
        folder: an empty one, for the runs.
        home: an empty one, so that scenes and features are made anew too; None: those that are
            cached are taken.
    """
    from benchmarks import report, suite
    from benchmarks.workers import in_this_process

    with _home(home):
        source = small_source()
        plan = suite.make_plan(small_table(source), source, (0,), folder)
        suite.prepare_features(source)
        result = suite.run(plan, in_this_process, lambda _: None)
        return report.build(result, "the small setting")


def expected_of(report: Content) -> Content:
    """What a file of expected cells says of a report."""
    origin = report["provenance"]
    return {
        "format": FORMAT,
        "table": report["table"],
        "title": report["title"],
        "data": {name: report["data"][name] for name in ("title", "fingerprint", "backbone")},
        "seeds": report["seeds"],
        "versions": origin["versions"],
        "machine": origin["machine"],
        "commit": origin["commit"],
        "rows": {row: dict(sorted(cells.items())) for row, cells in _cells(report)},
    }


def compare(name: str, report: Content, folder: Path = EXPECTED) -> Comparison:
    """The cells of a report against those that are expected.

    Args:
        name: of the expected file.
        report: as `report.build` gives it.
        folder: of the expected files.
    Raises:
        ResultError: there is no such file, it is damaged, or it is of other data or seeds.
    """
    expected = read_expected(name, folder)
    found = expected_of(report)
    for part in ("data", "seeds"):
        if expected[part] != found[part]:
            raise ResultError(
                f"{folder / name}.json was made with other {part}: {expected[part]}, and the "
                f"report has {found[part]}. Where that is wanted, `verify --write` makes it anew"
            )
    moved: list[Moved] = []
    count = 0
    for row in {**expected["rows"], **found["rows"]}:
        before, after = expected["rows"].get(row, {}), found["rows"].get(row, {})
        for metric in {**before, **after}:
            count += 1
            one, other = before.get(metric), after.get(metric)
            if one is None or other is None or one["mean"] != other["mean"]:
                was, now = (None if cell is None else cell["mean"] for cell in (one, other))
                moved.append(Moved(row, metric, was, now, _tolerance(name, one)))
    return Comparison(name, count, tuple(moved))


def read_expected(name: str, folder: Path = EXPECTED) -> Content:
    """A file of expected cells.

    Raises:
        ResultError: there is none, or it is damaged.
    """
    file = folder / f"{name}.json"
    try:
        content = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise ResultError(f"{file} is missing: `python -m benchmarks verify --write`") from None
    except ValueError:
        content = None
    if not isinstance(content, dict) or content.get("format") != FORMAT:
        raise ResultError(f"{file} is no file of expected cells of this version")
    return content


def write_expected(name: str, report: Content, folder: Path = EXPECTED) -> Path:
    """Makes a file of expected cells.

    Raises:
        ResultError: the report is not of MINI, or a row of it failed.
    """
    if not report["is_mini"]:
        raise ResultError(f"{report['table']} is on {report['data']['title']}, not on MINI")
    failed = [row["name"] for row in report["rows"] if row["status"] in ("failed", "not run")]
    if failed:
        raise ResultError(f"{report['table']}: no finished runs of {', '.join(failed)}")
    file = folder / f"{name}.json"
    write_json(file, expected_of(report))
    return file


@contextmanager
def _home(folder: Path | None) -> Iterator[None]:
    """Scenes and features are kept there meanwhile, and not in the user's cache."""
    before = os.environ.get(HOME)
    if folder is None:
        yield
        return
    os.environ[HOME] = str(folder)
    try:
        yield
    finally:
        if before is None:
            del os.environ[HOME]
        else:
            os.environ[HOME] = before


def _cells(report: Content) -> Iterator[tuple[str, Content]]:
    """Each row's cells of ours, rounded."""
    for row in report["rows"]:
        found = {column: cell["ours"] for column, cell in row["cells"].items()}
        found.update({name: row["ranked"].get(name) for name in EXTRA})
        cells = {
            name: {
                "mean": round(value["mean"], DECIMALS),
                "sd": None if value["sd"] is None else round(value["sd"], DECIMALS),
            }
            for name, value in found.items()
            if value is not None
        }
        if cells:
            yield row["id"], cells


def _tolerance(name: str, expected: Content | None) -> float:
    if name == SMALL:
        return SMALL_TOLERANCE
    return max(FLOOR, SPREADS * ((expected or {}).get("sd") or 0.0))
