"""Every implementation returns what the reference returns."""

from collections.abc import Callable
from importlib.util import find_spec
from typing import Any, Literal, get_args

import pytest
import torch
from torch import Tensor

from benchmarks.speed.decoding_generate import search_by_generate
from cnn_rnn.cells import CellName, LSTMCell
from cnn_rnn.decoding import PathNetwork, Paths
from cnn_rnn.decoding.batched import beam_search_batched
from cnn_rnn.decoding.native import beam_search_native, beam_search_native_with_mass
from cnn_rnn.decoding.native_build import why_not_available
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


def test_float64_networks_give_float64_log_probs(
    search: Search, random_network: Build, assert_same_paths: Check
) -> None:
    network = random_network(7, 5, 2, dtype=torch.float64)
    features = torch.randn(3, 5, dtype=torch.float64, generator=torch.Generator().manual_seed(1))
    found = search(network, features, 4, 5, 0)
    assert found.log_probs.dtype == torch.float64
    assert_same_paths(found, beam_search_reference(network, features, 4, 5, 0))


def native_with_mass(
    network: CNNRNN, features: Tensor, beam_width: int, max_length: int, min_length: int
) -> Paths:
    """The way taken by scoring: hopeless paths stay."""
    return beam_search_native_with_mass(network, features, beam_width, max_length, min_length)[0]


def needs_compiler(search: Callable[..., Paths]) -> Any:
    reason = why_not_available()
    return pytest.param(
        search, marks=pytest.mark.skipif(reason is not None, reason=str(reason)), id=search.__name__
    )


@pytest.fixture(
    params=[
        pytest.param(beam_search_batched, id="batched"),
        needs_compiler(beam_search_native),
        needs_compiler(native_with_mass),
    ]
)
def cnn_rnn_search(request: pytest.FixtureRequest) -> Search:
    """Those that serve the ``CNNRNN`` too; the kernel for CUDA has ``test_fused.py``."""
    chosen: Search = request.param
    return chosen


@pytest.mark.parametrize("cell", get_args(CellName))
@pytest.mark.parametrize("joint_activation", ["identity", "relu"])
def test_random_cnn_rnns_agree(
    cnn_rnn_search: Search,
    cell: CellName,
    joint_activation: Literal["identity", "relu"],
    random_cnn_rnn: Build,
    assert_same_paths: Check,
) -> None:
    generator = torch.Generator().manual_seed(len(cell))
    for case in range(30):
        num_labels = draw(generator, 1, 90)
        beam_width = draw(generator, 1, 10)
        max_length = draw(generator, 0, 6)
        min_length = draw(generator, 0, min(max_length, num_labels))
        network = random_cnn_rnn(num_labels, case, cell, joint_activation)
        features = torch.randn(draw(generator, 1, 3), 9, generator=generator)
        arguments = (features, beam_width, max_length, min_length)
        expected = beam_search_reference(network, *arguments)
        assert_same_paths(cnn_rnn_search(network, *arguments), expected)


@pytest.mark.parametrize("num_labels", [3, 8, 70])
def test_cnn_rnns_whose_scores_all_tie_agree_in_every_slot(
    cnn_rnn_search: Search, num_labels: int, random_cnn_rnn: Build
) -> None:
    network = random_cnn_rnn(num_labels)
    assert isinstance(network, CNNRNN)
    network.label_embedding.zero_()
    network.end_embedding.zero_()
    for beam_width, min_length in ((1, 0), (3, 1), (7, 2)):
        arguments = (torch.ones(2, 9), beam_width, 3, min_length)
        found = cnn_rnn_search(network, *arguments)
        expected = beam_search_reference(network, *arguments)
        assert torch.equal(found.label_ids, expected.label_ids)
        assert torch.equal(found.lengths, expected.lengths)


@pytest.mark.parametrize("scale", [2.0, 20.0, 200.0])
def test_large_scores_agree(
    cnn_rnn_search: Search, scale: float, random_cnn_rnn: Build, assert_same_paths: Check
) -> None:
    network = random_cnn_rnn(40)
    assert isinstance(network, CNNRNN)
    network.label_embedding.mul_(scale)
    features = torch.randn(20, 9, generator=torch.Generator().manual_seed(4))
    expected = beam_search_reference(network, features, 4, 5)
    assert_same_paths(cnn_rnn_search(network, features, 4, 5, 0), expected)


@pytest.mark.parametrize("joint_activation", ["identity", "relu"])
def test_end_or_a_label_that_is_impossible_agrees(
    cnn_rnn_search: Search,
    joint_activation: Literal["identity", "relu"],
    random_cnn_rnn: Build,
    assert_same_paths: Check,
) -> None:
    features = torch.randn(5, 9, generator=torch.Generator().manual_seed(4))
    features[:, 0] = 1
    for row in (6, 2):
        network = random_cnn_rnn(6, 1, "lstm", joint_activation)
        assert isinstance(network, CNNRNN)
        # One joint dimension is always 1, and the impossible row alone reads it.
        network.project_image.weight[0] = torch.eye(9)[0]
        network.project_path.weight[0] = 0
        network.label_embedding[:, 0] = 0
        network.end_embedding[:, 0] = 0
        assert isinstance(network.cell, LSTMCell)
        network.cell.cell.weight_ih[:, 0] = 0
        table = network.end_embedding if row == 6 else network.label_embedding
        table[0 if row == 6 else row, 0] = -1e38
        expected = beam_search_reference(network, features, 4, 5)
        assert_same_paths(cnn_rnn_search(network, features, 4, 5, 0), expected)


def test_many_labels_and_a_wide_beam_agree(
    cnn_rnn_search: Search, random_cnn_rnn: Build, assert_same_paths: Check
) -> None:
    network = random_cnn_rnn(5000)
    arguments = (torch.randn(2, 9, generator=torch.Generator().manual_seed(4)), 32, 2, 1)
    expected = beam_search_reference(network, *arguments)
    assert_same_paths(cnn_rnn_search(network, *arguments), expected)


@pytest.mark.skipif(find_spec("transformers") is None, reason="transformers is not installed")
@pytest.mark.parametrize("cell", get_args(CellName))
def test_generate_finds_the_same_paths(
    cell: CellName, random_network: Build, random_cnn_rnn: Build, assert_same_paths: Check
) -> None:
    generator = torch.Generator().manual_seed(len(cell))
    for case in range(20):
        num_labels = draw(generator, 1, 30)
        beam_width = draw(generator, 2, 9)
        max_length = draw(generator, 0, 6)
        min_length = draw(generator, 0, min(max_length, num_labels))
        networks = random_cnn_rnn(num_labels, case, cell), random_network(num_labels, 9, case)
        features = torch.randn(draw(generator, 1, 4), 9, generator=generator)
        for network in networks:
            arguments = (network, features, beam_width, max_length, min_length)
            assert_same_paths(search_by_generate(*arguments), beam_search_reference(*arguments))


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
