"""Every implementation returns what the reference returns."""

from collections.abc import Callable
from typing import Literal, get_args

import pytest
import torch
from torch import Tensor

from cnn_rnn.cells import CellName
from cnn_rnn.decoding import PathNetwork, Paths
from cnn_rnn.decoding.batched import beam_search_batched
from cnn_rnn.decoding.reference import beam_search_reference
from cnn_rnn.network import CNNRNN

Search = Callable[[PathNetwork, Tensor, int, int, int], Paths]
Build = Callable[..., PathNetwork]
Check = Callable[[Paths, Paths], None]


def batched_with_rare_checks(
    network: PathNetwork, features: Tensor, beam_width: int, max_length: int, min_length: int
) -> Paths:
    """The way taken on a GPU: finished images and dead paths stay for some steps."""
    return beam_search_batched(
        network, features, beam_width, max_length, min_length, None, 3, False
    )


def batched_with_observer(
    network: PathNetwork, features: Tensor, beam_width: int, max_length: int, min_length: int
) -> Paths:
    """The way taken by scoring: hopeless paths stay."""

    def ignore(step: int, images: Tensor, prefixes: Tensor, labels: Tensor) -> None:
        pass

    return beam_search_batched(network, features, beam_width, max_length, min_length, ignore)


def batched_alone(
    network: PathNetwork, features: Tensor, beam_width: int, max_length: int, min_length: int
) -> Paths:
    """Each path is advanced on its own."""
    return beam_search_batched(
        network, features, beam_width, max_length, min_length, share_prefixes=False
    )


@pytest.fixture(
    params=[beam_search_batched, batched_alone, batched_with_rare_checks, batched_with_observer],
    ids=["batched", "batched-alone", "batched-rare-checks", "batched-observed"],
)
def search(request: pytest.FixtureRequest) -> Search:
    chosen: Search = request.param
    return chosen


def draw(generator: torch.Generator, low: int, high: int) -> int:
    return int(torch.randint(low, high + 1, (1,), generator=generator))


@pytest.mark.parametrize("part", range(4))
def test_random_models_agree(
    search: Search, part: int, random_network: Build, assert_same_paths: Check
) -> None:
    generator = torch.Generator().manual_seed(part)
    for case in range(125):
        num_labels = draw(generator, 1, 9)
        beam_width = draw(generator, 1, 10)
        max_length = draw(generator, 0, 6)
        min_length = draw(generator, 0, min(max_length, num_labels))
        end_bias = (-torch.inf, -4.0, 0.0, 0.0, 4.0, 60.0)[draw(generator, 0, 5)]
        scale = (0.1, 1.0, 1.0, 5.0)[draw(generator, 0, 3)]
        network = random_network(num_labels, 5, 1000 * part + case, end_bias, scale)
        features = torch.randn(draw(generator, 1, 3), 5, generator=generator)
        arguments = (features, beam_width, max_length, min_length)
        assert_same_paths(search(network, *arguments), beam_search_reference(network, *arguments))


@pytest.mark.parametrize(
    "values", [(0.0,), (0.0, -1.0), (0.0, -0.5, -torch.inf), (0.0, -torch.inf)]
)
def test_tied_models_agree_in_every_slot(
    search: Search, values: tuple[float, ...], table_network: Build
) -> None:
    generator = torch.Generator().manual_seed(len(values))
    for case in range(150):
        num_labels = draw(generator, 1, 8)
        beam_width = draw(generator, 1, 10)
        max_length = draw(generator, 0, 5)
        min_length = draw(generator, 0, min(max_length, num_labels))
        network = table_network(num_labels, case, values)
        features = torch.randint(-1, 1, (2, num_labels + 1), generator=generator).float()
        arguments = (features, beam_width, max_length, min_length)
        found = search(network, *arguments)
        expected = beam_search_reference(network, *arguments)
        for part, whole in zip(found, expected, strict=True):
            torch.testing.assert_close(part, whole, rtol=0, atol=0)


@pytest.mark.parametrize(
    ("batch_size", "num_labels", "beam_width", "max_length", "min_length"),
    [
        (1, 81, 4, 7, 3),
        (5, 80, 5, 6, 0),
        (33, 20, 3, 4, 1),
        (2, 130, 32, 3, 0),
        (1, 1, 1, 1, 1),
        (3, 1, 6, 4, 0),
        (3, 3, 8, 10, 3),
        (4, 6, 2, 0, 0),
        (7, 257, 1, 5, 2),
    ],
    ids=str,
)
def test_named_sizes_agree(
    search: Search,
    batch_size: int,
    num_labels: int,
    beam_width: int,
    max_length: int,
    min_length: int,
    random_network: Build,
    assert_same_paths: Check,
) -> None:
    network = random_network(num_labels, 5, num_labels)
    features = torch.randn(batch_size, 5, generator=torch.Generator().manual_seed(batch_size))
    arguments = (features, beam_width, max_length, min_length)
    assert_same_paths(search(network, *arguments), beam_search_reference(network, *arguments))


def test_images_that_finish_at_different_steps_keep_their_paths(
    search: Search, random_network: Build, assert_same_paths: Check
) -> None:
    network = random_network(12, 5, 3, end_bias=1.0)
    features = 4 * torch.randn(40, 5, generator=torch.Generator().manual_seed(4))
    together = search(network, features, 3, 9, 0)
    for image in range(40):
        alone = search(network, features[image : image + 1], 3, 9, 0)
        assert_same_paths(Paths(*(part[image : image + 1] for part in together)), alone)
    assert len(set(together.lengths[:, 0].tolist())) > 2


@pytest.mark.parametrize("cell", get_args(CellName))
@pytest.mark.parametrize("joint_activation", ["identity", "relu"])
def test_every_cell_agrees(
    search: Search,
    cell: CellName,
    joint_activation: Literal["identity", "relu"],
    assert_same_paths: Check,
) -> None:
    torch.manual_seed(2)
    network = CNNRNN(23, 9, 8, 16, cell, joint_activation).eval().requires_grad_(False)
    # An untrained cell may hardly speak, and then all orders of some labels nearly tie.
    for parameter in network.parameters():
        parameter.normal_(std=0.4)
    features = torch.randn(9, 9)
    for beam_width, min_length in ((1, 0), (4, 2), (7, 0)):
        arguments = (features, beam_width, 6, min_length)
        assert_same_paths(search(network, *arguments), beam_search_reference(network, *arguments))


def test_many_labels_and_a_wide_beam_agree(search: Search, assert_same_paths: Check) -> None:
    torch.manual_seed(2)
    network = CNNRNN(5000, 9, 8, 16).eval().requires_grad_(False)
    arguments = (torch.randn(2, 9), 32, 2, 1)
    assert_same_paths(search(network, *arguments), beam_search_reference(network, *arguments))


def test_float64_networks_give_float64_log_probs(
    search: Search, random_network: Build, assert_same_paths: Check
) -> None:
    network = random_network(7, 5, 2, dtype=torch.float64)
    features = torch.randn(3, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    found = search(network, features, 4, 5, 0)
    assert found.log_probs.dtype == torch.float64
    assert_same_paths(found, beam_search_reference(network, features, 4, 5, 0))


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda_agrees_with_the_reference_on_the_cpu(
    random_network: Build, assert_same_paths: Check
) -> None:
    network = random_network(80, 5, 3)
    features = torch.randn(64, 5, generator=torch.Generator().manual_seed(4))
    expected = beam_search_reference(network, features, 5, 8, 0)
    for name, value in vars(network).items():
        if isinstance(value, Tensor):
            setattr(network, name, value.cuda())
    found = beam_search_batched(network, features.cuda(), 5, 8, 0)
    assert_same_paths(Paths(*(part.cpu() for part in found)), expected)
