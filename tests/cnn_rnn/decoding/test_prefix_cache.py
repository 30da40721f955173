from collections.abc import Callable
from threading import Thread
from typing import Any

import pytest
import torch
from torch import Tensor

from cnn_rnn.decoding import PathNetwork, Paths
from cnn_rnn.decoding.batched import beam_search_batched
from cnn_rnn.decoding.prefix_cache import FreshPrefixes, PrefixCache, prefixes_of
from cnn_rnn.decoding.reference import beam_search_reference
from cnn_rnn.network import CNNRNN

Build = Callable[..., PathNetwork]
Check = Callable[[Paths, Paths], None]
CPU = torch.device("cpu")


@pytest.fixture
def network() -> CNNRNN:
    torch.manual_seed(3)
    return CNNRNN(12, 5, embedding_dim=8, hidden_dim=16).eval().requires_grad_(False)


@pytest.fixture
def features() -> Tensor:
    return 3 * torch.randn(30, 5, generator=torch.Generator().manual_seed(4))


class Counted:
    """Passes everything on, and counts the rows that are advanced."""

    def __init__(self, network: PathNetwork) -> None:
        self.network = network
        self.rows = 0
        self.num_labels = network.num_labels
        self.start_id = network.start_id
        self.end_id = network.end_id
        self.encode_image = network.encode_image
        self.initial_state = network.initial_state
        self.logits = network.logits

    def advance(self, state: Any, label_ids: Tensor) -> tuple[Any, Tensor]:
        self.rows += label_ids.shape[0]
        return self.network.advance(state, label_ids)


@pytest.mark.parametrize("kind", ["random", "table"])
def test_rows_hold_what_each_prefix_gives_on_its_own(
    kind: str, random_network: Build, table_network: Build
) -> None:
    network = {"random": random_network, "table": table_network}[kind](6)
    cache, fresh = PrefixCache(network, CPU), FreshPrefixes(network, CPU)
    cache.begin()
    fresh.begin()
    torch.testing.assert_close(cache.embeddings[:1], fresh.embeddings)
    rows = fresh_rows = torch.zeros(9, dtype=torch.int64)
    for label_ids in ([0, 0, 1, 5, 1, 0, 2, 2, 2], [1, 2, 0, 0, 0, 1, 3, 3, 4], [3] * 9):
        rows = cache.extend(rows, torch.tensor(label_ids))
        fresh_rows = fresh.extend(fresh_rows, torch.tensor(label_ids))
        torch.testing.assert_close(cache.embeddings[rows], fresh.embeddings[fresh_rows])
    assert len(cache) == 1 + 4 + 6 + 6


def test_equal_prefixes_are_advanced_once(random_network: Build, features: Tensor) -> None:
    shared, alone = Counted(random_network(12)), Counted(random_network(12))
    found = beam_search_batched(shared, features, 3, 4, share_prefixes=True)
    expected = beam_search_batched(alone, features, 3, 4, share_prefixes=False)
    assert torch.equal(found.label_ids, expected.label_ids)
    assert shared.rows < alone.rows / 2


def test_a_second_batch_reads_the_prefixes_of_the_first(network: CNNRNN, features: Tensor) -> None:
    cache = prefixes_of(network, CPU)
    first = beam_search_batched(network, features, 3, 4)
    nodes = len(cache)
    assert nodes > 10
    second = beam_search_batched(network, features, 3, 4)
    assert prefixes_of(network, CPU) is cache
    assert len(cache) == nodes
    assert all(torch.equal(*parts) for parts in zip(first, second, strict=True))


def optimizer_step(network: CNNRNN) -> None:
    network.requires_grad_(True)
    optimizer = torch.optim.SGD(network.parameters(), lr=1.0)
    network(torch.ones(2, 5), torch.tensor([[1, 2], [3, -1]])).sum().backward()
    optimizer.step()
    network.requires_grad_(False)


def load_other_weights(network: CNNRNN) -> None:
    network.load_state_dict({k: v.flip(0) for k, v in network.state_dict().items()})


def scale_behind_the_version(network: CNNRNN) -> None:
    for parameter in network.parameters():
        parameter.data.mul_(-1.5)


def replace_a_module(network: CNNRNN) -> None:
    network.project_path = torch.nn.Linear(16, 8, bias=False)


@pytest.mark.parametrize(
    "change",
    [optimizer_step, load_other_weights, scale_behind_the_version, replace_a_module],
    ids=lambda change: change.__name__,
)
def test_changed_weights_are_never_answered_with_old_prefixes(
    change: Callable[[CNNRNN], None],
    network: CNNRNN,
    features: Tensor,
    assert_same_paths: Check,
) -> None:
    with torch.no_grad():
        before = beam_search_batched(network, features, 3, 4)
    change(network)
    with torch.no_grad():
        after = beam_search_batched(network, features, 3, 4)
        assert_same_paths(after, beam_search_reference(network, features, 3, 4))
    assert not torch.equal(before.log_probs, after.log_probs)


def test_autocast_does_not_read_prefixes_of_full_precision(network: CNNRNN) -> None:
    cache = prefixes_of(network, CPU)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        assert prefixes_of(network, CPU) is not cache


def test_a_network_in_training_begins_anew(network: CNNRNN) -> None:
    network.train()
    assert prefixes_of(network, CPU) is not prefixes_of(network, CPU)


def test_threads_have_their_own_prefixes(network: CNNRNN) -> None:
    found = []
    thread = Thread(target=lambda: found.append(prefixes_of(network, CPU)))
    thread.start()
    thread.join()
    assert prefixes_of(network, CPU) is not found[0]


@pytest.mark.parametrize("max_nodes", [1, 13, 60, 200])
def test_memory_is_bounded_and_results_do_not_change(
    max_nodes: int,
    network: CNNRNN,
    features: Tensor,
    assert_same_paths: Check,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expected = beam_search_reference(network, features, 3, 4)
    per_node = 4 * (12 + 16 + 16 + 8) + 8  # children, states, embedding; the depth
    cache = PrefixCache(network, CPU, max_bytes=max_nodes * per_node)
    assert cache.max_nodes == max_nodes
    monkeypatch.setattr("cnn_rnn.decoding.batched.prefixes_of", lambda *_: cache)
    for _ in range(2):
        assert_same_paths(beam_search_batched(network, features, 3, 4), expected)
    one_step = 1 + 2 * 3  # of one image: the empty prefix, three parents and what continues them
    assert len(cache) <= cache.embeddings.shape[0] <= max(max_nodes, one_step)


def test_memory_that_is_not_there_leaves_the_prefixes_as_they_are(
    network: CNNRNN, features: Tensor, assert_same_paths: Check, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_memory(table: Tensor, capacity: int) -> Tensor:
        raise torch.OutOfMemoryError

    beam_search_batched(network, features[:1], 3, 4)
    with monkeypatch.context() as patch:
        patch.setattr("cnn_rnn.decoding.prefix_cache.grown", no_memory)
        with pytest.raises(torch.OutOfMemoryError):
            beam_search_batched(network, features, 3, 4)
    expected = beam_search_reference(network, features, 3, 4)
    assert_same_paths(beam_search_batched(network, features, 3, 4), expected)
