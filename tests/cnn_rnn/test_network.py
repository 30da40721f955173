"""The network: teacher forcing over the trie equals the plain pass; the interface decoding uses."""

import itertools

import pytest
import torch
from torch import Tensor

from cnn_rnn.cells import CellName, PaperCell
from cnn_rnn.network import CNNRNN

CELLS: list[CellName] = ["paper", "paper_bounded", "lstm", "gru", "linear"]


def random_paths(batch_size: int, num_labels: int, longest: int, seed: int = 0) -> Tensor:
    generator = torch.Generator().manual_seed(seed)
    paths = torch.full((batch_size, longest), -1)
    for row in range(batch_size):
        length = int(torch.randint(0, longest + 1, (1,), generator=generator))
        paths[row, :length] = torch.randperm(num_labels, generator=generator)[:length]
    return paths


def step_by_step(network: CNNRNN, features: Tensor, paths: Tensor) -> Tensor:
    """(B, T+1, K+1) through the four methods of the interface, one image at a time."""
    rows = []
    for image, path in zip(features, paths, strict=True):
        embedding = network.encode_image(image[None])
        state, path_embedding = network.advance(
            network.initial_state(1), torch.tensor([network.start_id])
        )
        steps = [network.logits(embedding, path_embedding).log_softmax(-1)]
        for label in path:
            if label >= 0:
                state, path_embedding = network.advance(state, label[None])
            steps.append(network.logits(embedding, path_embedding).log_softmax(-1))
        rows.append(torch.cat(steps))
    return torch.stack(rows)


@pytest.mark.parametrize("cell", CELLS)
@pytest.mark.parametrize("joint_activation", ["identity", "relu"])
def test_teacher_forcing_equals_the_interface_step_by_step(
    cell: CellName, joint_activation: str
) -> None:
    torch.manual_seed(0)
    network = CNNRNN(6, 5, 4, 8, cell=cell, joint_activation=joint_activation).eval()  # type: ignore[arg-type]  # parametrised by name
    features, paths = torch.randn(7, 5), random_paths(7, 6, 4)
    log_probs = network(features, paths)
    torch.testing.assert_close(log_probs, step_by_step(network, features, paths))
    torch.testing.assert_close(log_probs.exp().sum(-1), torch.ones(7, 5))


@pytest.mark.parametrize("cell", CELLS)
def test_gradients_over_the_trie_equal_those_of_the_plain_pass(cell: CellName) -> None:
    torch.manual_seed(0)
    network = CNNRNN(5, 3, 4, 6, cell=cell).eval()
    features, paths = torch.randn(9, 3), random_paths(9, 5, 3, seed=1)
    weights = torch.randn(9, 4, 6)
    parameters = list(network.parameters())
    shared = torch.autograd.grad((network(features, paths) * weights).sum(), parameters)
    plain = torch.autograd.grad(
        (step_by_step(network, features, paths) * weights).sum(), parameters
    )
    for ours, theirs in zip(shared, plain, strict=True):
        torch.testing.assert_close(ours, theirs)


def test_mixed_precision_trains_every_weight() -> None:
    torch.manual_seed(0)
    network = CNNRNN(5, 3, 4, 6).train()
    features, paths = torch.randn(9, 3), random_paths(9, 5, 3, seed=1)
    with torch.autocast("cpu", dtype=torch.bfloat16):
        loss = network(features, paths).float().square().mean()
    loss.backward()
    for parameter in network.parameters():
        assert parameter.grad is not None
        assert parameter.grad.dtype == torch.float32
        assert parameter.grad.isfinite().all()


def test_dropout_that_drops_nothing_changes_no_gradient() -> None:
    torch.manual_seed(0)
    network = CNNRNN(5, 3, 4, 6, dropout=1e-12).train()
    features, paths = torch.randn(9, 3), random_paths(9, 5, 3, seed=1)
    found, weights = [], torch.randn(9, 4, 6)
    for mode in (True, False):
        loss = (network.train(mode)(features, paths) * weights).sum()
        found.append(torch.autograd.grad(loss, list(network.parameters())))
    for dropped, plain in zip(*found, strict=True):
        torch.testing.assert_close(dropped, plain)


def test_the_state_depends_on_the_label_prefix_alone() -> None:
    network = CNNRNN(4, 3).eval()
    paths = torch.tensor([[0, 1], [0, 1]])
    log_probs = network(torch.tensor([[0.0, 0, 0], [1, 2, 3]]), paths)
    assert not torch.allclose(log_probs[0], log_probs[1])
    # Same image: the position after [0, 1] is the same whatever else the batch holds.
    alone = network(torch.zeros(1, 3), paths[:1])
    torch.testing.assert_close(alone[0], log_probs[0])


def test_dropout_is_drawn_for_each_position() -> None:
    torch.manual_seed(0)
    network = CNNRNN(4, 3, dropout=0.5).train()
    features = torch.zeros(2, 3)  # no image signal: only the path projection can differ
    log_probs = network(features, torch.tensor([[2], [2]]))
    assert not torch.allclose(log_probs[0, 0], log_probs[1, 0])


def test_label_embedding_is_tied_and_start_and_end_are_not() -> None:
    network = CNNRNN(4, 3, embedding_dim=8)
    assert torch.equal(network.input_table[:4], network.output_table[:4])
    assert not torch.equal(network.input_table[4], network.output_table[4])
    assert network.start_id == network.end_id == 4


def test_paper_cell_follows_the_equations_of_section_3_1() -> None:
    torch.manual_seed(0)
    network = CNNRNN(3, 2, embedding_dim=4, hidden_dim=5, cell="paper").eval()
    cell = network.cell
    assert isinstance(cell, PaperCell)
    recurrent = torch.rand(5)
    label = network.label_embedding[1]
    gates = []
    for index in range(4):
        from_state = cell.from_state.weight[5 * index : 5 * index + 5]
        from_input = cell.from_input.weight[5 * index : 5 * index + 5]
        gates.append(torch.relu(from_state @ recurrent + from_input @ label))
    candidate, input_gate, forget_gate, output_gate = gates
    expected_state = forget_gate * recurrent + input_gate * candidate
    state, path_embedding = network.advance((recurrent[None],), torch.tensor([1]))
    torch.testing.assert_close(state[0][0], expected_state)
    expected = network.project_path.weight @ (expected_state * output_gate)
    torch.testing.assert_close(path_embedding[0], expected)


def test_linear_cell_sees_the_previous_label_only() -> None:
    network = CNNRNN(4, 3, cell="linear").eval()
    log_probs = network(torch.ones(2, 3), torch.tensor([[0, 2], [1, 2]]))
    torch.testing.assert_close(log_probs[0, 2], log_probs[1, 2])
    assert not torch.allclose(log_probs[0, 1], log_probs[1, 1])


def test_paths_without_any_label_have_one_position() -> None:
    network = CNNRNN(4, 3)
    assert network(torch.ones(2, 3), torch.empty(2, 0, dtype=torch.int64)).shape == (2, 1, 5)


@pytest.mark.parametrize(
    ("argument", "value"),
    list(
        itertools.chain(
            [(name, 0) for name in ("num_labels", "feature_dim", "embedding_dim", "hidden_dim")],
            [("dropout", 1.0), ("cell", "elman"), ("joint_activation", "tanh")],
            [("dropout_on", "outputs")],
        )
    ),
)
def test_wrong_arguments_are_named(argument: str, value: object) -> None:
    arguments: dict[str, object] = {"num_labels": 3, "feature_dim": 2, argument: value}
    with pytest.raises(ValueError, match=argument):
        CNNRNN(**arguments)  # type: ignore[arg-type]  # wrong on purpose


def test_wrong_shapes_are_named() -> None:
    with pytest.raises(ValueError, match=r"expected features \(B, F\)"):
        CNNRNN(3, 2)(torch.ones(2, 2), torch.zeros(3, 1, dtype=torch.int64))
