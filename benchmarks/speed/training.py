"""Teacher forcing over the prefix trie against the plain padded pass and a packed nn.LSTM.

``python -m benchmarks.speed training`` trains the same head from the same weights on the same
batches three ways (dropout off, so that they can be compared), checks that the loss curves are the
same, and prints samples a second: *trie*, `CNNRNN.forward`; *padded*, every (image, step) passes
the cell; *packed*, as public implementations write it: `pack_padded_sequence` through `nn.LSTM`,
and batches collated from single samples by a DataLoader.
"""

import argparse
import copy
import json
import statistics
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, TensorDataset

from benchmarks.speed.label_lists import label_lists
from benchmarks.speed.machine import machine
from cnn_rnn.cells import LSTMCell
from cnn_rnn.label_space import targets_to_paths
from cnn_rnn.losses import path_cross_entropy
from cnn_rnn.network import CNNRNN
from cnn_rnn.prefix_trie import build_prefix_trie

Row = dict[str, object]
Forward = Callable[[CNNRNN, Tensor, Tensor], Tensor]

FEATURE_DIM = 4096  # VGG16's fc7
NUM_LABELS = 80
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
        return _log_probs(network, features, network.project_path(outputs))


def _log_probs(network: CNNRNN, features: Tensor, path_embedding: Tensor) -> Tensor:
    image_embedding = network.encode_image(features).unsqueeze(1)
    return network.logits(image_embedding, path_embedding).log_softmax(dim=-1)


def train(
    network: CNNRNN, forward: Forward, batches: Iterator[tuple[Tensor, Tensor]]
) -> tuple[list[float], list[float]]:
    """One pass over the batches: the loss of each, and its seconds (loading, forward, backward)."""
    optimizer = torch.optim.RMSprop(network.parameters(), lr=1e-4, momentum=0.9)
    order = torch.arange(network.num_labels)
    losses, seconds = [], []
    start = time.perf_counter()
    for features, targets in batches:
        paths = targets_to_paths(targets, order)
        loss = path_cross_entropy(forward(network, features, paths), paths)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]  # torch's own
        optimizer.step()
        losses.append(loss.item())
        seconds.append(time.perf_counter() - start)
        start = time.perf_counter()
    return losses, seconds


def run_setting(batch_size: int, num_batches: int, hidden_dim: int = 512) -> list[Row]:
    """The three ways at one batch size.

    Raises:
        RuntimeError: their losses differ: no ratio is worth printing then.
    """
    generator = torch.Generator().manual_seed(0)
    targets, source = label_lists(NUM_LABELS, batch_size * num_batches, generator)
    features = torch.relu(torch.randn(len(targets), FEATURE_DIM, generator=generator))
    torch.manual_seed(0)
    network = CNNRNN(NUM_LABELS, FEATURE_DIM, hidden_dim=hidden_dim, dropout=0.0)
    paths = targets_to_paths(targets[:batch_size], torch.arange(NUM_LABELS))
    positions = int((paths >= 0).sum()) + batch_size
    prefixes = build_prefix_trie(paths, NUM_LABELS).num_nodes

    rows: list[Row] = []
    curves: list[list[float]] = []
    for name in ("trie", "padded", "packed"):
        copied = copy.deepcopy(network)
        forward: Forward
        batches: Iterator[tuple[Tensor, Tensor]]
        batches = zip(
            torch.split(features, batch_size), torch.split(targets, batch_size), strict=True
        )
        if name == "trie":
            forward = CNNRNN.forward
        elif name == "padded":
            forward = forward_padded
        else:
            forward = PackedForward(copied)
            loader = DataLoader(dataset=TensorDataset(features, targets), batch_size=batch_size)
            batches = ((batch[0], batch[1]) for batch in loader)
        losses, seconds = train(copied, forward, batches)
        curves.append(losses)
        # The first batch warms up.
        speeds = [batch_size / one for one in seconds[1:]]
        rows.append(
            {
                "implementation": name,
                "B": batch_size,
                "K": NUM_LABELS,
                "H": hidden_dim,
                "samples_per_s": statistics.median(speeds),
                "spread": (max(speeds) - min(speeds)) / statistics.median(speeds),
                "batches": num_batches,
                "positions_per_prefix": positions / prefixes,
                "label_lists": source,
            }
        )
    for row, losses in zip(rows, curves, strict=True):
        worst = max(abs(ours - others) for ours, others in zip(curves[0], losses, strict=True))
        if worst > 1e-3:
            raise RuntimeError(f"{row['implementation']}: its losses differ by {worst:.2g}")
        row["largest_loss_difference"] = worst
        row["ratio_to"] = {
            str(other["implementation"]): _speed(row) / _speed(other) for other in rows
        }
    return rows


def _speed(row: Row) -> float:
    speed = row["samples_per_s"]
    assert isinstance(speed, float)
    return speed


def _format(row: Row) -> str:
    ratios = row["ratio_to"]
    assert isinstance(ratios, dict)
    return (
        f"{row['implementation']!s:8} B={row['B']:<5} {_speed(row):>9,.0f} samples/s "
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
    parser.add_argument("--output", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    rows: list[Row] = []
    for batch_size in options.batch_sizes:
        for row in run_setting(batch_size, options.batches, options.hidden_dim):
            rows.append(row)
            print(_format(row), flush=True)
    result = {"date": datetime.now(UTC).isoformat(timespec="seconds"), **machine(), "rows": rows}
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
