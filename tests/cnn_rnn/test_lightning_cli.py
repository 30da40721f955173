import json
import re
import shutil
from pathlib import Path

import pytest
import torch

from cnn_rnn.cli import main

Captured = pytest.CaptureFixture[str]


def epochs(run: Path) -> list[int]:
    lines = (run / "metrics.csv").read_text().splitlines()
    column = lines[0].split(",").index("epoch")
    return [int(line.split(",")[column]) for line in lines[1:]]


def runs(folder: Path) -> list[str]:
    return sorted(path.name for path in (folder / "results" / "tiny").iterdir())


def test_fit_keeps_best_and_last_and_the_config_and_litters_nothing(folder: Path) -> None:
    run = folder / "results" / "tiny" / "version_0"
    kept = {str(path.relative_to(run)) for path in run.rglob("*") if path.is_file()}
    assert {"config.yaml", "metrics.csv"} <= kept
    assert {name for name in kept if name.endswith(".ckpt")} == {
        "checkpoints/best.ckpt",
        "checkpoints/last.ckpt",
    }
    assert "val/loss" in (run / "metrics.csv").read_text()
    assert {path.name for path in folder.iterdir()} == {
        "coco",
        "home",
        "results",
        "tiny.yaml",
        "weights.pth",
    }


def test_checkpoints_hold_plain_data_only(folder: Path) -> None:
    path = folder / "results" / "tiny" / "version_0" / "checkpoints" / "best.ckpt"
    checkpoint = torch.load(path, weights_only=True)
    assert checkpoint["label_names"] == ["person", "bottle", "toothbrush"]
    assert checkpoint["hyper_parameters"]["backbone"]["name"] == "vgg16_mini"


def test_the_saved_config_runs_again(folder: Path) -> None:
    config = folder / "results" / "tiny" / "version_0" / "config.yaml"
    assert main(["fit", "--config", str(config)]) == 0
    assert runs(folder) == ["version_0", "version_1"]


def test_validate_and_test_report_the_best_checkpoint(folder: Path, capfd: Captured) -> None:
    for command, metric in (("validate", "val/map"), ("test", "test/c_f1")):
        assert main([command, "--config", "tiny.yaml"]) == 0
        out, err = capfd.readouterr()
        assert metric in out
        assert "Checkpoint: results/tiny/version_0/checkpoints/best.ckpt" in err


def test_predict_writes_each_test_image_once_in_order(folder: Path) -> None:
    arguments = ["--ckpt_path", "last", "--predictions.file", "out/labels.jsonl"]
    assert main(["predict", "--config", "tiny.yaml", *arguments]) == 0
    lines = (folder / "out" / "labels.jsonl").read_text().splitlines()
    assert [json.loads(line)["image"] for line in lines] == [str(i) for i in range(31, 38)]


def test_last_resumes_where_the_run_ended(folder: Path) -> None:
    arguments = ["--ckpt_path", "last", "--trainer.max_epochs", "4"]
    assert main(["fit", "--config", "tiny.yaml", *arguments]) == 0
    assert set(epochs(folder / "results" / "tiny" / "version_0")) == {0, 1}
    assert set(epochs(folder / "results" / "tiny" / "version_1")) == {2, 3}
    # The resumed run keeps its best and last where the interrupted one had them.
    checkpoints = list((folder / "results" / "tiny").rglob("*.ckpt"))
    assert {path.parent.parent.name for path in checkpoints} == {"version_0"}
    last = torch.load(next(p for p in checkpoints if p.stem == "last"), weights_only=True)
    assert last["epoch"] == 3


def test_a_resumed_run_keeps_a_best_that_it_does_not_beat(folder: Path) -> None:
    best, last = (
        folder / "results" / "tiny" / "version_0" / "checkpoints" / f"{name}.ckpt"
        for name in ("best", "last")
    )
    before = best.read_bytes()
    checkpoint = torch.load(last, weights_only=True)
    (key,) = (key for key in checkpoint["callbacks"] if "Checkpoint" in key)
    state, perfect = checkpoint["callbacks"][key], torch.tensor(-1.0)
    state |= {"best_model_score": perfect, "kth_value": perfect}
    state["best_k_models"] = dict.fromkeys(state["best_k_models"], perfect)
    torch.save(checkpoint, last)
    arguments = ["--ckpt_path", "last", "--trainer.max_epochs", "3"]
    assert main(["fit", "--config", "tiny.yaml", *arguments]) == 0
    assert set(epochs(folder / "results" / "tiny" / "version_1")) == {2}
    assert best.read_bytes() == before


def test_without_a_run_there_is_nothing_to_test(folder: Path, capfd: Captured) -> None:
    shutil.rmtree(folder / "results")
    assert main(["test", "--config", "tiny.yaml"]) == 2
    error = capfd.readouterr().err.splitlines()[-1]
    assert error.startswith(f"error: no best.ckpt under {folder}/results/tiny: run `lightning fit`")


def test_a_checkpoint_of_another_model_is_refused_in_a_line(folder: Path, capfd: Captured) -> None:
    assert main(["test", "--config", "tiny.yaml", "--model.init_args.hidden_dim", "8"]) == 2
    error = capfd.readouterr().err.splitlines()[-1]
    assert "version_0/checkpoints/best.ckpt is a checkpoint of another model" in error
    assert "size mismatch" in error


def test_equal_seeds_give_equal_weights(folder: Path) -> None:
    for seed in ("0", "1"):
        assert main(["fit", "--config", "tiny.yaml", "--seed_everything", seed]) == 0
    first, again, other = (
        torch.load(folder / f"results/tiny/version_{i}/checkpoints/last.ckpt", weights_only=True)
        for i in range(3)
    )
    for name, weight in first["state_dict"].items():
        assert torch.equal(weight, again["state_dict"][name])
    key = "network.cell.cell.weight_hh"
    assert not torch.equal(first["state_dict"][key], other["state_dict"][key])


def test_loggers_and_checkpoints_can_be_switched_off(folder: Path) -> None:
    shutil.rmtree(folder / "results")
    options = ["--trainer.logger", "false", "--trainer.enable_checkpointing", "false"]
    assert main(["fit", "--config", "tiny.yaml", *options]) == 0
    assert [path.name for path in (folder / "results").rglob("*")] == ["config.yaml"]
    assert not (folder / "config.yaml").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--trainer.max_epoch", "3"], r"--trainer.max_epoch 3; did you mean --trainer.max_epochs"),
        (["--model.init_args.beam_widht", "3"], r"'beam_widht' is not accepted; .* beam_width"),
        (["--model.init_args.cell", "rnn"], r"\"cell\": Expected .*'lstm'.* Got value: rnn"),
        (["--model", "nowhere.Model"], r"\"model\": .*No module named 'nowhere'"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_mistake_in_the_arguments_is_answered_in_a_line(
    folder: Path, arguments: list[str], message: str, capfd: Captured
) -> None:
    with pytest.raises(SystemExit) as exit_info:
        main(["fit", "--config", "tiny.yaml", *arguments])
    assert exit_info.value.code == 2
    lines = capfd.readouterr().err.splitlines()
    assert len(lines) == 1
    assert re.search(message, lines[0])


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--data.root", "nowhere"], r"nowhere: expected COCO's folder"),
        (["--data.val_fraction", "7"], r"val_fraction: expected a number between 0 and 1"),
        (["--data", "lightning.LightningDataModule"], r"LightningDataModule has no label_names"),
        (["--model", "cnn_rnn.tasks.BaselineTask", "--model.top_k", "9"], r"top_k must lie in"),
        (["--model.init_args.backbone.weights", "gone.pth"], r"no file 'gone.pth'"),
        (["--ckpt_path", "gone.ckpt"], r"--ckpt_path: no file 'gone.ckpt'"),
        (["--trainer.accelerator", "abacus"], r"invalid accelerator name"),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_what_the_user_can_mend_is_answered_in_a_line(
    folder: Path, arguments: list[str], message: str, capfd: Captured
) -> None:
    assert main(["fit", "--config", "tiny.yaml", *arguments]) == 2
    error = capfd.readouterr().err
    assert "Traceback" not in error
    assert re.match(f"error: .*({message})", error.splitlines()[-1])


def test_a_broken_photo_is_named(folder: Path, capfd: Captured) -> None:
    photo = folder / "coco" / "train2014" / "COCO_train2014_000000000003.jpg"
    photo.write_text("no photo")
    assert main(["fit", "--config", "tiny.yaml"]) == 2
    assert f"error: coco/train2014/{photo.name}: " in capfd.readouterr().err


def test_a_model_that_takes_no_labels_is_run_as_it_is(folder: Path) -> None:
    (folder / "own_model.py").write_text(
        "import torch\n"
        "from lightning import LightningModule\n"
        "class Own(LightningModule):\n"
        "    def __init__(self, width: int = 3):\n"
        "        super().__init__()\n"
        "        self.layer = torch.nn.Linear(3, width)\n"
        "    def training_step(self, batch, batch_idx):\n"
        "        return self.layer(batch['image'].float().mean(dim=(2, 3))).sum()\n"
        "    def validation_step(self, batch, batch_idx):\n"
        "        self.log('val/loss', 0.0)\n"
        "    def configure_optimizers(self):\n"
        "        return torch.optim.SGD(self.parameters(), lr=1e-9)\n"
    )
    assert main(["fit", "--config", "tiny.yaml", "--model", "own_model.Own"]) == 0
