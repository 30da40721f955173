"""Small networks whose paths are searched, and what it means for two searches to agree."""

import os
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any, Literal

import pytest
import torch
from packaging.version import Version
from torch import Tensor

from benchmarks.speed import decoding_workload
from benchmarks.speed.decoding_workload import Workload, build_workload
from cnn_rnn.cells import CellName
from cnn_rnn.decoding import PathNetwork, Paths
from cnn_rnn.network import CNNRNN


@dataclass
class RandomNetwork:
    """A small recurrent network with random weights; its state is a pair of tensors."""

    num_labels: int
    image_weight: Tensor  # (F, D)
    label_weight: Tensor  # (K+1, S)
    recurrent_weight: Tensor  # (S, S)
    path_weight: Tensor  # (S, D)
    output_weight: Tensor  # (K+1, D)
    bias: Tensor  # (K+1,)

    @property
    def start_id(self) -> int:
        return self.num_labels

    @property
    def end_id(self) -> int:
        return self.num_labels

    def encode_image(self, features: Tensor) -> Tensor:
        return features @ self.image_weight

    def initial_state(self, batch_size: int) -> tuple[Tensor, Tensor]:
        state = self.label_weight.new_zeros(batch_size, self.label_weight.shape[1])
        return state, state - 0.5

    def advance(
        self, state: tuple[Tensor, Tensor], label_ids: Tensor
    ) -> tuple[tuple[Tensor, Tensor], Tensor]:
        hidden, memory = state
        hidden = torch.tanh(hidden @ self.recurrent_weight + self.label_weight[label_ids])
        memory = 0.5 * memory + hidden
        return (hidden, memory), torch.relu(memory) @ self.path_weight

    def logits(self, image_embedding: Tensor, path_embedding: Tensor) -> Tensor:
        return (image_embedding + path_embedding) @ self.output_weight.T + self.bias


@dataclass
class TableNetwork:
    """Looks its logits up in a table of few values by a hash of the prefix: ties everywhere.

    Log-probabilities do not depend on what else is in the batch, so ties are exact.
    """

    num_labels: int
    table: Tensor  # (M, K+1)

    @property
    def start_id(self) -> int:
        return self.num_labels

    @property
    def end_id(self) -> int:
        return self.num_labels

    def encode_image(self, features: Tensor) -> Tensor:
        return features[:, : self.num_labels + 1].round()

    def initial_state(self, batch_size: int) -> Tensor:
        return torch.zeros(batch_size, 1, dtype=torch.int64, device=self.table.device)

    def advance(self, state: Tensor, label_ids: Tensor) -> tuple[Tensor, Tensor]:
        state = (state * 31 + label_ids.unsqueeze(1) + 7) % self.table.shape[0]
        return state, self.table[state.squeeze(1)]

    def logits(self, image_embedding: Tensor, path_embedding: Tensor) -> Tensor:
        return image_embedding + path_embedding


@pytest.fixture
def random_network() -> Callable[..., PathNetwork]:
    def build(
        num_labels: int,
        feature_dim: int = 5,
        seed: int = 0,
        end_bias: float = 0.0,
        scale: float = 1.0,
        dtype: torch.dtype = torch.float32,
    ) -> PathNetwork:
        generator = torch.Generator().manual_seed(seed)

        def normal(*shape: int) -> Tensor:
            return torch.randn(shape, generator=generator, dtype=torch.float64).to(dtype)

        bias = normal(num_labels + 1)
        bias[num_labels] += end_bias
        return RandomNetwork(
            num_labels,
            normal(feature_dim, 4),
            normal(num_labels + 1, 6),
            normal(6, 6),
            normal(6, 4),
            normal(num_labels + 1, 4) * scale,
            bias,
        )

    return build


@pytest.fixture
def table_network() -> Callable[..., PathNetwork]:
    def build(
        num_labels: int, seed: int = 0, values: tuple[float, ...] = (0.0, -1.0)
    ) -> PathNetwork:
        generator = torch.Generator().manual_seed(seed)
        choice = torch.randint(len(values), (97, num_labels + 1), generator=generator)
        table = torch.tensor(values)[choice]
        # A row of -inf alone is no distribution.
        table[:, num_labels] = table[:, num_labels].clamp(min=-5.0)
        return TableNetwork(num_labels, table)

    return build


@pytest.fixture
def random_cnn_rnn() -> Callable[..., CNNRNN]:
    def build(
        num_labels: int,
        seed: int = 0,
        cell: CellName = "lstm",
        joint_activation: Literal["identity", "relu"] = "identity",
        feature_dim: int = 9,
        scale: float = 0.4,
    ) -> CNNRNN:
        network = CNNRNN(num_labels, feature_dim, 8, 16, cell, joint_activation)
        network.eval().requires_grad_(False)
        # An untrained cell may hardly speak, and then all orders of some labels nearly tie.
        generator = torch.Generator().manual_seed(seed)
        for parameter in network.parameters():
            parameter.normal_(std=scale, generator=generator)
        return network

    return build


@pytest.fixture
def assert_same_paths() -> Callable[[Paths, Paths], None]:
    """Equal paths; log-probabilities within 1e-5 + 1e-5 relative; nearer neighbours may swap."""

    def check(found: Paths, expected: Paths) -> None:
        assert [part.shape for part in found] == [part.shape for part in expected]
        assert found.label_ids.dtype == found.lengths.dtype == torch.int64
        torch.testing.assert_close(found.log_probs, expected.log_probs, rtol=1e-5, atol=1e-5)
        if torch.equal(found.label_ids, expected.label_ids) and torch.equal(
            found.lengths, expected.lengths
        ):
            return
        for image in range(expected.lengths.shape[0]):
            places = {
                (length, *label_ids): log_prob
                for length, label_ids, log_prob in zip(
                    expected.lengths[image].tolist(),
                    expected.label_ids[image].tolist(),
                    expected.log_probs[image].tolist(),
                    strict=True,
                )
            }
            for slot, length in enumerate(found.lengths[image].tolist()):
                path = (length, *found.label_ids[image, slot].tolist())
                assert path in places, f"image {image}, slot {slot}: {path} not in {places}"
                log_prob = found.log_probs[image, slot].item()
                assert log_prob == pytest.approx(places[path], rel=1e-5, abs=1e-5)

    return check


@pytest.fixture(scope="session")
def interpret(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str, Any], Any]:
    """What a script of this folder finds in its input, with Triton's interpreter.

    In a process of its own, since the interpreter is chosen when Triton is imported.
    """
    if Version(version("triton")) < Version("3.7") and Version(version("numpy")) >= Version("2.4"):
        pytest.skip("Triton's interpreter needs Triton 3.7, or NumPy before 2.4")

    def run(script: str, given: object) -> Any:
        folder = tmp_path_factory.mktemp("interpreted")
        torch.save(given, folder / "given.pt")
        files = [Path(__file__).with_name(script), folder / "given.pt", folder / "results.pt"]
        subprocess.run(
            [sys.executable, *map(str, files)],
            check=True,
            env={**os.environ, "TRITON_INTERPRET": "1"},
        )
        return torch.load(folder / "results.pt", weights_only=True)

    return run


@pytest.fixture(scope="package")
def trained(tmp_path_factory: pytest.TempPathFactory) -> Workload:
    """A network that knows the order of labels, and images that it has not seen."""
    folder = tmp_path_factory.mktemp("trained")
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(decoding_workload, "_kept_file", lambda recipe: folder / "it.safetensors")
        patch.delenv("CNN_RNN_REAL_DATA", raising=False)
        return build_workload(20, 500, train_steps=60, hidden_dim=64)
