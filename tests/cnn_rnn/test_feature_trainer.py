import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from cnn_rnn.cli import main

Captured = pytest.CaptureFixture[str]


def metrics(folder: Path, version: int) -> dict[str, float]:
    path = folder / "results" / "tiny" / f"version_{version}" / "metrics.csv"
    names, values = path.read_text().splitlines()
    return dict(zip(names.split(","), map(float, values.split(",")), strict=True))


def test_a_frozen_backbone_is_read_through_the_cache(folder: Path, capfd: Captured) -> None:
    shutil.rmtree(folder / "home")
    assert main(["features", "--config", "tiny.yaml"]) == 0
    assert len(list((folder / "home" / "features").iterdir())) == 2
    assert "will be written to" in capfd.readouterr().err
    assert main(["fit", "--config", "tiny.yaml"]) == 0
    assert "Features of train2014: using the cache" in capfd.readouterr().err
    assert main(["features", "--config", "tiny.yaml", "--feature_dtype", "float16"]) == 0
    assert len(list((folder / "home" / "features").iterdir())) == 4


def test_the_cache_changes_no_metric(folder: Path) -> None:
    for cached in ("true", "false"):
        assert main(["test", "--config", "tiny.yaml", "--feature_cache", cached]) == 0
    assert metrics(folder, 1) == pytest.approx(metrics(folder, 2), abs=1e-6)


@pytest.mark.parametrize(
    "option", [["--feature_cache", "false"], ["--model.init_args.fine_tune", "true"]]
)
def test_without_frozen_features_nothing_is_cached(folder: Path, option: list[str]) -> None:
    shutil.rmtree(folder / "home")
    once = ["--trainer.fast_dev_run", "1"]
    assert main(["fit", "--config", "tiny.yaml", *once, *option]) == 0
    assert not (folder / "home").exists()


def test_features_without_a_frozen_backbone_are_refused(folder: Path, capfd: Captured) -> None:
    assert main(["features", "--config", "tiny.yaml", "--feature_cache", "false"]) == 2
    assert "there are no features to cache" in capfd.readouterr().err


def test_augmentation_in_vain_is_said(folder: Path, capfd: Captured) -> None:
    assert main(["features", "--config", "tiny.yaml", "--data.augment", "true"]) == 0
    assert "data.augment has no effect on cached features" in capfd.readouterr().err


def test_two_processes_test_as_one(folder: Path, capfd: Captured) -> None:
    assert main(["test", "--config", "tiny.yaml"]) == 0
    shutil.rmtree(folder / "home")
    program = "import sys; from cnn_rnn.cli import main; sys.exit(main())"
    (folder / "lightning.run.py").write_text(program)
    two = ["test", "--config", "tiny.yaml", "--trainer.devices", "2"]
    subprocess.run([sys.executable, "lightning.run.py", *two], check=True)
    assert metrics(folder, 2) == pytest.approx(metrics(folder, 1), abs=1e-6)
