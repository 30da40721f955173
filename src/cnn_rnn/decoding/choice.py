"""Which implementation of the beam search serves a network, a device and a beam width."""

import logging
import os
import shutil
from collections.abc import Callable
from functools import cache, partial
from importlib.util import find_spec
from typing import Literal, Protocol, get_args

import torch
from torch import Tensor

from cnn_rnn.cells import LSTMCell
from cnn_rnn.decoding.batched import beam_search_batched
from cnn_rnn.decoding.native import beam_search_native
from cnn_rnn.decoding.native_build import why_not_available
from cnn_rnn.decoding.paths import Paths
from cnn_rnn.decoding.protocol import Observer, PathNetwork, Weights
from cnn_rnn.decoding.reference import beam_search_reference
from cnn_rnn.network import CNNRNN

_LOGGER = logging.getLogger(__name__)

Implementation = Literal["auto", "reference", "batched", "native", "fused"]

MAX_FUSED_BEAM_WIDTH = 32


class BeamSearch(Protocol):
    """An implementation; the arguments have been checked."""

    def __call__(
        self,
        network: PathNetwork,
        features: Tensor,
        beam_width: int,
        max_length: int,
        min_length: int,
        observe: Observer | None,
        /,
    ) -> Paths:
        """The paths of the images."""


def choose(
    implementation: str,
    network: PathNetwork,
    features: Tensor,
    beam_width: int,
    observed: bool,
    weights: str = "float32",
) -> BeamSearch:
    """The implementation of that name, or for "auto" the fastest one that serves.

    Raises:
        ValueError: no such implementation, or it does not serve.
    """
    if implementation not in get_args(Implementation):
        raise ValueError(
            f"expected implementation to be one of {get_args(Implementation)}, "
            f"got {implementation!r}"
        )
    if weights not in get_args(Weights):
        raise ValueError(f"expected weights to be one of {get_args(Weights)}, got {weights!r}")
    if weights == "bfloat16":
        return _choose_bfloat16(implementation, network, features, beam_width, observed)
    if implementation == "auto":
        return _fastest(network, features, beam_width, observed)
    if implementation == "reference":
        return beam_search_reference
    if implementation == "batched":
        return beam_search_batched
    if implementation == "native":
        reason, search = why_not_native(network, features, observed), _native
    else:
        reason, search = why_not_fused(network, features, beam_width, observed), _fused
    if reason is not None:
        raise ValueError(f"implementation {implementation!r} does not serve here: {reason}")
    return search


def _choose_bfloat16(
    implementation: str, network: PathNetwork, features: Tensor, beam_width: int, observed: bool
) -> BeamSearch:
    """The implementations that know of it; never one that would leave it out in silence."""
    if implementation == "auto":
        implementation = "fused" if features.device.type == "cuda" else "native"
    reason: str | None = f"{implementation!r} has float32 weights only"
    if implementation == "native":
        reason = why_not_native(network, features, observed)
    elif implementation == "fused":
        reason = why_not_fused(network, features, beam_width, observed)
    if reason is None and isinstance(network, CNNRNN) and type(network.cell) is not LSTMCell:
        reason = "the recurrent cell is not an LSTM"
    if reason is not None:
        raise ValueError(f"weights 'bfloat16' are not served here: {reason}")
    return partial(_native if implementation == "native" else _fused, weights="bfloat16")


def _fastest(network: PathNetwork, features: Tensor, beam_width: int, observed: bool) -> BeamSearch:
    if features.device.type == "cuda":
        name, search = "fused", _fused
        reason = why_not_fused(network, features, beam_width, observed)
    else:
        name, search = "native", _native
        reason = why_not_native(network, features, observed)
    if reason is None:
        return search
    _say_once(f"beam search: batched instead of {name}, since {reason}")
    return beam_search_batched


def why_not_native(network: PathNetwork, features: Tensor, observed: bool) -> str | None:
    """Why the compiled CPU search does not serve; None if it does."""
    reasons: tuple[tuple[Callable[[], bool], str], ...] = (
        (lambda: features.device.type != "cpu", "the features are not on the CPU"),
        (lambda: observed, "scores other than prefix_mass are asked for beside the paths"),
        *_needs_plain_network(network, features),
    )
    reason = next((reason for applies, reason in reasons if applies()), None)
    # Asked last: the first answer takes a compilation.
    return why_not_available() if reason is None else reason


def why_not_fused(
    network: PathNetwork, features: Tensor, beam_width: int, observed: bool
) -> str | None:
    """Why the Triton kernel does not serve; None if it does."""
    reasons: tuple[tuple[Callable[[], bool], str], ...] = (
        (lambda: features.device.type != "cuda", "the features are not on a CUDA device"),
        (lambda: torch.version.hip is not None, "the kernels are made for NVIDIA's GPUs"),
        (lambda: find_spec("triton") is None, "triton is not installed"),
        (_has_no_compiler, "triton needs gcc or clang for its first launch"),
        (lambda: beam_width > MAX_FUSED_BEAM_WIDTH, f"beam_width exceeds {MAX_FUSED_BEAM_WIDTH}"),
        (lambda: observed, "scores are asked for beside the paths"),
        *_needs_plain_network(network, features),
    )
    return next((reason for applies, reason in reasons if applies()), None)


def _has_no_compiler() -> bool:
    """Triton compiles what launches its kernels; what only runs PyTorch may have no compiler."""
    return "CC" not in os.environ and not any(map(shutil.which, ("gcc", "clang")))


def _needs_plain_network(
    network: PathNetwork, features: Tensor
) -> tuple[tuple[Callable[[], bool], str], ...]:
    """What an implementation asks that computes the joint space by itself."""
    # A subclass may compute something else.
    known = network if isinstance(network, CNNRNN) and type(network) is CNNRNN else None
    device_type = features.device.type
    return (
        (lambda: known is None, "the network is not a CNNRNN"),
        (lambda: known is not None and known.training, "the network is in training mode"),
        (
            lambda: known is not None and known.label_embedding.dtype != torch.float32,
            "the network is not in float32",
        ),
        (lambda: torch.is_autocast_enabled(device_type), "autocast is on"),
    )


def _native(
    network: PathNetwork,
    features: Tensor,
    beam_width: int,
    max_length: int,
    min_length: int,
    observe: Observer | None,
    /,
    weights: Weights = "float32",
) -> Paths:
    assert isinstance(network, CNNRNN)
    return beam_search_native(network, features, beam_width, max_length, min_length, weights)


def _fused(
    network: PathNetwork,
    features: Tensor,
    beam_width: int,
    max_length: int,
    min_length: int,
    observe: Observer | None,
    /,
    weights: Weights = "float32",
) -> Paths:
    # Loads triton, so only where it is used.
    from cnn_rnn.decoding.fused import beam_search_fused

    assert isinstance(network, CNNRNN)
    return beam_search_fused(network, features, beam_width, max_length, min_length, weights=weights)


@cache
def _say_once(message: str) -> None:
    _LOGGER.info("%s", message)
