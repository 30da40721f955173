"""Teacher forcing over the prefix trie against the plain padded pass and a packed nn.LSTM.

``python -m benchmarks.speed training`` trains the same head from the same weights on the same
batches in turn (dropout off, so that they can be compared), checks that the loss curves are the
same, and prints samples a second: *trie*, `CNNRNN.forward`; *padded*, every (image, step) passes
the cell; *packed*, as public implementations write it: `pack_padded_sequence` through `nn.LSTM`,
and batches collated from single samples by a DataLoader. *trie, dropout* and *packed, dropout* are
the same two with the paper's dropout of 0.5, drawn for each position, where losses cannot be equal.
"""

import argparse
import copy
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.speed.label_lists import label_lists
from benchmarks.speed.machine import CLOCK_HELP, CLOCKS, load_average, write_results
from cnn_rnn.cells import LSTMCell
from cnn_rnn.label_space import targets_to_paths
from cnn_rnn.losses import path_cross_entropy
from cnn_rnn.network import CNNRNN
from cnn_rnn.prefix_trie import build_prefix_trie

Row = dict[str, object]
Forward = Callable[[CNNRNN, Tensor, Tensor], Tensor]
Batches = Iterator[tuple[Tensor, Tensor]]
Clock = Callable[[], float]

FEATURE_DIM = 4096  # VGG16's fc7
NUM_LABELS = 80
DROPOUT = 0.5  # the paper's
RESULTS = Path(__file__).parent / "results" / "training.json"


def forward_padded(network: CNNRNN, features: Tensor, paths: Tensor) -> Tensor:
    """The plain pass: every image's row passes the cell at every step."""
    state, embedding = network.advance(
        network.initial_state(len(paths)), paths.new_full((len(paths),), network.start_id)
    )
    embeddings = [embedding]
    for step in range(paths.shape[1]):
        # Behind the end of a path any label does: the loss does not look there.
        state, embedding = network.advance(state, paths[:, step].clamp(min=0))
        embeddings.append(embedding)
    return _log_probs(network, features, torch.stack(embeddings, dim=1))


class PackedForward:
    """`nn.LSTM` over packed sequences; its weights are the network's own."""

    def __init__(self, network: CNNRNN) -> None:
        assert isinstance(network.cell, LSTMCell)
        cell = network.cell.cell
        self.lstm = nn.LSTM(cell.input_size, cell.hidden_size, batch_first=True)
        for name in ("weight_ih", "weight_hh", "bias_ih", "bias_hh"):
            setattr(self.lstm, f"{name}_l0", getattr(cell, name))

    def __call__(self, network: CNNRNN, features: Tensor, paths: Tensor) -> Tensor:
        """(B, T+1, K+1) log-probabilities."""
        start = paths.new_full((len(paths), 1), network.start_id)
        inputs = network.input_table[torch.cat([start, paths.clamp(min=0)], dim=1)]
        lengths = (paths >= 0).sum(dim=1) + 1
        packed = nn.utils.rnn.pack_padded_sequence(
            inputs, lengths, batch_first=True, enforce_sorted=False
        )
        outputs, _ = nn.utils.rnn.pad_packed_sequence(
            self.lstm(packed)[0], batch_first=True, total_length=paths.shape[1] + 1
        )
        path_embedding = network.project_path(network.input_dropout(outputs))
        return _log_probs(network, features, path_embedding)


def _log_probs(network: CNNRNN, features: Tensor, path_embedding: Tensor) -> Tensor:
    image_embedding = network.encode_image(features).unsqueeze(1)
    return network.logits(image_embedding, path_embedding).log_softmax(dim=-1)


class _Way:
    """One way to train: a network of its own, its batches, and what each of them took."""

    def __init__(self, name: str, network: CNNRNN, forward: Forward, batches: Batches) -> None:
        self.name = name
        self.network = network
        self.losses: list[float] = []
        self.seconds: list[float] = []
        self._forward = forward
        self._batches = batches
        self._optimizer = torch.optim.RMSprop(network.parameters(), lr=1e-4, momentum=0.9)
        self._order = torch.arange(network.num_labels)

    def step(self, clock: Clock) -> None:
        """The next batch: loading, forward, backward, update."""
        start = clock()
        features, targets = next(self._batches)
        paths = targets_to_paths(targets, self._order)
        loss = path_cross_entropy(self._forward(self.network, features, paths), paths)
        self._optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch's own
        self._optimizer.step()
        self.losses.append(loss.item())
        self.seconds.append(clock() - start)


def _ways(network: CNNRNN, features: Tensor, targets: Tensor, batch_size: int) -> list[_Way]:
    def parts() -> Batches:
        split = torch.split(features, batch_size), torch.split(targets, batch_size)
        return zip(*split, strict=True)

    def samples() -> Batches:
        loader = DataLoader(dataset=TensorDataset(features, targets), batch_size=batch_size)
        return ((batch[0], batch[1]) for batch in loader)

    ways = []
    for dropout, ending in ((0.0, ""), (DROPOUT, ", dropout")):
        copies = [copy.deepcopy(network) for _ in range(3)]
        for one in copies:
            one.input_dropout.p = dropout
        ways.append(_Way("trie" + ending, copies[0], CNNRNN.forward, parts()))
        ways.append(_Way("packed" + ending, copies[1], PackedForward(copies[1]), samples()))
        if dropout == 0:
            ways.append(_Way("padded", copies[2], forward_padded, parts()))
    return ways


def run_setting(
    batch_size: int, num_batches: int, hidden_dim: int = 512, clock: Clock = time.perf_counter
) -> list[Row]:
    """All ways at one batch size, batch by batch in turn: a busy moment is shared by all.

    Raises:
        RuntimeError: the losses differ: no ratio is worth printing then.
    """
    generator = torch.Generator().manual_seed(0)
    targets, source = label_lists(NUM_LABELS, batch_size * num_batches, generator)
    features = torch.relu(torch.randn(len(targets), FEATURE_DIM, generator=generator))
    torch.manual_seed(0)
    network = CNNRNN(NUM_LABELS, FEATURE_DIM, hidden_dim=hidden_dim, dropout=0.0)
    ways = _ways(network, features, targets, batch_size)
    for _ in range(num_batches):
        for way in ways:
            way.step(clock)
    paths = targets_to_paths(targets[:batch_size], torch.arange(NUM_LABELS))
    positions = int((paths >= 0).sum()) + batch_size
    shared = positions / build_prefix_trie(paths, NUM_LABELS).num_nodes
    return [_row(way, ways, batch_size, shared, source) for way in ways]


def _row(way: _Way, ways: list[_Way], batch_size: int, shared: float, source: str) -> Row:
    # The first batch warms up.
    speeds = {one.name: batch_size / statistics.median(one.seconds[1:]) for one in ways}
    row: Row = {
        "implementation": way.name,
        "B": batch_size,
        "K": NUM_LABELS,
        "H": way.network.project_path.in_features,
        "samples_per_s": speeds[way.name],
        "spread": (max(way.seconds[1:]) - min(way.seconds[1:]))
        / statistics.median(way.seconds[1:]),
        "batches": len(way.seconds),
        "positions_per_prefix": shared,
        "label_lists": source,
        "ratio_to": {name: speeds[way.name] / speed for name, speed in speeds.items()},
    }
    if way.network.input_dropout.p > 0:
        return row
    worst = max(abs(ours - others) for ours, others in zip(ways[0].losses, way.losses, strict=True))
    if not worst <= 1e-3:
        raise RuntimeError(f"{way.name}: its losses differ by {worst:.2g}")
    return {**row, "largest_loss_difference": worst}


def _speed(row: Row) -> float:
    speed = row["samples_per_s"]
    assert isinstance(speed, float)
    return speed


def _format(row: Row) -> str:
    ratios = row["ratio_to"]
    assert isinstance(ratios, dict)
    return (
        f"{row['implementation']!s:15} B={row['B']:<5} {_speed(row):>9,.0f} samples/s "
        f"{ratios['padded']:>6.2f}x padded {ratios['packed']:>6.2f}x packed   "
        f"({row['positions_per_prefix']:.2f} positions a prefix)"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark; see the module's text."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.speed training", description=__doc__
    )
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[256, 4096])
    parser.add_argument("--batches", type=int, default=6, help="of each size; the first warms up")
    parser.add_argument("--hidden-dim", type=int, default=512)
    parser.add_argument("--clock", choices=CLOCKS, default="wall", help=CLOCK_HELP)
    parser.add_argument("--output", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    load = load_average()
    rows: list[Row] = []
    for batch_size in options.batch_sizes:
        for row in run_setting(
            batch_size, options.batches, options.hidden_dim, CLOCKS[options.clock]
        ):
            rows.append(row)
            print(_format(row), flush=True)
        # After each size: a run that is cut short keeps what it has.
        write_results(options.output, rows, load, clock=options.clock)


if __name__ == "__main__":
    main()
