import math
from collections.abc import Callable
from typing import get_args

import pytest
import torch
from torch import Tensor

from cnn_rnn.decoding import Paths, beam_search
from cnn_rnn.decoding.reference import beam_search_reference
from cnn_rnn.scoring import Strategy, decode_and_score


class SmallNetwork:
    """Five labels; the next label depends on the last one and on the image."""

    num_labels = 5
    start_id = end_id = 5

    def __init__(self, seed: int = 0, scale: float = 1.0) -> None:
        generator = torch.Generator().manual_seed(seed)
        self.table = scale * torch.randn(6, 6, generator=generator)

    def encode_image(self, features: Tensor) -> Tensor:
        return features

    def initial_state(self, batch_size: int) -> Tensor:
        return torch.zeros(batch_size, 6)

    def advance(self, state: Tensor, label_ids: Tensor) -> tuple[Tensor, Tensor]:
        state = 0.5 * state + self.table[label_ids]
        return state, state

    def logits(self, image_embedding: Tensor, path_embedding: Tensor) -> Tensor:
        return image_embedding + path_embedding


@pytest.fixture
def features() -> Tensor:
    return torch.randn(4, 6, generator=torch.Generator().manual_seed(3))


Record = list[tuple[list[float], list[list[float]]]]
"""A step of one image: the probability of each live prefix, and of it with each label."""


def steps_of(network: SmallNetwork, features: Tensor, image: int, beam_width: int) -> Record:
    """What the reference search looks at, image by image, in probabilities."""
    record: Record = []

    def observe(step: int, images: Tensor, prefixes: Tensor, labels: Tensor) -> None:
        assert step == len(record)
        record.append((prefixes[0].exp().tolist(), labels[0].exp().tolist()))

    beam_search_reference(network, features[image : image + 1], beam_width, 4, 0, observe)
    return record


def plain_prefix_mass(record: Record, paths: Paths, label_id: int) -> float:
    return sum(row[label_id] for _, rows in record for row in rows)


def plain_first_step(record: Record, paths: Paths, label_id: int) -> float:
    return record[0][1][0][label_id]


def plain_max_over_steps(record: Record, paths: Paths, label_id: int) -> float:
    return max(sum(row[label_id] for row in rows) / sum(prefixes) for prefixes, rows in record)


def plain_path_posterior(record: Record, paths: Paths, label_id: int) -> float:
    probabilities = paths.log_probs[0].exp().tolist()
    holding = [
        probability
        for label_ids, probability in zip(paths.label_ids[0].tolist(), probabilities, strict=True)
        if label_id in label_ids
    ]
    share: float = sum(holding) / sum(probabilities)
    return share + 1e-4 * record[0][1][0][label_id]


PLAIN: dict[Strategy, Callable[[Record, Paths, int], float]] = {
    "prefix_mass": plain_prefix_mass,
    "path_posterior": plain_path_posterior,
    "max_over_steps": plain_max_over_steps,
    "first_step": plain_first_step,
}


@pytest.mark.parametrize("strategy", get_args(Strategy))
@pytest.mark.parametrize("implementation", ["batched", "reference"])
@pytest.mark.parametrize("beam_width", [1, 3, 7])
def test_scores_equal_a_plain_computation(
    strategy: Strategy, implementation: str, beam_width: int, features: Tensor
) -> None:
    network = SmallNetwork(beam_width)
    paths, scores = decode_and_score(
        network,
        features,
        beam_width,
        4,
        0,
        strategy,
        implementation,  # type: ignore[arg-type]
    )
    for image in range(features.shape[0]):
        record = steps_of(network, features, image, beam_width)
        alone = Paths(*(part[image : image + 1] for part in paths))
        expected = [math.log(PLAIN[strategy](record, alone, label_id)) for label_id in range(5)]
        torch.testing.assert_close(scores[image], torch.tensor(expected), rtol=1e-4, atol=1e-4)


@pytest.mark.parametrize("strategy", get_args(Strategy))
def test_the_paths_are_those_of_the_search_alone(strategy: Strategy, features: Tensor) -> None:
    network = SmallNetwork(1)
    paths, _ = decode_and_score(network, features, 3, 4, 1, strategy)
    expected = beam_search(network, features, 3, 4, 1)
    assert torch.equal(paths.label_ids, expected.label_ids)
    assert torch.equal(paths.lengths, expected.lengths)
    torch.testing.assert_close(paths.log_probs, expected.log_probs)


@pytest.mark.parametrize("strategy", get_args(Strategy))
@pytest.mark.parametrize("scale", [1.0, 30.0])
def test_labels_absent_from_all_paths_do_not_tie(
    strategy: Strategy, scale: float, features: Tensor
) -> None:
    paths, scores = decode_and_score(SmallNetwork(4, scale), features, 1, 2, 0, strategy)
    for label_ids, row in zip(paths.label_ids, scores, strict=True):
        absent = [i for i in range(5) if i not in label_ids.flatten().tolist()]
        assert len(set(row[absent].tolist())) == len(absent) > 1


def test_prefix_mass_is_the_probability_of_the_label_when_the_beam_holds_all_paths(
    features: Tensor,
) -> None:
    network = SmallNetwork(5)
    paths, scores = decode_and_score(network, features, 400, 5)
    for image in range(features.shape[0]):
        probabilities = paths.log_probs[image].exp()
        holding = torch.stack(
            [(paths.label_ids[image] == i).any(dim=1).float() @ probabilities for i in range(5)]
        )
        # What END would take from longer paths is masked and lost, so mass may only exceed it.
        assert (scores[image].exp() >= holding - 1e-6).all()
        assert (scores[image].exp() <= 1 + 1e-6).all()


def test_an_image_without_a_complete_path_is_ranked_by_its_first_step() -> None:
    network = SmallNetwork(0)
    network.table[:, 5] = -torch.inf
    features = torch.randn(2, 6, generator=torch.Generator().manual_seed(3))
    paths, scores = decode_and_score(network, features, 3, 4, 0, "path_posterior")
    assert (paths.lengths == -1).all()
    first = decode_and_score(network, features, 3, 4, 0, "first_step")[1]
    torch.testing.assert_close(scores - first, torch.full_like(first, math.log(1e-4)))


def test_an_impossible_label_scores_minus_infinity(features: Tensor) -> None:
    network = SmallNetwork(0)
    network.table[:, 2] = -torch.inf
    for strategy in get_args(Strategy):
        scores = decode_and_score(network, features, 3, 4, 0, strategy)[1]
        assert (scores[:, 2] == -torch.inf).all()
        assert scores[:, [0, 1, 3, 4]].isfinite().all()


def test_scores_of_an_empty_batch_are_empty() -> None:
    assert decode_and_score(SmallNetwork(), torch.zeros(0, 6), 3, 4)[1].shape == (0, 5)


def test_an_unknown_strategy_is_refused(features: Tensor) -> None:
    with pytest.raises(ValueError, match=r"prefix_mass.*got 'sum'"):
        decode_and_score(SmallNetwork(), features, 3, 4, strategy="sum")  # type: ignore[arg-type]


@pytest.mark.parametrize("strategy", get_args(Strategy))
def test_scores_in_inference_mode_are_the_same(strategy: Strategy, features: Tensor) -> None:
    network = SmallNetwork()
    expected = decode_and_score(network, features, 3, 4, strategy=strategy)[1]
    with torch.inference_mode():
        found = decode_and_score(network, features.clone(), 3, 4, strategy=strategy)[1]
    assert torch.equal(found, expected)
