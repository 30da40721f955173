"""How pre-trained weights of several origins want their images (mean, divisor, padding)."""

from __future__ import annotations

import logging
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Preprocessing:
    """A rule.

    Attributes:
        arguments: of `BackboneSpec`.
        words: for the title of a table.
        token: part of a file's name that speaks for it, between letters of no word.
    """

    arguments: Mapping[str, Any]
    words: str
    token: str | None = None


RULES = {
    # torchvision's and timm's own: BackboneSpec's defaults.
    "imagenet": Preprocessing({}, "torchvision normalises them"),
    # x / 127.5 - 1, and the padding of strided convolutions that TensorFlow calls SAME.
    "tensorflow": Preprocessing(
        {"mean": [0.5] * 3, "std": [0.5] * 3, "padding": "tensorflow"},
        "TensorFlow normalises them",
        r"tf[a-z]*|tensorflow",
    ),
    # 0..255 minus the mean, nothing divided; RGB order.
    "caffe": Preprocessing(
        {"mean": [123 / 255, 117 / 255, 104 / 255], "std": [1 / 255] * 3},
        "Caffe normalises them",
        "caffe",
    ),
}


def preprocessing(weights: str, name: str | None = None) -> Preprocessing:
    """The rule of some weights.

    Args:
        weights: file or name; without a rule's name, a file called `..._tf...` or `..._caffe...`
            gets that rule, which is said, and any other `imagenet`.
        name: of the rule.
    """
    if name is not None:
        return RULES[name]
    parts = re.split(r"[^a-z]+", Path(weights).stem.lower())
    for known, rule in RULES.items():
        if rule.token and any(re.fullmatch(rule.token, part) for part in parts):
            logger.warning(
                "%s: by its name from %s: images are normalised as there. "
                "--preprocessing imagenet would take torchvision's rule",
                weights,
                known,
            )
            return rule
    return RULES["imagenet"]
