"""The exportable search against the reference, as a module and as a `torch.export` program."""

from typing import Any

import pytest
import torch

from cnn_rnn.cells import CellName
from cnn_rnn.decoding import beam_search
from cnn_rnn.exported_search import ExportableBeamSearch
from cnn_rnn.network import CNNRNN


def make(num_labels: int, cell: CellName = "lstm", seed: int = 0) -> CNNRNN:
    with torch.random.fork_rng():
        torch.manual_seed(seed)
        return CNNRNN(num_labels, 16, 8, 16, cell=cell, label_scale=1.0).eval()


def images(count: int, seed: int = 0) -> torch.Tensor:
    return 3 * torch.randn(count, 16, generator=torch.Generator().manual_seed(seed))


def assert_same_paths(
    got: Any, network: CNNRNN, features: torch.Tensor, width: int, longest: int, shortest: int
) -> None:
    expected = beam_search(network, features, width, longest, shortest, "reference")
    label_ids, lengths, log_probs = got
    assert torch.equal(label_ids, expected.label_ids)
    assert torch.equal(lengths, expected.lengths)
    torch.testing.assert_close(log_probs, expected.log_probs, atol=1e-5, rtol=1e-5)


SIZES = [(5, 3, 4, 0), (3, 6, 3, 1), (20, 4, 6, 2), (4, 1, 0, 0), (2, 9, 2, 2), (30, 5, 8, 0)]


@pytest.mark.parametrize("cell", ["lstm", "gru", "paper", "linear"])
@pytest.mark.parametrize(
    ("num_labels", "width", "longest", "shortest"),
    SIZES,
    ids=[f"K{k}-N{n}-T{t}-m{m}" for k, n, t, m in SIZES],
)
def test_paths_are_those_of_the_reference(
    cell: CellName, num_labels: int, width: int, longest: int, shortest: int
) -> None:
    network, features = make(num_labels, cell), images(9)
    search = ExportableBeamSearch(network, width, longest, shortest)
    with torch.no_grad():
        got = search(features)
    assert_same_paths(got, network, features, width, longest, shortest)


def test_ties_are_broken_as_in_the_reference() -> None:
    network = make(6)
    with torch.no_grad():  # every label as probable as END, exactly
        network.label_embedding.zero_()
        network.end_embedding.zero_()
        features = images(3)
        assert_same_paths(ExportableBeamSearch(network, 4, 3)(features), network, features, 4, 3, 0)


def test_the_exported_program_takes_any_batch() -> None:
    network = make(8)
    search = ExportableBeamSearch(network, 3, 4).eval()
    with torch.no_grad():
        shapes = ({0: torch.export.Dim("batch")},)
        program = torch.export.export(search, (images(5),), dynamic_shapes=shapes).module()
        for count in (1, 2, 33):
            features = images(count, seed=count)
            assert_same_paths(program(features), network, features, 3, 4, 0)


@pytest.mark.parametrize("sizes", [(0, 3, 0), (3, 9, 0), (3, 2, 3), (3, 2, -1)])
def test_sizes_out_of_range_are_refused(sizes: tuple[int, int, int]) -> None:
    with pytest.raises(ValueError, match=r"0 <= min_length <= max_length <= 8 labels"):
        ExportableBeamSearch(make(8), *sizes)
