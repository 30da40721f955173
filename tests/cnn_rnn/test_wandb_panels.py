import io
import json
import subprocess
import sys
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from PIL import Image

from cnn_rnn.wandb_panels import WandbPanels

NAMES = ["person", "bottle", "toothbrush"]
METRICS = {f"{name}" for name in ("c_p", "c_r", "c_f1", "o_p", "o_r", "o_f1", "map")}
TABLES = {
    *("classes", "confusion", "images", "label_embedding", "label_map_table"),
    *(f"{name}_by_class_table" for name in ("precision", "recall", "f1")),
}


@cache
def records(run: Path) -> list[dict[str, Any]]:
    """What W&B's own reader finds in a run."""
    wandb = Path(sys.executable).with_name("wandb")
    text = subprocess.run(
        [wandb, "leet", "inspect", "--json", run],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=True,
    ).stdout
    return [json.loads(line) for line in text.splitlines()]


def of_kind(run: Path, kind: str) -> list[dict[str, Any]]:
    return [record[kind] for record in records(run) if record["type"] == kind]


def history(run: Path) -> dict[str, list[Any]]:
    """All values of each key, in order."""
    found: dict[str, list[Any]] = {}
    for entry in of_kind(run, "history"):
        for key, value in entry["item"].items():
            found.setdefault(key, []).append(value)
    return found


def config(run: Path) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for entry in of_kind(run, "config"):
        found |= entry.get("update", {})
    return found


def artifacts(run: Path, kind: str) -> list[dict[str, Any]]:
    return [one for one in of_kind(run, "artifact") if one["type"] == kind]


def files(artifact: dict[str, Any]) -> dict[str, Path]:
    """Where the content of an artifact waits for `wandb sync`."""
    entries = artifact["manifest"]["contents"]
    return {entry["path"]: Path(entry["local_path"]) for entry in entries}


def table(run: Path, key: str) -> dict[str, Any]:
    """The content of a logged table, with its pictures by path under `pictures`."""
    name = f"{key}.table.json"
    (found,) = (one for one in artifacts(run, "run_table") if name in files(one))
    content: dict[str, Any] = json.loads(files(found)[name].read_text())
    pictures = {path: file for path, file in files(found).items() if path.endswith(".png")}
    return {**content, "pictures": pictures}


def test_losses_metrics_learning_rate_and_throughput_are_logged(on_wandb: Any) -> None:
    fit, test = on_wandb.runs
    logged = history(fit)
    assert len(logged["val/loss"]) == 2
    assert len(logged["train/loss"]) == len(logged["lr-RMSprop"]) == 6
    assert {key for key in logged if key.startswith("val/")} >= {f"val/{m}" for m in METRICS}
    assert all(rate > 0 for rate in logged["throughput/images_per_second"])
    assert set(history(test)) >= {f"test/{m}" for m in METRICS}


def test_processor_and_memory_are_watched_by_wandb(on_wandb: Any) -> None:
    seen = {name for stats in of_kind(on_wandb.runs[0], "stats") for name in stats["item"]}
    assert {"proc.memory.rssMB", "proc.cpu.threads"} <= seen


def test_the_config_says_all_options_the_data_and_the_commit(on_wandb: Any) -> None:
    for run in on_wandb.runs:
        said = config(run)
        assert said["lightning"]["trainer"]["max_epochs"] == 2
        assert said["lightning"]["data"]["init_args"]["root"] == "coco"
        assert said["hidden_dim"] == 16
        assert said["data"]["class"] == "COCODataModule"
        assert len(said["data"]["fingerprint"]) == 64
        assert len(said["commit"].split("+")[0]) in (40, len("unknown"))


@pytest.mark.parametrize(("position", "part"), [(0, "val"), (1, "test")])
def test_every_table_is_logged_and_is_an_artifact(on_wandb: Any, position: int, part: str) -> None:
    run = on_wandb.runs[position]
    logged = {key.split(".")[0] for key in history(run)}
    assert logged >= {f"{part}/{name}" for name in TABLES}
    for name in TABLES:
        assert table(run, f"{part}/{name}")["data"], name


def test_charts_are_defined_over_the_tables(on_wandb: Any) -> None:
    keys = {key for key in config(on_wandb.runs[0]) if key.startswith("_wandb.visualize.")}
    charts = {key.removeprefix("_wandb.visualize.val/") for key in keys}
    assert charts == {"precision_by_class", "recall_by_class", "f1_by_class", "label_map"}


def test_classes_are_counted_over_the_whole_part(on_wandb: Any) -> None:
    classes = table(on_wandb.runs[1], "test/classes")
    assert classes["columns"] == ["label", "precision", "recall", "f1", "positives", "given"]
    assert [(row[0], row[4]) for row in classes["data"]] == list(zip(NAMES, (3, 3, 2), strict=True))


def test_images_stand_with_truth_path_steps_and_attention(on_wandb: Any) -> None:
    shown = table(on_wandb.runs[1], "test/images")
    assert shown["columns"][-1] == "attention"
    assert len(shown["data"]) == 7
    assert {row[2] for row in shown["data"]} == {
        *("person", "bottle, toothbrush", "person, bottle", "")
    }
    for image, name, _, path, steps, _, _, attention in shown["data"]:
        assert name
        labels = [label for label in path.split(", ") if label]
        assert [step.rsplit(" ", 1)[0] for step in steps.split(" > ")] == [*labels, "END"]
        sizes = []
        for cell in (image, attention):
            with Image.open(io.BytesIO(shown["pictures"][cell["path"]].read_bytes())) as picture:
                sizes.append(picture.size)
        assert sizes == [(32, 32), (32 * (len(labels) + 1), 32)]


def test_the_label_embedding_is_shown_with_neighbours(on_wandb: Any) -> None:
    points = table(on_wandb.runs[0], "val/label_embedding")
    assert [row[0] for row in points["data"]] == NAMES
    assert [row[3] for row in points["data"]] == [8, 8, 4]
    for row in points["data"]:
        assert all(other in row[4] for other in NAMES if other != row[0])


def test_everything_staged_lies_under_results(on_wandb: Any) -> None:
    results = on_wandb.folder / "results"
    for run in on_wandb.runs:
        for artifact in of_kind(run, "artifact"):
            for file in files(artifact).values():
                assert file.is_file()
                assert file.is_relative_to(results)


def test_lineage_leads_from_the_data_over_the_checkpoint_to_its_test(on_wandb: Any) -> None:
    fit, test = on_wandb.runs
    (data,) = artifacts(fit, "dataset")
    assert data["use_after_commit"]
    (made,) = artifacts(fit, "model")
    assert not made.get("use_after_commit")
    assert "best" in made["aliases"]
    (used,) = artifacts(test, "model")
    assert used["use_after_commit"]
    assert (used["name"], used["digest"]) == (made["name"], made["digest"])
    assert list(files(used)) == ["best.ckpt"]


def test_arguments_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="images >= 0 and confusions >= 1, got -1"):
        WandbPanels(images=-1)
