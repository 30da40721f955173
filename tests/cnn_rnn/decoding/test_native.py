import gc
import weakref
from collections.abc import Callable
from itertools import count, pairwise

import pytest
import torch
from torch import Tensor

from benchmarks.speed.decoding_workload import Workload
from cnn_rnn.decoding import Paths, beam_search
from cnn_rnn.decoding.batched import beam_search_batched
from cnn_rnn.decoding.native import (
    NativePrefixes,
    beam_search_native,
    beam_search_native_with_mass,
    native_prefixes_of,
)
from cnn_rnn.decoding.native_build import why_not_available
from cnn_rnn.decoding.native_lstm import LSTMStep, NewPrefixes
from cnn_rnn.decoding.prefix_cache import grown, keep_for
from cnn_rnn.decoding.reference import beam_search_reference
from cnn_rnn.network import CNNRNN
from cnn_rnn.scoring import decode_and_score

pytestmark = pytest.mark.skipif(why_not_available() is not None, reason=str(why_not_available()))

Build = Callable[..., CNNRNN]
Check = Callable[[Paths, Paths], None]


@pytest.fixture
def features() -> Tensor:
    return 2 * torch.randn(90, 9, generator=torch.Generator().manual_seed(4))


@pytest.mark.parametrize("joint_activation", ["identity", "relu"])
@pytest.mark.parametrize("scale", [0.4, 1.2])
def test_prefix_mass_is_that_of_the_batched_search(
    joint_activation: str, scale: float, random_cnn_rnn: Build, features: Tensor
) -> None:
    network = random_cnn_rnn(70, 1, "gru", joint_activation, scale=scale)
    for beam_width, min_length in ((1, 0), (5, 2)):
        arguments = (network, features, beam_width, 5, min_length)
        found = decode_and_score(*arguments, implementation="native")[1]
        expected = decode_and_score(*arguments, implementation="batched")[1]
        torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)


def test_prefix_mass_does_not_underflow(random_cnn_rnn: Build, features: Tensor) -> None:
    network = random_cnn_rnn(12, 1, scale=8.0)
    scores = decode_and_score(network, features, 3, 4, implementation="native")[1]
    expected = decode_and_score(network, features, 3, 4, implementation="batched")[1]
    assert expected.min() < -1000
    assert scores.isfinite().all()
    torch.testing.assert_close(scores, expected, rtol=1e-5, atol=1e-3)


@pytest.mark.parametrize("max_kilobytes", [0, 40, 200, 800])
def test_memory_is_bounded_and_results_do_not_change(
    max_kilobytes: int,
    random_cnn_rnn: Build,
    features: Tensor,
    assert_same_paths: Check,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network = random_cnn_rnn(30)
    expected = beam_search_reference(network, features, 3, 4)
    mass = beam_search_native_with_mass(network, features, 3, 4)[1]
    prefixes = NativePrefixes(network, max_bytes=1000 * max_kilobytes)
    monkeypatch.setattr("cnn_rnn.decoding.native.keep_for", lambda *_: prefixes)
    for _ in range(2):
        assert_same_paths(beam_search_native(network, features, 3, 4), expected)
        assert prefixes.has_room_for(0) or len(prefixes) <= 1 + 3 * 4  # those of one image
    torch.testing.assert_close(beam_search_native_with_mass(network, features, 3, 4)[1], mass)


def test_searches_of_one_image_keep_to_the_bound_together(
    random_cnn_rnn: Build,
    features: Tensor,
    assert_same_paths: Check,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network = random_cnn_rnn(30)
    prefixes = NativePrefixes(network, max_bytes=40_000)
    monkeypatch.setattr("cnn_rnn.decoding.native.keep_for", lambda *_: prefixes)
    sizes = []
    for row in torch.split(features, 1):
        found = beam_search_native(network, row, 3, 4)
        assert_same_paths(found, beam_search_reference(network, row, 3, 4))
        assert prefixes.has_room_for(0) or len(prefixes) <= 1 + 3 * 4
        sizes.append(len(prefixes))
    assert any(later < earlier for earlier, later in pairwise(sizes))


@pytest.mark.parametrize("cell", ["lstm", "gru"])
def test_an_interrupted_search_leaves_no_prefix_without_its_state(
    cell: str,
    random_cnn_rnn: Build,
    features: Tensor,
    assert_same_paths: Check,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    calls = count()
    scores_of = NativePrefixes.scores_of

    def interrupt(self: NativePrefixes, embedding: Tensor) -> object:
        if next(calls) == 2:  # images, then prefixes
            raise KeyboardInterrupt
        return scores_of(self, embedding)

    network = random_cnn_rnn(30, cell=cell)
    beam_search_native(network, features[:2], 3, 4)
    with monkeypatch.context() as patch:
        patch.setattr(NativePrefixes, "scores_of", interrupt)
        with pytest.raises(KeyboardInterrupt):
            beam_search_native(network, features, 3, 4)
    expected = beam_search_reference(network, features, 3, 4)
    assert_same_paths(beam_search_native(network, features, 3, 4), expected)


def test_an_offset_of_all_scores_costs_no_digits(
    random_cnn_rnn: Build, assert_same_paths: Check
) -> None:
    network = random_cnn_rnn(6)
    # One joint dimension is always 1 and the same in all rows; sums of quarters are exact.
    for weight in (network.project_image.weight, network.project_path.weight):
        weight.zero_()
    network.project_image.weight[:3, :3] = torch.eye(3)
    for table in (network.label_embedding, network.end_embedding):
        table.copy_((4 * table).round() / 4)
        table[:, 0] = 4000.0
    features = torch.tensor([[1.0, 0.5, -1.0, 0, 0, 0, 0, 0, 0], [1.0, 1.5, 2.0, 0, 0, 0, 0, 0, 0]])
    expected = beam_search_reference(network, features, 5, 4)
    assert_same_paths(beam_search_native(network, features, 5, 4), expected)


def test_deterministic_algorithms_do_not_fill_what_is_only_promised() -> None:
    table = torch.ones(2, 3)
    torch.use_deterministic_algorithms(True)
    try:
        larger = grown(table, 100_000)
        assert torch.empty(3).isnan().all()  # as before: filled
    finally:
        torch.use_deterministic_algorithms(False)
    assert torch.equal(larger[:2], table)
    assert not larger[2:].isnan().all()


def test_a_second_search_computes_no_prefix(
    random_cnn_rnn: Build, features: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = random_cnn_rnn(30)
    first = beam_search_native(network, features, 3, 4)

    def refuse(*_: object) -> None:
        raise AssertionError("a prefix was computed again")

    monkeypatch.setattr(NativePrefixes, "extend", refuse)
    second = beam_search_native(network, features, 3, 4)
    assert all(torch.equal(*parts) for parts in zip(first, second, strict=True))


@pytest.mark.parametrize("min_length", [0, 2])
def test_live_paths_that_cannot_matter_are_not_computed(
    min_length: int,
    trained: Workload,
    assert_same_paths: Check,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    network, features = trained.network, trained.features
    every, needed = NativePrefixes(network), NativePrefixes(network)
    monkeypatch.setattr("cnn_rnn.decoding.native.keep_for", lambda *_: every)
    beam_search_native_with_mass(network, features, 5, 8, min_length)
    monkeypatch.setattr("cnn_rnn.decoding.native.keep_for", lambda *_: needed)
    found = beam_search_native(network, features, 5, 8, min_length)
    assert_same_paths(found, beam_search_batched(network, features, 5, 8, min_length))
    assert len(needed) < 0.8 * len(every)


def test_each_prefix_that_goes_on_is_multiplied_once(
    random_cnn_rnn: Build, features: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = random_cnn_rnn(30)
    multiplied: list[Tensor] = []
    parents: list[Tensor] = []
    step = LSTMStep.__call__

    def watch(
        self: LSTMStep, hidden: Tensor, memory: Tensor, new: NewPrefixes, first: int
    ) -> Tensor:
        multiplied.append(new.outer.clone())
        parents.append(new.parents.clone())
        return step(self, hidden, memory, new, first)

    monkeypatch.setattr(LSTMStep, "__call__", watch)
    for part in features.chunk(3):
        beam_search_native(network, part, 5, 4)
    prefixes, products = native_prefixes_of(network).counts_by_depth()
    assert sum(prefixes) == 1 + len(torch.cat(parents))
    assert (prefixes[0], products[0], products[-1]) == (1, 1, 0)
    assert sum(products) == len(torch.cat(multiplied))
    outer = torch.cat(multiplied)
    assert set(outer.tolist()) == set(torch.cat(parents).tolist())
    assert len(set(outer.tolist())) == len(outer) < len(torch.cat(parents))


def test_changed_weights_are_never_answered_with_old_prefixes(
    random_cnn_rnn: Build, features: Tensor, assert_same_paths: Check
) -> None:
    network = random_cnn_rnn(30)
    beam_search_native(network, features, 3, 4)
    for parameter in network.parameters():
        parameter.mul_(-1.1)
    expected = beam_search_reference(network, features, 3, 4)
    assert_same_paths(beam_search_native(network, features, 3, 4), expected)


def test_several_threads_give_the_paths_of_one(
    random_cnn_rnn: Build, features: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    network = random_cnn_rnn(30)
    paths, mass = beam_search_native_with_mass(network, features, 3, 4)
    monkeypatch.setattr(torch, "get_num_threads", lambda: 3)
    for parameter in network.parameters():
        parameter.mul_(1.0)  # the prefixes begin anew
    again, again_mass = beam_search_native_with_mass(network, features, 3, 4)
    assert all(torch.equal(*parts) for parts in zip(paths, again, strict=True))
    assert torch.equal(mass, again_mass)


def test_what_is_kept_does_not_keep_the_network(random_cnn_rnn: Build, features: Tensor) -> None:
    network = random_cnn_rnn(30)
    beam_search_native(network, features, 3, 4)
    beam_search(network, features, 3, 4, implementation="batched")
    kept = keep_for(network, features.device, lambda: object())
    assert kept is not None
    seen = weakref.ref(network)
    del network
    gc.collect()
    assert seen() is None


def test_nan_in_one_image_is_an_error(random_cnn_rnn: Build, features: Tensor) -> None:
    features[17, 3] = torch.nan
    for joint_activation in ("identity", "relu"):
        with pytest.raises(ValueError, match="got NaN"):
            beam_search_native(random_cnn_rnn(9, 0, "lstm", joint_activation), features, 3, 4)


@pytest.mark.parametrize("trained", [True, False])
def test_auto_takes_it_for_a_network_in_evaluation_mode_only(
    trained: bool, random_cnn_rnn: Build, features: Tensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def spy(*arguments: object) -> Paths:
        calls.append(arguments)
        return beam_search_native(*arguments)  # type: ignore[arg-type]

    monkeypatch.setattr("cnn_rnn.decoding.choice.beam_search_native", spy)
    beam_search(random_cnn_rnn(9).train(not trained), features, 3, 4)
    assert bool(calls) == trained


class Doubled(CNNRNN):
    def logits(self, image_embedding: Tensor, path_embedding: Tensor) -> Tensor:
        return 2 * super().logits(image_embedding, path_embedding)


def test_a_network_that_may_compute_something_else_is_refused(features: Tensor) -> None:
    for network, reason in (
        (Doubled(9, 9).eval(), "not a CNNRNN"),
        (CNNRNN(9, 9), "training mode"),
        (CNNRNN(9, 9).eval().double(), "float32"),
    ):
        with pytest.raises(ValueError, match=f"'native' does not serve here: .*{reason}"):
            beam_search(network, features, 3, 4, implementation="native")
    with torch.autocast("cpu"), pytest.raises(ValueError, match="autocast"):
        beam_search(CNNRNN(9, 9).eval(), features, 3, 4, implementation="native")
