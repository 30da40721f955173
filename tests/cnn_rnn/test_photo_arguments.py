import json
from pathlib import Path

import pytest
import torch

from cnn_rnn.checkpoint_file import CheckpointError
from cnn_rnn.cli import CommandLineError, main
from cnn_rnn.photo_arguments import with_photos

BEST = "results/tiny/version_0/checkpoints/best.ckpt"


def test_other_arguments_stay_as_they_are() -> None:
    arguments = ["fit", "--config", "mini.yaml"]
    assert with_photos(arguments) == arguments


@pytest.mark.parametrize(
    "photos", [["--photos", "new", "--ckpt_path", BEST], ["--photos=new", f"--ckpt_path={BEST}"]]
)
def test_a_checkpoint_becomes_a_config(folder: Path, photos: list[str]) -> None:
    command, option, config, *rest = with_photos(["predict", *photos, "--trainer.devices", "2"])
    assert (command, option) == ("predict", "--config")
    assert rest == ["--trainer.devices", "2", "--ckpt_path", BEST]
    content = json.loads(config)
    assert content["model"]["class_path"] == "cnn_rnn.tasks.cnn_rnn.CNNRNNTask"
    assert content["model"]["init_args"]["hidden_dim"] == 16
    assert content["data"]["init_args"] == {
        "root": "new",
        "label_names": ["person", "bottle", "toothbrush"],
        "label_counts": [8, 8, 4],
        "image_size": 32,
        "resize": "square",
    }


def test_the_packaged_model_is_written_where_lightning_reads_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CNN_RNN_HOME", str(tmp_path))
    arguments = with_photos(["predict", "--photos", "new", "--ckpt_path", "mini"])
    written = Path(arguments[-1])
    assert written.is_relative_to(tmp_path)
    assert written.name == "cnn_rnn_mini.ckpt"
    assert len(torch.load(written, weights_only=True)["label_names"]) == 80
    assert with_photos(["predict", "--photos", "new", "--ckpt_path", "mini"]) == arguments


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["test", "--photos", "new", "--ckpt_path", "a.ckpt"], "--photos is of predict, not of"),
        (["predict", "--photos", "new"], "say which model predicts, by --ckpt_path"),
        (["predict", "--photos"], "--photos: expected a value"),
    ],
    ids=["another-command", "no-checkpoint", "no-folder"],
)
def test_what_is_missing_is_said(arguments: list[str], message: str) -> None:
    with pytest.raises(CommandLineError, match=message):
        with_photos(arguments)


def test_a_checkpoint_without_preprocessing_names_the_other_way(folder: Path) -> None:
    content = torch.load(BEST, weights_only=True)
    del content["preprocessing"]
    torch.save(content, "old.ckpt")
    with pytest.raises(CheckpointError, match=r"predict with the config .*predict_folder"):
        with_photos(["predict", "--photos", "new", "--ckpt_path", "old.ckpt"])


def test_missing_photos_and_checkpoints_are_answered_in_a_line(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    assert main(["predict", "--photos", "gone", "--ckpt_path", BEST]) == 2
    assert "gone: expected a folder of images, got no such folder" in capfd.readouterr().err
    assert main(["predict", "--photos", "gone", "--ckpt_path", "gone.ckpt"]) == 2
    error = capfd.readouterr().err.splitlines()[-1]
    assert error.startswith("error: gone.ckpt: no such checkpoint")
