"""Checks of what estimators are given, with messages that name argument and fix."""

from __future__ import annotations

import torch
from torch import Tensor

CHUNK = 4096  # rows looked at together: bounds the memory of a look at a large memory map


def check_training_data(features: Tensor, target: Tensor, ignored: Tensor) -> None:
    """Checks the arguments of `fit`.

    Args:
        features: to be (N, F) float32, finite, N >= 1.
        target: to be (N, K) bool, K >= 1.
        ignored: to be (N, K) bool.
    Raises:
        ValueError: they are not.
    """
    _check_matrix(features)
    if len(features) == 0:
        raise ValueError("features must hold at least one image, got none: pass a training set")
    for name, labels in (("target", target), ("ignored", ignored)):
        if labels.dtype != torch.bool:
            raise ValueError(f"{name} must be bool, got {labels.dtype}: pass {name}.bool()")
        if labels.ndim != 2 or len(labels) != len(features) or labels.shape[1] == 0:
            raise ValueError(
                f"{name} must have the shape (N, K) with N = {len(features)} images and K >= 1, "
                f"got {tuple(labels.shape)}: pass one row an image of features"
            )
    if target.shape != ignored.shape:
        raise ValueError(
            f"ignored must have the shape of target {tuple(target.shape)}, got "
            f"{tuple(ignored.shape)}: pass torch.zeros_like(target) where nothing is ignored"
        )


def check_features(features: Tensor, feature_dim: int) -> None:
    """Checks the argument of `scores`.

    Args:
        features: to be (B, F) float32, finite.
        feature_dim: F of the training set.
    Raises:
        ValueError: they are not.
    """
    _check_matrix(features)
    if features.shape[1] != feature_dim:
        raise ValueError(
            f"features must have the {feature_dim} columns of the training set, got "
            f"{features.shape[1]}: pass features of the same backbone"
        )


def not_fitted(estimator: object) -> RuntimeError:
    """The error of `scores` before `fit`."""
    name = type(estimator).__name__
    return RuntimeError(f"{name}.scores was called before fit: call {name}.fit first")


def _check_matrix(features: Tensor) -> None:
    if features.ndim != 2 or features.shape[1] == 0:
        raise ValueError(
            f"features must have the shape (N, F) with F >= 1, got {tuple(features.shape)}: pass "
            "one row an image"
        )
    if features.dtype != torch.float32:
        raise ValueError(
            f"features must be float32, got {features.dtype}: pass features.to(torch.float32)"
        )
    for start in range(0, len(features), CHUNK):
        if not features[start : start + CHUNK].isfinite().all():
            raise ValueError(
                f"features must be finite, but rows {start} to "
                f"{min(start + CHUNK, len(features)) - 1} hold NaN or infinity: extract them anew"
            )
