import dataclasses
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import __main__ as command_line
from benchmarks import data_sets, spec_reading, workers
from benchmarks.data import DataSource
from benchmarks.spec import TableSpec

ROOT = Path(__file__).parents[2]


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (["table3", "--dat", "mini"], "unrecognized arguments: --dat mini"),
        (["table3", "--data", "voc"], "invalid choice: 'voc'"),
        (["table3", "--seeds", "0"], "expected a whole number of at least 1, got 0"),
        (["table3", "--workers", "two"], "expected a whole number of at least 1, got two"),
        (["table9"], "invalid choice: 'table9'"),
        ([], "command"),
    ],
)
def test_a_mistake_is_answered_in_one_line_without_loading_torch(
    words: list[str], message: str
) -> None:
    code = (
        "import sys\nfrom benchmarks.__main__ import main\n"
        "try:\n    main(sys.argv[1:])\nfinally:\n    assert 'torch' not in sys.modules"
    )
    done = subprocess.run(
        [sys.executable, "-c", code, *words],
        capture_output=True,
        text=True,
        cwd=ROOT,
        check=False,
    )
    assert done.returncode == 2
    assert message in done.stderr
    assert len(done.stderr.splitlines()) == 1


def test_help_names_every_command(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command_line.main(["--help"])
    shown = capsys.readouterr().out
    names = ("table1", "table2", "table3", "table4", "tables", "ablation", "tune")
    assert all(name in shown for name in names)


def test_a_command_is_added_by_a_file_of_its_own() -> None:
    files = (ROOT / "benchmarks" / "commands").glob("[!_]*.py")
    assert list(command_line.MODULES) == sorted(file.stem for file in files)


def test_data_that_was_asked_for_and_is_not_there_is_one_message(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["table3", "--data", "coco", "--data-root", str(tmp_path)]
    assert command_line.main(words) == 2
    error = capsys.readouterr().err
    assert error.startswith(f"error: MS-COCO 2014 is not in {tmp_path}: missing annotations/")
    assert len(error.splitlines()) == 1


@pytest.fixture
def _tiny(tiny_table: TableSpec, tiny_source: DataSource, monkeypatch: pytest.MonkeyPatch) -> None:
    """The command line finds the tiny table and the tiny data under every name."""
    monkeypatch.setattr(spec_reading, "read_table", lambda name: tiny_table)
    monkeypatch.setattr(data_sets, "choose", lambda data_set, options: tiny_source)


@pytest.mark.usefixtures("_tiny")
def test_a_table_is_made_by_processes_and_once_only(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["table3", "--seeds", "1", "--results", str(tmp_path), "--workers", "1"]
    assert command_line.main(words) == 0
    shown = capsys.readouterr()
    assert "A tiny table — on MINI" in shown.out
    assert f"Written: {tmp_path / 'tiny.md'}, {tmp_path / 'tiny.csv'}" in shown.out
    for name in ("bce seed 0", "cnn_rnn seed 0"):
        assert f"{name}: C-F1 " in shown.out + shown.err
    first = json.loads((tmp_path / "tiny.json").read_text())
    assert command_line.main(words) == 0
    assert "2 of 2 runs are finished already." in capsys.readouterr().out
    assert json.loads((tmp_path / "tiny.json").read_text())["rows"] == first["rows"]


def test_a_failed_run_is_told_at_the_end_and_by_the_exit_code(
    tiny_table: TableSpec,
    tiny_source: DataSource,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
    capsys: pytest.CaptureFixture[str],
) -> None:
    bad = dataclasses.replace(tiny_table.row("bce"), id="bad", arguments={"dropout": 2.0})
    table = dataclasses.replace(tiny_table, rows=(tiny_table.row("bce"), bad))
    monkeypatch.setattr(spec_reading, "read_table", lambda name: table)
    monkeypatch.setattr(data_sets, "choose", lambda data_set, options: tiny_source)
    monkeypatch.setattr(workers, "local_processes", lambda count: workers.in_this_process)
    words = ["table3", "--seeds", "1", "--results", str(tmp_path)]
    assert command_line.main(words) == 1
    shown = capsys.readouterr().out
    assert "FAILED: ValueError: dropout probability has to be between 0 and 1" in shown
    assert str(tmp_path / "failed") in shown
    assert "| failed |" in (tmp_path / "tiny.md").read_text()


@pytest.mark.usefixtures("_tiny")
def test_all_tables_share_their_runs_and_each_is_written(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "local_processes", lambda count: workers.in_this_process)
    assert command_line.main(["tables", "--seeds", "1", "--results", str(tmp_path)]) == 0
    shown = capsys.readouterr().out
    assert shown.count(f"Written: {tmp_path / 'tiny.md'}") == 4
    assert len(list((tmp_path / "runs").glob("*.json"))) == 2


@pytest.mark.usefixtures("_tiny")
def test_only_some_rows_are_run_where_they_are_named(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "local_processes", lambda count: workers.in_this_process)
    words = ["table4", "--seeds", "1", "--results", str(tmp_path), "--rows"]
    assert command_line.main([*words, "bce"]) == 0
    status = {
        row["id"]: row["status"]
        for row in json.loads((tmp_path / "tiny.json").read_text())["rows"]
        if row["id"] != "oracle"
    }
    assert status == {"bce": "finished", "cnn_rnn": "not run"}
    assert command_line.main([*words, "svm"]) == 2
    assert "tiny trains no row 'svm'" in capsys.readouterr().err


REAL_DATA = os.environ.get("CNN_RNN_REAL_DATA")


@pytest.mark.skipif(not REAL_DATA, reason="CNN_RNN_REAL_DATA names no folder of real photos")
def test_real_photos_are_read_trained_on_and_measured(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A short version of `make table4 DATA=voc2007 ...`: few photos, small batches, one seed."""
    table = spec_reading.read_table("table4")
    short = dataclasses.replace(table.row("bce").training, batch_size=8)
    rows = [
        dataclasses.replace(row, training=short, arguments={**row.arguments, "lr": 0.0005})
        for row in (table.row("cnn_rnn"), table.row("bce"))
    ]
    table = dataclasses.replace(table, rows=(*rows, table.row("svm"), table.row("inria")))
    monkeypatch.setattr(spec_reading, "read_table", lambda name: table)
    monkeypatch.setattr(workers, "local_processes", lambda count: workers.in_this_process)
    root = Path(str(REAL_DATA)) / "voc2007"
    devkit = tmp_path / "photos" / "VOCdevkit" / "VOC2007"
    (devkit / "ImageSets" / "Main").mkdir(parents=True)
    source = root / "VOCdevkit" / "VOC2007"
    for folder in ("Annotations", "JPEGImages"):
        (devkit / folder).symlink_to(source / folder)
    for split, count in (("devtrain", 120), ("devtest", 40)):
        for file in (source / "ImageSets" / "Main").glob(f"*{split}.txt"):
            lines = file.read_text().splitlines()[:count]
            (devkit / "ImageSets" / "Main" / file.name).write_text("\n".join(lines) + "\n")
    weights = Path(str(REAL_DATA)) / "weights" / "mobilenet_v2_tfslim_dequant.pth"
    words = ["table4", "--data", "voc2007", "--data-root", str(tmp_path / "photos")]
    words += ["--train", "devtrain", "--test", "devtest"]
    words += ["--backbone", "mobilenet_v2", "--weights", str(weights)]
    words += ["--seeds", "1", "--results", str(tmp_path / "results")]
    assert command_line.main(words) == 0
    shown = capsys.readouterr().out
    assert "MINI" not in shown
    report = json.loads((tmp_path / "results" / "table4.json").read_text())
    assert "mobilenet_v2, images as TensorFlow" in report["data"]["title"]
    for row in report["rows"]:
        if row["id"] == "inria":
            continue
        assert row["cells"]["map"]["ours"]["mean"] > 30  # a random ranking reaches about 12
        assert len(row["average_precision"]["11_points"]) == 20
