import math

import pytest
import torch

from cnn_rnn.beam_tree import BeamNode, beam_trees
from cnn_rnn.decoding import Paths, beam_search
from cnn_rnn.network import CNNRNN

NAMES = ["cat", "dog", "cow", "emu", "fox"]
LONGEST = 3


def make(num_images: int = 4) -> tuple[CNNRNN, torch.Tensor]:
    with torch.random.fork_rng():
        torch.manual_seed(0)
        network = CNNRNN(5, 6, 4, 8, label_scale=1.0).eval()
        return network, 3 * torch.randn(num_images, 6)


def leaves(node: BeamNode, prefix: tuple[str, ...] = ()) -> dict[tuple[str, ...], BeamNode]:
    """Every node by its prefix."""
    found = {prefix: node}
    for child in node.children:
        found |= leaves(child, (*prefix, child.label))
    return found


def test_the_paths_of_the_search_end_in_the_tree_with_their_probabilities() -> None:
    network, features = make()
    paths = beam_search(network, features, 4, LONGEST)
    trees = beam_trees(network, features, paths, LONGEST, 0, NAMES)
    for image, tree in enumerate(trees):
        nodes = leaves(tree)
        ranks = {node.rank: prefix for prefix, node in nodes.items() if node.rank is not None}
        assert len(ranks) == int((paths.lengths[image] >= 0).sum())
        for rank, prefix in ranks.items():
            length = int(paths.lengths[image, rank])
            ids = paths.label_ids[image, rank, :length].tolist()
            assert prefix == tuple(NAMES[k] for k in ids)
            end = nodes[prefix].end_probability
            assert end is not None
            steps = [nodes[prefix[: t + 1]].probability for t in range(length)]
            assert sum(map(math.log, [*steps, end])) == pytest.approx(
                float(paths.log_probs[image, rank]), abs=1e-5
            )


def test_the_probabilities_are_those_of_teacher_forcing() -> None:
    network, features = make()
    paths = beam_search(network, features, 4, LONGEST)
    trees = beam_trees(network, features, paths, LONGEST, 0, NAMES)
    for image, tree in enumerate(trees):
        for prefix, node in leaves(tree).items():
            if not prefix:
                continue
            ids = torch.tensor([[NAMES.index(name) for name in prefix]])
            log_probs = network(features[image : image + 1], ids)[0]
            assert node.probability == pytest.approx(
                log_probs[len(prefix) - 1, ids[0, -1]].exp().item(), rel=1e-4
            )


def test_the_tree_holds_prefixes_that_were_given_up() -> None:
    network, features = make(8)
    paths = beam_search(network, features, 3, LONGEST)
    trees = beam_trees(network, features, paths, LONGEST, 0, NAMES)
    assert any(node.best_rank is None for tree in trees for node in tree.walk())
    assert all(tree.best_rank == 0 for tree in trees)


def test_children_stand_in_the_order_of_their_probability() -> None:
    network, features = make()
    paths = beam_search(network, features, 5, LONGEST)
    for tree in beam_trees(network, features, paths, LONGEST, 0, NAMES):
        for node in tree.walk():
            probabilities = [child.probability for child in node.children]
            assert probabilities == sorted(probabilities, reverse=True)


def test_a_path_that_the_watched_search_did_not_keep_is_in_the_tree_all_the_same() -> None:
    network, features = make(1)
    best = beam_search(network, features, 1, LONGEST).label_ids[0, 0, 0]
    other = (best + 1) % 5  # a beam of one never began with it
    paths = Paths(
        torch.tensor([[[int(other), -1, -1]]]), torch.tensor([[1]]), torch.tensor([[-9.0]])
    )
    (tree,) = beam_trees(network, features, paths, LONGEST, 0, NAMES)
    node = leaves(tree)[(NAMES[int(other)],)]
    expected = network(features, torch.tensor([[int(other)]]))[0, 0, int(other)]
    assert node.log_prob == pytest.approx(expected.item(), abs=1e-5)
    assert node.rank == 0


def test_min_length_forbids_short_paths_in_the_tree() -> None:
    network, features = make()
    paths = beam_search(network, features, 3, LONGEST, 2)
    for tree in beam_trees(network, features, paths, LONGEST, 2, NAMES):
        ends = [prefix for prefix, node in leaves(tree).items() if node.rank is not None]
        assert ends
        assert all(len(prefix) >= 2 for prefix in ends)


def test_plain_types_hold_the_whole_tree() -> None:
    node = BeamNode("", 1.0, 0.0, children=(BeamNode("cat", 0.5, -0.7, 0, 0.25),))
    assert node.to_dict() == {
        "label": "",
        "probability": 1.0,
        "log_prob": 0.0,
        "rank": None,
        "end_probability": None,
        "children": [
            {
                "label": "cat",
                "probability": 0.5,
                "log_prob": -0.7,
                "rank": 0,
                "end_probability": 0.25,
                "children": [],
            }
        ],
    }
