"""What a run was made of, in plain types: the resolved config and the data."""

from __future__ import annotations

from typing import Any

import yaml
from lightning.pytorch import Trainer
from lightning.pytorch.cli import SaveConfigCallback


def resolved_config(trainer: Trainer) -> dict[str, Any]:
    """Everything that the command line resolved, as its config.yaml says it; {} without one."""
    for callback in trainer.callbacks:  # type: ignore[attr-defined]  # its connector sets it
        if isinstance(callback, SaveConfigCallback):
            text = callback.parser.dump(callback.config, skip_none=False)
            config: dict[str, Any] = yaml.safe_load(text)
            return config
    return {}


def data_facts(trainer: Trainer) -> dict[str, Any]:
    """What was read: two runs of equal fingerprints have read the same; {} without a data module.

    Returns:
        `class`, `is_mini`, and as far as the data module says them `fingerprint`, `transform_id`,
        `num_labels` and the names of the splits.
    """
    data: Any = getattr(trainer, "datamodule", None)
    if data is None:
        return {}
    images = getattr(data, "datamodule", data)  # of cached features: what they are of
    facts: dict[str, Any] = {
        "class": type(images).__name__,
        "is_mini": bool(getattr(images, "is_mini", False)),
    }
    for name in ("fingerprint", "transform_id", "train_split", "val_split", "test_split"):
        if hasattr(images, name):
            facts[name] = getattr(images, name)
    if hasattr(images, "label_names"):
        facts["num_labels"] = len(images.label_names)
    return facts
