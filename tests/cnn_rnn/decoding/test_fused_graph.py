"""The fused search as CUDA graphs: recorded and replayed in Triton's interpreter, and on a GPU."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread
from types import SimpleNamespace
from typing import Any, cast

import pytest
import torch
from torch import Tensor

from cnn_rnn.decoding import Paths
from cnn_rnn.decoding.reference import beam_search_reference
from cnn_rnn.network import CNNRNN

triton = pytest.importorskip("triton", reason="triton comes with PyTorch on Linux only")

from cnn_rnn.decoding.fused_graph import (  # noqa: E402  # loads triton
    Outputs,
    agree,
    cuda_capture,
    padded_size,
)

Check = Callable[[Paths, Paths], None]

NETWORK = {"num_labels": 7, "feature_dim": 9, "embedding_dim": 8, "hidden_dim": 16}
BEAM_WIDTH, MAX_LENGTH, MIN_LENGTH = 3, 6, 1
ARGUMENTS = (BEAM_WIDTH, MAX_LENGTH, MIN_LENGTH)
# The second search of a size is captured; those of 3 and 4 images are of one size, which no search
# without graphs has had when it is captured.
SIZES = (3, 3, 4, 3, 3, 1, 1, 1, 3)
WITH_NAN = 4
SURE = 8  # the images of this batch END at once: its search is over after the first graph


def build() -> tuple[CNNRNN, list[Tensor]]:
    torch.manual_seed(3)
    network = CNNRNN(**NETWORK).eval().requires_grad_(False)  # type: ignore[arg-type]
    for parameter in network.parameters():
        parameter.normal_(std=0.6)
    # The first feature speaks for END.
    network.project_image.weight[:, 0] = 20 * network.end_embedding[0]
    batches = [torch.randn(size, NETWORK["feature_dim"]) for size in SIZES]
    for place, batch in enumerate(batches):
        batch[:, 0] = 2.0 if place == SURE else -0.1
    batches[WITH_NAN][1, 2] = torch.nan
    return network, batches


@pytest.fixture(scope="module")
def recorded(interpret: Callable[[str, Any], Any]) -> dict[str, Any]:
    network, batches = build()
    weights = network.state_dict()
    setting = {"network": NETWORK, "weights": weights, "batches": batches, "arguments": ARGUMENTS}
    results: dict[str, Any] = interpret("interpret_graph.py", setting)
    return results


def expect_paths(
    network: CNNRNN, batches: list[Tensor], found: list[Any], check: Callable[[Paths, Paths], None]
) -> None:
    for place, (batch, paths) in enumerate(zip(batches, found, strict=True)):
        if place == WITH_NAN:
            assert "got NaN" in paths
        else:
            check(Paths(*paths), beam_search_reference(network, batch, *ARGUMENTS))


def test_a_replay_finds_the_paths_of_the_images_at_hand(
    recorded: dict[str, Any], assert_same_paths: Check
) -> None:
    network, batches = build()
    expect_paths(network, batches, recorded["captured"]["found"], assert_same_paths)
    # Seven steps are two graphs. Each proves itself once; a search that is over early stops.
    # The NaN is met by the search without graphs, which the fourth run is held against.
    assert recorded["captured"]["replays"] == [0, 2, 2, 2, 0, 0, 2, 2, 1]
    assert recorded["captured"]["warnings"] == []


def test_changed_weights_are_captured_anew(
    recorded: dict[str, Any], assert_same_paths: Check
) -> None:
    network, batches = build()
    for parameter in network.parameters():
        parameter.mul_(1.1)
    expect_paths(network, batches[:3], recorded["changed"]["found"], assert_same_paths)
    assert recorded["changed"]["replays"] == [0, 2, 2]


def test_graphs_do_not_keep_their_network(recorded: dict[str, Any]) -> None:
    assert recorded["freed"] is True


def test_a_replay_that_answers_with_other_images_is_found_out(
    recorded: dict[str, Any], assert_same_paths: Check
) -> None:
    network, batches = build()
    expect_paths(network, batches[:4], recorded["stale"]["found"], assert_same_paths)
    assert recorded["stale"]["replays"] == [0, 1, 0, 0]
    (warning,) = recorded["stale"]["warnings"]
    assert "found other paths than the search without graphs" in warning


def test_a_graph_that_goes_wrong_later_is_found_out(
    recorded: dict[str, Any], assert_same_paths: Check
) -> None:
    network, batches = build()
    later = recorded["later stale"]
    # Capture, three good runs of two graphs (the first two are held against the search without
    # graphs); run 4 goes wrong, and is the next to be checked.
    assert later["replays"] == [0, 2, 2, 2, 2] + 7 * [0]
    expect_paths(network, batches[1:4], later["found"][:3], assert_same_paths)
    for first in (3, 6, 9):
        expect_paths(network, batches[1:4], later["found"][first : first + 3], assert_same_paths)
    (warning,) = later["warnings"]
    assert "since the last check may be wrong" in warning


@pytest.mark.parametrize(("name", "last_replay"), [("garbage", 1), ("later garbage", 5)])
def test_a_graph_that_meets_a_nan_of_its_own_is_found_out(
    recorded: dict[str, Any], assert_same_paths: Check, name: str, last_replay: int
) -> None:
    network, batches = build()
    found = recorded[name]["found"]
    repeated = batches[:4] if name == "garbage" else batches[1:4] * 4
    for batch, paths in zip(repeated, found, strict=True):
        assert_same_paths(Paths(*paths), beam_search_reference(network, batch, *ARGUMENTS))
    (warning,) = recorded[name]["warnings"]
    assert "found other paths than the search without graphs" in warning
    replays = recorded[name]["replays"]
    assert replays[last_replay] > 0
    assert not any(replays[last_replay + 1 :])


def test_graphs_of_inference_mode_serve_outside_of_it(
    recorded: dict[str, Any], assert_same_paths: Check
) -> None:
    network, batches = build()
    expect_paths(network, batches[:4], recorded["inference"]["found"], assert_same_paths)
    assert recorded["inference"]["warnings"] == []
    assert recorded["inference"]["replays"] == [0, 0, 0, 0]  # counted by those who captured


def test_a_step_that_waits_for_the_device_cannot_be_captured(
    recorded: dict[str, Any], assert_same_paths: Check
) -> None:
    network, batches = build()
    expect_paths(network, batches[:3], recorded["impatient"]["found"], assert_same_paths)
    assert recorded["impatient"]["replays"] == [0, 0, 0]
    (warning,) = recorded["impatient"]["warnings"]
    assert "could not be captured" in warning
    assert "waits for the device" in warning


def test_sizes_are_few() -> None:
    found = [padded_size(count) for count in (1, 2, 3, 5, 64, 65, 128, 129, 300)]
    assert found == [1, 2, 4, 8, 64, 128, 128, 192, 320]


def test_only_paths_of_nearly_equal_log_probability_may_differ() -> None:
    expected = Paths(
        torch.tensor([[[0, 1], [1, 0], [2, -1], [-1, -1]]]),
        torch.tensor([[2, 2, 1, -1]]),
        torch.tensor([[-1.0, -1.000001, -2.0, -torch.inf]]),
    )
    assert agree(expected, expected)
    swapped = expected._replace(label_ids=expected.label_ids[:, [1, 0, 2, 3]])
    assert agree(swapped, expected)
    other = expected._replace(label_ids=expected.label_ids[:, [0, 2, 1, 3]])
    assert not agree(other, expected)
    assert not agree(expected._replace(log_probs=expected.log_probs - 1e-3), expected)
    assert not agree(expected._replace(lengths=expected.lengths + 1), expected)


def test_the_last_paths_may_differ_in_few_images() -> None:
    label_ids = torch.tensor([[[0], [1]], [[0], [2]], [[0], [3]]])
    log_probs = torch.tensor([[-1.0, -2.0]]).expand(3, 2)
    expected = Paths(label_ids, torch.ones(3, 2, dtype=torch.int64), log_probs)
    one = expected._replace(label_ids=label_ids.clone())
    one.label_ids[0, 1] = 5
    assert agree(one, expected)
    one.label_ids[1, 1] = 5
    assert not agree(one, expected)
    alone = Paths(*(part[:, :1] for part in expected))
    assert not agree(alone._replace(label_ids=alone.label_ids + 1), alone)


class FakeCUDA:
    """What ``cuda_capture`` asks of ``torch.cuda``; a capture fails if its function does."""

    def __init__(self) -> None:
        self.current = "the caller's"
        self.captures: list[tuple[Any, Any]] = []

    def graph_pool_handle(self) -> object:
        return object()

    def Stream(self, device: torch.device, priority: int) -> str:  # noqa: N802  # torch's
        return "the graphs'"

    def CUDAGraph(self) -> SimpleNamespace:  # noqa: N802  # torch's
        return SimpleNamespace(replay=lambda: None)

    def current_stream(self, device: torch.device) -> str:
        return self.current

    @contextmanager
    def stream(self, stream: str) -> Iterator[None]:
        before, self.current = self.current, stream
        try:
            yield
        finally:
            self.current = before

    @contextmanager
    def graph(self, graph: Any, pool: Any, stream: str, capture_error_mode: str) -> Iterator[None]:
        self.captures.append((pool, stream))
        before, self.current = self.current, stream
        yield
        self.current = before  # as in PyTorch, not where the capture fails


@pytest.fixture
def fake_cuda(monkeypatch: pytest.MonkeyPatch) -> FakeCUDA:
    fake = FakeCUDA()
    monkeypatch.setattr(torch, "cuda", fake)
    return fake


def test_graphs_of_a_thread_share_memory_as_long_as_one_of_them_lives(fake_cuda: FakeCUDA) -> None:
    device = torch.device("cuda:0")
    nothing = cast("Callable[[], Outputs]", lambda: None)
    graphs = [cuda_capture(device)(nothing) for _ in range(2)]
    thread = Thread(target=lambda: cuda_capture(device)(nothing))
    thread.start()
    thread.join()
    graphs.clear()
    cuda_capture(device)(nothing)
    first, second, of_thread, later = [pool for pool, _ in fake_cuda.captures]
    assert first is second
    assert len({first, of_thread, later}) == 3


def test_a_failed_capture_leaves_the_callers_stream(fake_cuda: FakeCUDA) -> None:
    def fails() -> Outputs:
        raise RuntimeError("operation not permitted when stream is capturing")

    with pytest.raises(RuntimeError, match="not permitted"):
        cuda_capture(torch.device("cuda:0"))(fails)
    assert fake_cuda.current == "the caller's"


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
@pytest.mark.parametrize("beam_width", [1, 5])
def test_cuda_graphs_find_the_paths_of_the_reference(
    beam_width: int, assert_same_paths: Check, caplog: pytest.LogCaptureFixture
) -> None:
    from cnn_rnn.decoding.fused import beam_search_fused

    network, batches = build()
    del batches[WITH_NAN]
    arguments = (beam_width, MAX_LENGTH, MIN_LENGTH)
    on_gpu = CNNRNN(**NETWORK).eval().requires_grad_(False).cuda()  # type: ignore[arg-type]
    for factor in (1.0, 1.1):
        for parameter in network.parameters():
            parameter.mul_(factor)
        on_gpu.load_state_dict(network.state_dict())
        for batch in batches:
            expected = beam_search_reference(network, batch, *arguments)
            found = beam_search_fused(on_gpu, batch.cuda(), *arguments, graph=True)
            assert_same_paths(Paths(*(part.cpu() for part in found)), expected)
    assert "no CUDA graph" not in caplog.text
