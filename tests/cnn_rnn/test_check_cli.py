from pathlib import Path

import pytest

from cnn_rnn.backbones import BackboneSpec
from cnn_rnn.cli import main

Captured = pytest.CaptureFixture[str]


@pytest.fixture(autouse=True)
def no_backbone(monkeypatch: pytest.MonkeyPatch) -> None:
    def build(_: BackboneSpec) -> None:
        raise AssertionError("a check needs no backbone")

    monkeypatch.setattr(BackboneSpec, "build", build)


def test_good_data_are_reported_with_status_0(folder: Path, capfd: Captured) -> None:
    (folder / "weights.pth").unlink()
    assert main(["check", "--config", "tiny.yaml", "--splits", "train2014"]) == 0
    out = capfd.readouterr().out
    assert out.startswith("COCO in ")
    assert "train2014: 16 images" in out
    assert "val2014:" not in out


def test_several_splits_follow_the_option(folder: Path, capfd: Captured) -> None:
    assert main(["check", "--splits", "train2014", "val2014", "--config", "tiny.yaml"]) == 0
    out = capfd.readouterr().out
    assert "train2014: 16 images" in out
    assert "val2014: 7 images" in out


def test_without_names_the_splits_in_use_are_examined(folder: Path, capfd: Captured) -> None:
    assert main(["check", "--config", "tiny.yaml", "--data.test_split", "train2014"]) == 0
    out = capfd.readouterr().out
    assert "train2014: 16 images" in out
    assert "val2014:" not in out


def test_broken_data_have_status_1(folder: Path, capfd: Captured) -> None:
    photo = folder / "coco" / "train2014" / "COCO_train2014_000000000003.jpg"
    photo.write_text("no photo")
    assert main(["check", "--config", "tiny.yaml", "--splits", "train2014"]) == 1
    captured = capfd.readouterr()
    assert photo.name in captured.out
    assert captured.out.endswith("not fit for use: 1 bad file\n")
    assert "Traceback" not in captured.err


def test_data_that_are_nowhere_have_status_1(folder: Path, capfd: Captured) -> None:
    arguments = ["--data.root", "nowhere", "--splits", "train2014", "val2014"]
    assert main(["check", "--config", "tiny.yaml", *arguments]) == 1
    out = capfd.readouterr().out
    assert "nowhere: expected COCO's folder" in out
    assert out.endswith("not fit for use: 2 errors\n")


def test_the_config_of_a_run_can_be_checked(folder: Path) -> None:
    config = folder / "results" / "tiny" / "version_0" / "config.yaml"
    before = sorted(folder.rglob("*"))
    assert main(["check", "--config", str(config)]) == 0
    assert sorted(folder.rglob("*")) == before


def test_data_can_be_checked_without_a_model(folder: Path) -> None:
    data = ["--data", "data_modules.COCODataModule", "--data.root", "coco"]
    assert main(["check", *data, "--splits", "val2014"]) == 0


def test_a_data_module_without_a_check_is_refused(folder: Path, capfd: Captured) -> None:
    assert main(["check", "--data", "lightning.LightningDataModule"]) == 2
    assert "LightningDataModule has no method check" in capfd.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--data.val_fraction", "7"], "val_fraction: expected a number between 0 and 1"),
        (["--splits"], "expected at least one argument"),
        (["--split", "train2014"], "did you mean --splits?"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_is_answered_in_a_line_with_status_2(
    folder: Path, arguments: list[str], message: str, capfd: Captured
) -> None:
    try:
        code: object = main(["check", "--config", "tiny.yaml", *arguments])
    except SystemExit as error:
        code = error.code
    assert code == 2
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 1
    assert message in lines[0]


def test_help_names_the_command(capfd: Captured) -> None:
    with pytest.raises(SystemExit) as exit_info:
        main(["check", "--help"])
    assert exit_info.value.code == 0
    assert capfd.readouterr().out.startswith("usage: lightning check ")
