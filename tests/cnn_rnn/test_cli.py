import subprocess
import sys
from pathlib import Path

import pytest

from cnn_rnn.cli import (
    SUBCOMMANDS,
    CommandLineError,
    main,
    packaged_configs,
    resolve_configs,
    user_message,
)

Captured = pytest.CaptureFixture[str]


def test_the_version_is_said(capsys: Captured) -> None:
    assert main(["--version"]) == 0
    assert capsys.readouterr().out.startswith("cnn-rnn 0.")


@pytest.mark.parametrize("arguments", [[], ["-h"], ["--help"]])
def test_help_lists_subcommands_and_configs(capsys: Captured, arguments: list[str]) -> None:
    assert main(arguments) == 0
    out = capsys.readouterr().out
    assert all(name in out for name in [*SUBCOMMANDS, *packaged_configs()])


@pytest.mark.parametrize(
    "arguments",
    [["--version"], ["--help"], ["fitt"], ["fit"], ["fit", "--config", "nowhere"]],
    ids=" ".join,
)
def test_answers_that_need_no_torch_do_not_import_it(arguments: list[str]) -> None:
    program = (
        "import sys; from cnn_rnn.cli import main; main(sys.argv[1:]); "
        "sys.exit('torch' in sys.modules or 'lightning' in sys.modules)"
    )
    command = [sys.executable, "-c", program, *arguments]
    assert subprocess.run(command, check=False, capture_output=True).returncode == 0


def test_a_config_that_is_nowhere_is_answered_with_those_that_are(
    capsys: Captured, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    assert main(["fit", "--config", "coko.yaml"]) == 2
    lines = capsys.readouterr().err.splitlines()
    assert len(lines) == 1
    assert f"no config 'coko.yaml' in {tmp_path}" in lines[0]
    assert ", ".join(packaged_configs()) in lines[0]
    assert lines[0].endswith("(did you mean coco.yaml?)")


def test_the_module_can_be_run() -> None:
    command = [sys.executable, "-m", "cnn_rnn.cli", "--version"]
    said = subprocess.run(command, capture_output=True, text=True, check=True)
    assert said.stdout.startswith("cnn-rnn ")


def test_a_wrong_subcommand_is_answered_with_the_right_ones(capsys: Captured) -> None:
    assert main(["tets", "--config", "coco.yaml"]) == 2
    error = capsys.readouterr().err
    assert "choose fit, validate, test, predict" in error
    assert "did you mean test?" in error


def test_a_subcommand_without_a_config_is_answered_with_those_there_are(capsys: Captured) -> None:
    assert main(["fit", "--trainer.max_epochs", "3"]) == 2
    assert "lightning fit --config NAME, a file or one of coco.yaml" in capsys.readouterr().err


def test_packaged_configs_have_their_names() -> None:
    assert {"coco.yaml", "mini.yaml", "voc2007.yaml"} <= set(packaged_configs())


@pytest.mark.parametrize("name", ["coco.yaml", "coco"])
@pytest.mark.parametrize("form", [["--config", "{}"], ["--config={}"], ["-c", "{}"]])
def test_a_bare_name_is_a_packaged_config(
    name: str, form: list[str], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    arguments = ["fit", *(part.format(name) for part in form), "--data.root", "coco"]
    resolved = resolve_configs(arguments)
    assert resolved[0] == "fit"
    assert resolved[-2:] == ["--data.root", "coco"]
    path = Path(resolved[-3].rpartition("=")[2])
    assert path.is_absolute()
    assert path.name == "coco.yaml"
    assert path.is_file()


def test_a_file_of_the_working_folder_comes_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "coco.yaml").write_text("{}")
    arguments = ["fit", "--config", "coco.yaml", "--config", "mini.yaml"]
    resolved = resolve_configs(arguments)
    assert resolved[2] == "coco.yaml"
    assert Path(resolved[4]).is_absolute()


def test_a_config_given_as_json_stays() -> None:
    arguments = ["fit", "--config", '{"trainer": {"max_epochs": 3}}']
    assert resolve_configs(arguments) == arguments


def test_a_folder_is_no_config(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "own").mkdir()
    with pytest.raises(CommandLineError, match="no config 'own'"):
        resolve_configs(["fit", "--config", "own"])


def test_errors_that_their_reader_can_mend_are_told_by_a_mark() -> None:
    class MendableError(ValueError):
        is_user_error = True

    assert user_message(MendableError("move it")) == "move it"
    assert user_message(ValueError("a bug")) is None
    wrapped = RuntimeError("in a worker")
    wrapped.__cause__ = MendableError("move it")
    assert user_message(wrapped) == "move it"


def test_interruption_has_its_own_status(monkeypatch: pytest.MonkeyPatch, capsys: Captured) -> None:
    def interrupt(_: list[str]) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr("cnn_rnn.lightning_cli.run", interrupt)
    assert main(["fit", "--config", "coco.yaml"]) == 130
    assert capsys.readouterr().err == "interrupted\n"


def test_a_bug_keeps_its_traceback(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(_: list[str]) -> None:
        raise IndexError("a bug")

    monkeypatch.setattr("cnn_rnn.lightning_cli.run", fail)
    with pytest.raises(IndexError, match="a bug"):
        main(["fit", "--config", "coco.yaml"])


def test_processes_started_for_more_devices_get_the_paths(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("sys.argv", ["lightning", "fit", "--config", "coco"])
    seen: list[list[str]] = []
    monkeypatch.setattr("cnn_rnn.lightning_cli.run", seen.append)
    assert main() == 0
    assert sys.argv == ["lightning", *seen[0]]
    assert Path(sys.argv[3]).is_absolute()
