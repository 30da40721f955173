"""Recurrent weights in bfloat16: how far the results move, and who refuses."""

from collections.abc import Callable

import pytest
import torch

from benchmarks.speed.decoding_workload import Workload
from cnn_rnn.decoding import PathNetwork, beam_search
from cnn_rnn.decoding.native_build import why_not_available
from cnn_rnn.network import CNNRNN

needs_native = pytest.mark.skipif(
    why_not_available() is not None, reason=f"no compiled search: {why_not_available()}"
)


@needs_native
def test_bfloat16_weights_move_a_trained_networks_paths_a_little(trained: Workload) -> None:
    exact = beam_search(trained.network, trained.features, 5, 8)
    found = beam_search(trained.network, trained.features, 5, 8, weights="bfloat16")
    same = (found.label_ids == exact.label_ids).all(dim=2)  # (B, N)
    assert same[:, 0].float().mean() >= 0.99
    assert same.all(dim=1).float().mean() >= 0.97
    difference = (found.log_probs - exact.log_probs)[same].abs()
    assert 0 < difference.max() <= 0.02


@needs_native
def test_prefixes_of_both_kinds_of_weights_are_kept_apart(trained: Workload) -> None:
    features = trained.features[:50]
    first = beam_search(trained.network, features, 5, 8)
    beam_search(trained.network, features, 5, 8, weights="bfloat16")
    again = beam_search(trained.network, features, 5, 8)
    assert torch.equal(again.log_probs, first.log_probs)


@pytest.mark.parametrize("implementation", ["reference", "batched"])
def test_implementations_without_bfloat16_refuse_it(implementation: str) -> None:
    network = CNNRNN(4, 3, hidden_dim=8).eval()
    with pytest.raises(ValueError, match=f"'{implementation}' has float32 weights only"):
        beam_search(network, torch.zeros(1, 3), 2, 3, 0, implementation, "bfloat16")  # type: ignore[arg-type]


@needs_native
def test_auto_refuses_bfloat16_for_a_cell_that_is_no_lstm() -> None:
    network = CNNRNN(4, 3, hidden_dim=8, cell="gru").eval()
    with pytest.raises(ValueError, match="the recurrent cell is not an LSTM"):
        beam_search(network, torch.zeros(1, 3), 2, 3, weights="bfloat16")


def test_auto_refuses_bfloat16_for_any_other_network(
    random_network: Callable[..., PathNetwork],
) -> None:
    with pytest.raises(ValueError, match="the network is not a CNNRNN"):
        beam_search(random_network(4), torch.zeros(1, 5), 2, 3, weights="bfloat16")


def test_unknown_weights_are_named_with_the_known_ones() -> None:
    network = CNNRNN(4, 3, hidden_dim=8).eval()
    with pytest.raises(ValueError, match=r"'float32', 'bfloat16'.*'int8'"):
        beam_search(network, torch.zeros(1, 3), 2, 3, weights="int8")  # type: ignore[arg-type]
