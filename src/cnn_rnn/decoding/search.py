"""The door to the beam search: checks the arguments and picks an implementation (section 3.3)."""

import torch
from torch import Tensor

from cnn_rnn.decoding.choice import Implementation, choose, why_not_native
from cnn_rnn.decoding.native import beam_search_native_with_mass
from cnn_rnn.decoding.paths import Paths, empty_paths
from cnn_rnn.decoding.protocol import Observer, PathNetwork, Weights, outlasting
from cnn_rnn.network import CNNRNN


def beam_search(
    network: PathNetwork,
    features: Tensor,
    beam_width: int,
    max_length: int,
    min_length: int = 0,
    implementation: Implementation = "auto",
    weights: Weights = "float32",
) -> Paths:
    """The ``beam_width`` most probable label paths of each image (section 3.3).

    Every live path is extended by each label that is not on it, and by END. A path that ENDs
    becomes a candidate if this is among the ``beam_width`` best of all continuations; END takes no
    slot of the beam. The search of an image stops when no live path can become one of the
    ``beam_width`` best candidates any more. Equals are ranked by the rank of the path they
    continue, then by label id, END last.

    Args:
        network: anything with the members of ``PathNetwork``, in evaluation mode.
        features: (B, F) float; B may be 0.
        beam_width: N, at least 1; it may exceed the number of labels or of paths.
        max_length: T, most labels on a path, at least 0; paths of T labels pay for END too.
        min_length: labels before END is allowed, 0..min(T, K).
        implementation: "reference" is the plain specification, one image at a time; "batched"
            serves any network and device; "native" (compiled, CPU) and "fused" (Triton, CUDA)
            serve a float32 ``CNNRNN`` in evaluation mode. "auto" takes the fastest that serves.
        weights: of the recurrent product. "bfloat16" is faster where the processor multiplies it
            and moves results by some 1e-2 (``docs/decoding.md``); "native" and "fused" serve it,
            for an LSTM.

    Returns:
        Paths on the device of ``features``, best first; fewer than N paths may exist.

    Raises:
        ValueError: an argument is out of range, the implementation does not serve the network or
            device, or the network's log-probabilities are NaN.
    """
    return search_observed(
        network, features, beam_width, max_length, min_length, implementation, None, weights
    )


@outlasting()
def search_observed(
    network: PathNetwork,
    features: Tensor,
    beam_width: int,
    max_length: int,
    min_length: int,
    implementation: str,
    observe: Observer | None,
    weights: Weights = "float32",
) -> Paths:
    """``beam_search`` that also tells ``observe`` of each step; for ``cnn_rnn.scoring``."""
    _check_arguments(network.num_labels, features, beam_width, max_length, min_length)
    search = choose(implementation, network, features, beam_width, observe is not None, weights)
    if features.shape[0] == 0:
        dtype = torch.promote_types(features.dtype, torch.float32)
        return empty_paths(0, beam_width, max_length, dtype=dtype, device=features.device)
    return search(network, features, beam_width, max_length, min_length, observe)


@outlasting()
def search_with_prefix_mass(
    network: PathNetwork,
    features: Tensor,
    beam_width: int,
    max_length: int,
    min_length: int,
    implementation: str,
) -> tuple[Paths, Tensor] | None:
    """The paths and the logarithm of each label's prefix mass, (B, K), from the compiled search.

    For ``cnn_rnn.scoring``; None where another implementation is wanted, or has to serve.
    """
    _check_arguments(network.num_labels, features, beam_width, max_length, min_length)
    if implementation not in ("auto", "native") or features.shape[0] == 0:
        return None
    if implementation == "auto" and why_not_native(network, features, observed=False) is not None:
        return None
    choose("native", network, features, beam_width, observed=False)
    assert isinstance(network, CNNRNN)
    return beam_search_native_with_mass(network, features, beam_width, max_length, min_length)


def _check_arguments(
    num_labels: int, features: Tensor, beam_width: int, max_length: int, min_length: int
) -> None:
    if features.ndim != 2 or not features.is_floating_point():
        raise ValueError(
            f"expected features of shape (B, F) and a float dtype, "
            f"got shape {tuple(features.shape)} and {features.dtype}"
        )
    if beam_width < 1:
        raise ValueError(f"expected beam_width of at least 1, got {beam_width}")
    if max_length < 0:
        raise ValueError(f"expected max_length of at least 0, got {max_length}")
    if not 0 <= min_length <= min(max_length, num_labels):
        raise ValueError(
            f"expected min_length between 0 and the smaller of max_length ({max_length}) and the "
            f"number of labels ({num_labels}), got {min_length}: no path could be complete"
        )
