"""`lightning predict`: of one process and of two, interrupted, with broken photos."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import torch
from lightning.pytorch import LightningDataModule, Trainer
from torch.utils.data import DataLoader

from cnn_rnn.callbacks import PredictionWriter
from cnn_rnn.cli import main
from cnn_rnn.prediction_files import Parts, PredictionFileError, read_predictions
from cnn_rnn.tasks import BaselineTask

NAMES = ["cat", "dog", "cow"]
BEST = "results/tiny/version_0/checkpoints/best.ckpt"
OPTIONS = ["--photos", "new", "--ckpt_path", BEST, "--data.init_args.batch_size", "2"]
QUIET = ["--trainer.accelerator", "cpu", "--trainer.enable_progress_bar", "false"]
PROGRAM = """
import os, signal, sys
from cnn_rnn import prediction_files
from cnn_rnn.cli import main
write, left = prediction_files.Parts.write, [int(os.environ.get("PARTS_TO_LIVE", "1000"))]
def counted(*arguments):
    write(*arguments)
    left[0] -= 1
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
prediction_files.Parts.write = counted
sys.exit(main())
"""


@pytest.fixture
def photos(folder: Path) -> list[str]:
    """Eleven photos in `new`, one of them broken; their names in order."""
    source = sorted(Path("coco/train2014").glob("*.jpg"))[:11]
    for index, photo in enumerate(source):
        target = Path("new", "deep" if index > 6 else "", f"photo {index:02}.jpg")
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(photo, target)
    Path("new/photo 05.jpg").write_bytes(b"no photo")
    return sorted(path.as_posix() for path in Path("new").rglob("*.jpg"))


def predict(file: str, *options: str) -> int:
    return main(["predict", *OPTIONS, *QUIET, "--predictions.file", file, *options])


def test_a_checkpoint_alone_predicts_a_folder_in_order(photos: list[str]) -> None:
    shutil.rmtree("coco")  # the data of the training are not asked for
    assert predict("out/labels.jsonl") == 0
    records = read_predictions("out/labels.jsonl")
    assert [record["image"] for record in records] == [
        name for name in photos if name != "new/photo 05.jpg"
    ]
    for record in records:
        assert record["labels"] == [step["label"] for step in record["steps"]]
        assert record["labels"] == record["paths"][0]["labels"]
        assert len(record["ranking"]) == 3
    assert {path.name for path in Path("out").iterdir()} == {
        "labels.jsonl",
        "labels.html",
        "labels.failures.jsonl",
    }


def test_a_broken_photo_is_listed_and_not_fatal(
    photos: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert predict("labels.jsonl") == 0
    (failure,) = map(json.loads, Path("labels.failures.jsonl").read_text().splitlines())
    assert failure["image"] == "new/photo 05.jpg"
    assert failure["error"].startswith("new/photo 05.jpg: expected an image")
    assert "on_error" not in failure["error"]
    assert "1 photo could not be read" in capfd.readouterr().err
    assert 'class="broken"' in Path("labels.html").read_text()


def test_parquet_holds_the_same_as_json_lines(photos: list[str]) -> None:
    assert predict("labels.jsonl") == 0
    assert predict("labels.parquet", "--predictions.sheet", "false") == 0
    assert read_predictions("labels.parquet") == read_predictions("labels.jsonl")
    assert sorted(path.name for path in Path().glob("*.html")) == ["labels.html"]


def test_a_config_predicts_its_folder_as_the_checkpoint_alone(
    folder: Path, photos: list[str]
) -> None:
    labels = ["image,labels", *(f"{name},person" for name in photos)]
    Path("labels.csv").write_text("\n".join(labels))
    text = (folder / "tiny.yaml").read_text()
    head = text[: text.index("data:")]
    (folder / "own.yaml").write_text(
        head
        + "data:\n  class_path: data_modules.FolderDataModule\n  init_args: {root: ., labels: "
        + "labels.csv, labels_in_order: [person, bottle, toothbrush], image_size: 32, "
        + "batch_size: 2, num_workers: 0, predict_folder: new}\n"
    )
    own = ["predict", "--config", "own.yaml", "--ckpt_path", BEST, *QUIET]
    assert main([*own, "--predictions.file", "own.jsonl"]) == 0
    assert predict("alone.jsonl") == 0
    assert Path("own.jsonl").read_text() == Path("alone.jsonl").read_text()


def test_a_killed_run_is_gone_on_with_by_two_processes(
    folder: Path, photos: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert predict("whole.jsonl") == 0
    (folder / "lightning.run.py").write_text(PROGRAM)
    command = [sys.executable, "lightning.run.py", "predict", *OPTIONS, *QUIET]
    command += ["--predictions.file", "killed.jsonl", "--data.init_args.num_workers", "0"]
    killed = subprocess.run(command, env={**environment(), "PARTS_TO_LIVE": "2"}, check=False)
    assert killed.returncode == -signal.SIGKILL
    assert not Path("killed.jsonl").exists()
    assert len(list(Path("killed.jsonl.parts").glob("*.jsonl"))) == 2
    capfd.readouterr()
    subprocess.run([*command, "--trainer.devices", "2"], env=environment(), check=True)
    assert "Going on with an interrupted run: 4 of 11 photos are done" in capfd.readouterr().err
    assert Path("killed.jsonl").read_text() == Path("whole.jsonl").read_text()
    assert Path("killed.failures.jsonl").read_text() == Path("whole.failures.jsonl").read_text()
    assert not Path("killed.jsonl.parts").exists()


def environment() -> dict[str, str]:
    return {**os.environ, "OMP_NUM_THREADS": "1"}


def test_a_changed_photo_or_beam_starts_anew(
    photos: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    done: list[dict[int, int]] = []

    class Watched(Parts):
        def begin(self, plan: Any) -> dict[int, int]:
            done.append(super().begin(plan))
            return done[-1]

    merge = PredictionWriter.teardown
    monkeypatch.setattr("cnn_rnn.callbacks.Parts", Watched)
    monkeypatch.setattr(
        PredictionWriter, "teardown", lambda *_, **__: None
    )  # interrupted before it
    assert predict("labels.jsonl") == 0
    assert done[-1] == {}
    assert predict("labels.jsonl", "--model.init_args.beam_width", "2") == 0
    assert done[-1] == {}
    assert predict("labels.jsonl", "--model.init_args.beam_width", "2") == 0
    assert sum(done[-1].values()) == 11
    Path("new/photo 00.jpg").write_bytes(Path("new/photo 01.jpg").read_bytes())
    assert predict("labels.jsonl", "--model.init_args.beam_width", "2") == 0
    assert done[-1] == {}
    monkeypatch.setattr(PredictionWriter, "teardown", merge)
    assert predict("labels.jsonl", "--model.init_args.beam_width", "2") == 0  # all done: merge
    assert len(read_predictions("labels.jsonl")) == 10


def test_another_suffix_is_answered_in_a_line(
    photos: list[str], capfd: pytest.CaptureFixture[str]
) -> None:
    assert predict("labels.csv") == 2
    assert "error: predictions.file: expected a name that ends in .jsonl" in capfd.readouterr().err
    with pytest.raises(PredictionFileError):
        PredictionWriter("labels.txt")


class OneBatch(LightningDataModule):
    label_names = NAMES

    def predict_dataloader(self) -> DataLoader[Any]:
        return DataLoader(dataset=range(4), batch_size=2, collate_fn=self.collate)  # type: ignore[arg-type]  # a range is a map dataset

    def collate(self, indices: list[int]) -> dict[str, Any]:
        labels = torch.zeros(len(indices), 3, dtype=torch.bool)
        return {
            "features": torch.randn(len(indices), 512),
            "target": labels,
            "ignored": labels,
            "image_id": [f"photo {index}.jpg" for index in indices],
        }


def test_any_data_module_gets_a_line_an_image_and_nothing_half_written(tmp_path: Path) -> None:
    file = tmp_path / "new" / "predictions.jsonl"
    task = BaselineTask(NAMES, [1, 1, 1], {"name": "vgg16_mini", "weights": None}, top_k=1)
    trainer = Trainer(
        accelerator="cpu",
        logger=False,
        enable_progress_bar=False,
        enable_model_summary=False,
        callbacks=[PredictionWriter(str(file))],
        default_root_dir=tmp_path,
    )
    trainer.predict(task, datamodule=OneBatch(), return_predictions=False)
    records = read_predictions(file)
    assert [record["image"] for record in records] == [f"photo {index}.jpg" for index in range(4)]
    assert all(len(record["labels"]) == 1 and len(record["ranking"]) == 3 for record in records)
    assert list(file.parent.iterdir()) == [file]
