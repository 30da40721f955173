"""The training benchmark compares equal things and writes what it measured."""

import json
from pathlib import Path

import pytest
import torch

from benchmarks.speed import training
from benchmarks.speed.training import PackedForward, forward_padded
from cnn_rnn.network import CNNRNN


@pytest.fixture(autouse=True)
def drawn_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("CNN_RNN_REAL_DATA", raising=False)


def test_the_peers_give_the_log_probabilities_of_the_network() -> None:
    torch.manual_seed(0)
    network = CNNRNN(5, 3, hidden_dim=7, dropout=0.0)
    features = torch.randn(4, 3)
    paths = torch.tensor([[0, 2, 4], [1, -1, -1], [-1, -1, -1], [0, 3, -1]])
    expected = network(features, paths)
    counted = torch.arange(4) <= (paths >= 0).sum(dim=1, keepdim=True)
    for forward in (forward_padded, PackedForward(network)):
        found = forward(network, features, paths)
        torch.testing.assert_close(found[counted], expected[counted])


def test_the_results_hold_a_row_for_every_way(tmp_path: Path) -> None:
    output = tmp_path / "results" / "training.json"
    options = ["--batch-sizes", "8", "--batches", "2", "--hidden-dim", "8", "--output", str(output)]
    training.main(options)
    result = json.loads(output.read_text(encoding="utf-8"))
    assert result["torch"] == torch.__version__
    names = ["trie", "packed", "padded", "trie, dropout", "packed, dropout"]
    assert [row["implementation"] for row in result["rows"]] == names
    assert ["largest_loss_difference" in row for row in result["rows"]] == [True] * 3 + [False] * 2
    assert result["clock"] == "wall"
    for row in result["rows"]:
        assert row["samples_per_s"] > 0
        assert row["positions_per_prefix"] >= 1
        assert row["label_lists"] == "drawn label lists"


def test_other_losses_stop_the_benchmark(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(
        training, "forward_padded", lambda network, f, p: forward_padded(network, 2 * f, p)
    )
    with pytest.raises(RuntimeError, match="padded: its losses differ"):
        training.run_setting(8, 2, hidden_dim=8)
