from collections.abc import Callable

import pytest
import torch

from cnn_rnn.decoding import PathNetwork, Paths, beam_search
from cnn_rnn.network import CNNRNN

Build = Callable[..., PathNetwork]


@pytest.mark.parametrize(
    ("shape", "beam_width", "max_length", "min_length", "message"),
    [
        ((2, 5, 1), 3, 4, 0, "features"),
        ((2, 5), 0, 4, 0, "beam_width"),
        ((2, 5), 3, -1, 0, "max_length"),
        ((2, 5), 3, 4, 5, "min_length"),
        ((2, 5), 3, 4, -1, "min_length"),
        ((2, 5), 3, 40, 9, "min_length"),
    ],
)
def test_arguments_out_of_range_are_refused(
    shape: tuple[int, ...],
    beam_width: int,
    max_length: int,
    min_length: int,
    message: str,
    random_network: Build,
) -> None:
    with pytest.raises(ValueError, match=f"expected {message}"):
        beam_search(random_network(8), torch.zeros(shape), beam_width, max_length, min_length)


def test_integer_features_are_refused(random_network: Build) -> None:
    with pytest.raises(ValueError, match="float dtype"):
        beam_search(random_network(8), torch.zeros(2, 5, dtype=torch.int64), 3, 4)


def test_an_unknown_implementation_is_named_with_the_known_ones(random_network: Build) -> None:
    with pytest.raises(ValueError, match=r"'auto', 'reference', 'batched'.*'fast'"):
        beam_search(random_network(8), torch.zeros(2, 5), 3, 4, implementation="fast")  # type: ignore[arg-type]


@pytest.mark.parametrize("implementation", ["auto", "reference", "batched"])
def test_an_empty_batch_gives_empty_paths(implementation: str, random_network: Build) -> None:
    found = beam_search(
        random_network(8),
        torch.zeros(0, 5),
        3,
        4,
        implementation=implementation,  # type: ignore[arg-type]
    )
    assert [part.shape for part in found] == [(0, 3, 4), (0, 3), (0, 3)]


@pytest.mark.parametrize("implementation", ["auto", "reference", "batched"])
@pytest.mark.parametrize("bad", [torch.nan, torch.inf])
def test_nan_log_probs_are_an_error(implementation: str, bad: float, random_network: Build) -> None:
    features = torch.zeros(3, 5)
    features[1, 2] = bad
    with pytest.raises(ValueError, match="got NaN"):
        beam_search(random_network(8), features, 3, 4, implementation=implementation)  # type: ignore[arg-type]


def test_the_result_does_not_require_grad(random_network: Build) -> None:
    features = torch.zeros(1, 5, requires_grad=True)
    assert not beam_search(random_network(8), features, 3, 4).log_probs.requires_grad


@pytest.mark.parametrize("implementation", ["auto", "batched"])
def test_prefixes_of_inference_mode_serve_outside_of_it(
    implementation: str, assert_same_paths: Callable[[Paths, Paths], None]
) -> None:
    network = CNNRNN(12, 5, embedding_dim=8, hidden_dim=16).eval()
    features = 3 * torch.randn(100, 5, generator=torch.Generator().manual_seed(2))
    with torch.inference_mode():
        beam_search(network, features[:2], 3, 4, implementation=implementation)  # type: ignore[arg-type]
    found = beam_search(network, features, 3, 4, implementation=implementation)  # type: ignore[arg-type]
    assert_same_paths(found, beam_search(network, features, 3, 4, implementation="reference"))


def test_half_precision_networks_give_float32_log_probs(random_network: Build) -> None:
    network = random_network(8, dtype=torch.bfloat16)
    found = beam_search(network, torch.zeros(2, 5, dtype=torch.bfloat16), 3, 4)
    assert found.log_probs.dtype == torch.float32


def test_a_large_batch_is_searched_in_bounded_parts(
    random_network: Build,
    assert_same_paths: Callable[[Paths, Paths], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network = random_network(8)
    features = torch.randn(25, 5, generator=torch.Generator().manual_seed(1))
    whole = beam_search(network, features, 3, 4)
    sizes = []
    logits = network.logits

    def spy(image_embedding: torch.Tensor, path_embedding: torch.Tensor) -> torch.Tensor:
        sizes.append(image_embedding.shape[0])
        return logits(image_embedding, path_embedding)

    monkeypatch.setattr(network, "logits", spy)
    monkeypatch.setattr("cnn_rnn.decoding.batched._CPU_CONTINUATIONS", 3 * 9 * 4)
    assert_same_paths(beam_search(network, features, 3, 4), whole)
    assert max(sizes) <= 3 * 4
