"""Orders that the network decides, against brute force over permutations."""

import itertools

import pytest
import torch
from torch import Tensor

from cnn_rnn import aligned_orders
from cnn_rnn.label_space import paths_to_targets
from cnn_rnn.network import CNNRNN

K = 6


@pytest.fixture
def network() -> CNNRNN:
    torch.manual_seed(0)
    made = CNNRNN(K, 5, embedding_dim=4, hidden_dim=7, label_scale=2.0)
    return made.train()  # dropout is on: orders must not see it


@pytest.fixture
def features() -> Tensor:
    return torch.randn(40, 5, generator=torch.Generator().manual_seed(1)) * 3


@pytest.fixture
def target() -> Tensor:
    made = torch.rand(40, K, generator=torch.Generator().manual_seed(2)) < 0.5
    made[0], made[1] = False, True  # no label; all labels
    return made


def cost(log_probs: Tensor, labels: list[int]) -> float:
    return -sum(float(log_probs[step, label]) for step, label in enumerate(labels))


def on_path(path: Tensor) -> list[int]:
    return [label for label in path.tolist() if label >= 0]


def free(network: CNNRNN, features: Tensor, target: Tensor) -> tuple[Tensor, Tensor]:
    return aligned_orders.free_run(network, features, target)


def test_a_greedy_path_is_that_of_one_step_after_the_other(
    network: CNNRNN, features: Tensor, target: Tensor
) -> None:
    paths, log_probs = free(network, features, target)
    network.eval()
    forced = network(features, paths)
    for image in range(len(paths)):
        taken: list[int] = []
        for step in range(int(target[image].sum())):
            torch.testing.assert_close(log_probs[image, step], forced[image, step])
            order = forced[image, step, :K].argsort(descending=True).tolist()
            taken.append(next(label for label in order if label not in taken))
        assert on_path(paths[image]) == taken


def test_easiest_first_takes_the_most_probable_true_label_at_each_step(
    network: CNNRNN, features: Tensor, target: Tensor
) -> None:
    paths = aligned_orders.easiest_first(network, features, target)
    assert torch.equal(paths_to_targets(paths, K), target)
    network.eval()
    forced = network(features, paths)
    for image in range(len(paths)):
        labels = on_path(paths[image])
        for step, label in enumerate(labels):
            assert label == max(labels[step:], key=lambda other: forced[image, step, other])


def test_the_networks_mode_and_gradients_are_left_alone(
    network: CNNRNN, features: Tensor, target: Tensor
) -> None:
    _, log_probs = free(network, features, target)
    assert network.training
    assert not log_probs.requires_grad
    assert all(weight.grad is None for weight in network.parameters())


def test_minimal_loss_is_the_cheapest_of_all_permutations(
    network: CNNRNN, features: Tensor, target: Tensor
) -> None:
    _, log_probs = free(network, features, target)
    paths = aligned_orders.minimal_loss(log_probs, target)
    assert torch.equal(paths_to_targets(paths, K), target)
    for image in range(2, len(paths)):
        labels = on_path(paths[image])
        best = min(cost(log_probs[image], list(p)) for p in itertools.permutations(labels))
        assert cost(log_probs[image], labels) == pytest.approx(best, abs=1e-5)


def test_predicted_label_keeps_what_is_right_and_is_the_cheapest_that_does(
    network: CNNRNN, features: Tensor, target: Tensor
) -> None:
    predicted, log_probs = free(network, features, target)
    paths = aligned_orders.predicted_label(log_probs, predicted, target)
    assert torch.equal(paths_to_targets(paths, K), target)
    kept = 0
    for image in range(2, len(paths)):
        labels, ours = on_path(paths[image]), on_path(predicted[image])
        fixed = {step: label for step, label in enumerate(ours) if label in labels}
        kept += 0 < len(fixed) < len(labels)
        assert all(labels[step] == label for step, label in fixed.items())
        allowed = [
            list(order)
            for order in itertools.permutations(labels)
            if all(order[step] == label for step, label in fixed.items())
        ]
        best = min(cost(log_probs[image], order) for order in allowed)
        assert cost(log_probs[image], labels) == pytest.approx(best, abs=1e-5)
    assert kept > 5


def test_the_two_alignments_differ_where_a_right_label_would_be_cheaper_elsewhere() -> None:
    probability = torch.tensor([[0.5, 0.45, 0.05], [0.6, 0.01, 0.39]])
    log_probs = probability.log().unsqueeze(0)
    target = torch.tensor([[True, True]])
    predicted = torch.tensor([[0, 1]])  # what is not taken yet: 0, then 1
    assert aligned_orders.minimal_loss(log_probs, target).tolist() == [[1, 0]]
    assert aligned_orders.predicted_label(log_probs, predicted, target).tolist() == [[0, 1]]


def test_labels_without_probability_and_diverged_networks_are_still_ordered() -> None:
    log_probs = torch.tensor([[[-1.0, -torch.inf, -2.0], [-1.0, -torch.inf, torch.nan]]])
    target = torch.tensor([[True, True]])
    paths = aligned_orders.minimal_loss(log_probs, target)
    assert sorted(paths[0].tolist()) == [0, 1]


def test_batches_without_labels_or_images_have_empty_paths(network: CNNRNN) -> None:
    for count in (0, 3):
        features, target = torch.zeros(count, 5), torch.zeros(count, K, dtype=torch.bool)
        predicted, log_probs = free(network, features, target)
        assert predicted.shape == (count, 0)
        assert aligned_orders.minimal_loss(log_probs, target).shape == (count, 0)


def test_a_path_longer_than_the_labels_allowed_is_refused(network: CNNRNN) -> None:
    allowed = torch.ones(1, K, dtype=torch.bool)
    with pytest.raises(ValueError, match="longer"):
        aligned_orders.greedy_paths(network, torch.zeros(1, 5), allowed, torch.tensor([K + 1]))
