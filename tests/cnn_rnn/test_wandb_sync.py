"""The real client's `wandb sync` against a loopback server."""

import hashlib
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest


def sync(runs: list[Path], url: str, key: str, own: Path) -> str:
    environment = {**os.environ, "WANDB_BASE_URL": url, "WANDB_API_KEY": key}
    for kind in ("DATA", "CACHE", "CONFIG"):
        environment[f"WANDB_{kind}_DIR"] = str(own)
    done = subprocess.run(
        [Path(sys.executable).with_name("wandb"), "sync", *runs],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    )
    return done.stdout + done.stderr


@pytest.fixture(scope="module")
def synced(on_wandb: Any, wandb_server: Any, tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The server after both runs were synced; copies, as a marker is left beside what was."""
    folder = tmp_path_factory.mktemp("synced")
    copies = [shutil.copytree(run, folder / run.name) for run in on_wandb.runs]
    with wandb_server.serving() as serving:
        said = sync(copies, serving.url, wandb_server.API_KEY, folder / "own")
        assert said.count("Finished syncing") == 2
        yield serving


def test_every_upload_arrived(synced: Any) -> None:
    assert synced.refused == []
    assert set(synced.uploads) == set(synced.expected)
    assert len(synced.variables("CommitArtifact")) == len(synced.artifacts)


def test_curves_and_tables_arrived(synced: Any) -> None:
    keys = {key for line in synced.lines("wandb-history.jsonl") for key in line}
    assert {"val/loss", "val/c_f1", "lr-RMSprop", "val/images", "test/images"} <= keys
    pictures = [data for name, data in synced.uploads.items() if name.endswith(".png")]
    assert pictures
    assert all(data.startswith(b"\x89PNG") for data in pictures)


def test_the_checkpoint_arrived_once_and_the_test_run_used_it(synced: Any, on_wandb: Any) -> None:
    best = on_wandb.folder / "results" / "tiny" / "version_1" / "checkpoints" / "best.ckpt"
    (sent,) = (data for name, data in synced.uploads.items() if name.endswith("best.ckpt"))
    assert hashlib.sha256(sent).digest() == hashlib.sha256(best.read_bytes()).digest()
    runs = [run.name.rsplit("-", 1)[1] for run in on_wandb.runs]
    used = {
        (said["input"]["runName"], name.split(":")[0])
        for said in synced.variables("UseArtifact")
        for name, made in synced.artifacts.items()
        if made == said["input"]["artifactID"]
    }
    assert used == {
        (runs[0], "COCODataModule"),
        (runs[1], "COCODataModule"),
        (runs[1], "checkpoint-tiny-version_1"),
    }
