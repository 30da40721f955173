"""The reference against exhaustive enumeration and hand-made cases."""

from collections.abc import Callable

import pytest
import torch
from torch import Tensor

from cnn_rnn.decoding import PathNetwork, Paths
from cnn_rnn.decoding.protocol import State, log_probs_of
from cnn_rnn.decoding.reference import beam_search_reference

Build = Callable[..., PathNetwork]


def enumerate_paths(
    network: PathNetwork, features: Tensor, max_length: int, min_length: int
) -> list[tuple[float, tuple[int, ...]]]:
    """Every complete path of one image with its log-probability, best first."""
    image_embedding = network.encode_image(features)
    complete = []
    pending: list[tuple[tuple[int, ...], float, State, int]] = [
        ((), 0.0, network.initial_state(1), network.start_id)
    ]
    while pending:
        prefix, total, state, last_id = pending.pop()
        state, path_embedding = network.advance(state, torch.tensor([last_id]))
        log_probs = log_probs_of(network, image_embedding, path_embedding)[0].double()
        if len(prefix) >= min_length:
            complete.append((total + log_probs[network.end_id].item(), prefix))
        if len(prefix) < max_length:
            for label_id in set(range(network.num_labels)) - set(prefix):
                extended = total + log_probs[label_id].item()
                pending.append(((*prefix, label_id), extended, state, label_id))
    return sorted((path for path in complete if path[0] > -torch.inf), reverse=True)


def as_list(paths: Paths, image: int = 0) -> list[tuple[int, ...]]:
    return [
        tuple(label_ids[:length])
        for label_ids, length in zip(
            paths.label_ids[image].tolist(), paths.lengths[image].tolist(), strict=True
        )
        if length >= 0
    ]


@pytest.mark.parametrize("num_labels", [1, 2, 3, 4, 5])
@pytest.mark.parametrize("min_length", [0, 1, 3])
def test_a_beam_as_wide_as_the_tree_finds_all_paths_in_order(
    num_labels: int, min_length: int, random_network: Build
) -> None:
    min_length = min(min_length, num_labels)
    network = random_network(num_labels, 5, num_labels + 10 * min_length)
    features = torch.randn(1, 5, generator=torch.Generator().manual_seed(7))
    expected = enumerate_paths(network, features, num_labels, min_length)
    found = beam_search_reference(network, features, 330, num_labels, min_length)
    assert as_list(found) == [path for _, path in expected]
    log_probs = torch.tensor([log_prob for log_prob, _ in expected])
    torch.testing.assert_close(found.log_probs[0, : len(expected)], log_probs)
    assert (found.log_probs[0, len(expected) :] == -torch.inf).all()


@pytest.mark.parametrize("max_length", [0, 1, 2, 4])
def test_complete_paths_have_a_total_probability_of_at_most_one(
    max_length: int, random_network: Build
) -> None:
    network = random_network(4, 5, max_length)
    features = torch.randn(1, 5, generator=torch.Generator().manual_seed(7))
    found = beam_search_reference(network, features, 100, max_length)
    assert 0 < found.log_probs.exp().sum() <= 1 + 1e-6


@pytest.mark.parametrize("beam_width", [1, 2, 3, 5])
def test_found_paths_are_complete_paths_with_their_own_probability(
    beam_width: int, random_network: Build
) -> None:
    network = random_network(5, 5, beam_width)
    features = torch.randn(1, 5, generator=torch.Generator().manual_seed(8))
    known = {path: log_prob for log_prob, path in enumerate_paths(network, features, 4, 1)}
    found = beam_search_reference(network, features, beam_width, 4, 1)
    for path, log_prob in zip(as_list(found), found.log_probs[0].tolist(), strict=True):
        assert log_prob == pytest.approx(known[path], abs=1e-5)
    assert found.log_probs[0].tolist() == sorted(found.log_probs[0].tolist(), reverse=True)


class ByHand:
    """Two labels; logits by prefix, as written in the test."""

    num_labels = 2
    start_id = end_id = 2

    def __init__(self, probabilities: dict[tuple[int, ...], tuple[float, float, float]]) -> None:
        self.probabilities = probabilities

    def encode_image(self, features: Tensor) -> Tensor:
        return features

    def initial_state(self, batch_size: int) -> Tensor:
        return torch.full((batch_size, 3), -1)

    def advance(self, state: Tensor, label_ids: Tensor) -> tuple[Tensor, Tensor]:
        state = torch.cat([state[:, 1:], label_ids.unsqueeze(1)], dim=1)
        rows = [[i for i in row if i not in (-1, 2)] for row in state.tolist()]
        return state, torch.tensor([self.probabilities[tuple(row)] for row in rows]).log()

    def logits(self, image_embedding: Tensor, path_embedding: Tensor) -> Tensor:
        return path_embedding


def test_a_hand_made_case_gives_the_paths_worked_out_on_paper() -> None:
    network = ByHand(
        {
            (): (0.5, 0.3, 0.2),
            (0,): (0.1, 0.5, 0.4),
            (1,): (0.6, 0.1, 0.3),
            (0, 1): (0.0, 0.1, 0.9),
            (1, 0): (0.1, 0.4, 0.5),
        }
    )
    found = beam_search_reference(network, torch.zeros(1, 1), beam_width=3, max_length=2)
    # 0 1: .5 .5 .9 = .225; the empty path: .2; 0: .5 .4 = .2, but END is only third there
    assert as_list(found) == [(0, 1), (), (0,)]
    expected = torch.tensor([[0.225, 0.2, 0.2]]).log()
    torch.testing.assert_close(found.log_probs, expected)
    assert found.label_ids.tolist() == [[[0, 1], [-1, -1], [0, -1]]]


def test_end_enters_only_among_the_best_of_all_continuations() -> None:
    network = ByHand(
        {
            (): (0.5, 0.4, 0.1),
            (0,): (0.0, 0.0, 1.0),
            (1,): (0.0, 0.0, 1.0),
            (0, 1): (0.0, 0.0, 1.0),
            (1, 0): (0.0, 0.0, 1.0),
        }
    )
    # END of the empty path is third of three: two beams never see it, three do.
    two = beam_search_reference(network, torch.zeros(1, 1), beam_width=2, max_length=2)
    assert as_list(two) == [(0,), (1,)]
    three = beam_search_reference(network, torch.zeros(1, 1), beam_width=3, max_length=2)
    assert as_list(three) == [(0,), (1,), ()]


def test_of_equal_paths_the_lower_parent_and_label_come_first(table_network: Build) -> None:
    network = table_network(3, values=(0.0,))
    found = beam_search_reference(network, torch.zeros(1, 4), beam_width=7, max_length=2)
    # END of (2,) is the last of nine continuations, so it does not enter.
    assert as_list(found) == [(), (0,), (1,), (0, 1), (0, 2), (1, 0), (1, 2)]


def test_end_is_forbidden_before_min_length(random_network: Build) -> None:
    network = random_network(6, 5, 1, end_bias=20.0)
    features = torch.randn(4, 5, generator=torch.Generator().manual_seed(8))
    assert (beam_search_reference(network, features, 1, 5, 0).lengths == 0).all()
    assert (beam_search_reference(network, features, 1, 5, 3).lengths == 3).all()


def test_end_is_paid_for_at_max_length(table_network: Build) -> None:
    found = beam_search_reference(table_network(3, values=(0.0,)), torch.zeros(1, 4), 2, 1, 1)
    torch.testing.assert_close(found.log_probs, torch.tensor([[1 / 16, 1 / 16]]).log())


def test_slots_without_a_path_are_padding(table_network: Build) -> None:
    found = beam_search_reference(table_network(1, values=(0.0,)), torch.zeros(1, 2), 4, 3)
    assert found.lengths.tolist() == [[0, 1, -1, -1]]
    assert found.label_ids.tolist() == [[[-1] * 3, [0, -1, -1], [-1] * 3, [-1] * 3]]
    assert found.log_probs[0, 2:].tolist() == [-torch.inf, -torch.inf]
