"""Label sets and paths, there and back."""

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st

from cnn_rnn.label_space import LabelSpace, LabelSpaceError, paths_to_targets, targets_to_paths


def test_paths_follow_the_order_and_are_padded() -> None:
    target = torch.tensor([[True, True, False, True], [False, False, True, False]])
    order = torch.tensor([3, 2, 1, 0])
    assert targets_to_paths(target, order).tolist() == [[3, 1, 0], [2, -1, -1]]


@pytest.mark.parametrize("batch_size", [0, 3])
def test_images_without_labels_give_paths_of_no_length(batch_size: int) -> None:
    paths = targets_to_paths(torch.zeros(batch_size, 4, dtype=torch.bool), torch.arange(4))
    assert paths.shape == (batch_size, 0)
    assert not paths_to_targets(paths, 4).any()


@given(
    st.integers(1, 9).flatmap(
        lambda size: st.tuples(
            st.lists(st.lists(st.booleans(), min_size=size, max_size=size), min_size=1, max_size=6),
            st.permutations(range(size)),
        )
    )
)
def test_targets_survive_the_way_to_paths_and_back(
    case: tuple[list[list[bool]], list[int]],
) -> None:
    rows, order = case
    target = torch.tensor(rows)
    paths = targets_to_paths(target, torch.tensor(order))
    assert torch.equal(paths_to_targets(paths, target.shape[1]), target)
    position = {label: place for place, label in enumerate(order)}
    for path in paths.tolist():
        places = [position[label] for label in path if label >= 0]
        assert places == sorted(places)


def test_start_and_end_have_id_k() -> None:
    labels = LabelSpace(["cat", "dog"], [3, 1])
    assert (labels.num_labels, labels.start_id, labels.end_id) == (2, 2, 2)
    assert labels.counts.tolist() == [3, 1]


@pytest.mark.parametrize(
    ("names", "message"),
    [
        (["cat", "cow"], r"absent there: \['dog'\], new there: \['cow'\]"),
        (["dog", "cat"], "the same names in another order"),
    ],
)
def test_other_labels_are_refused_with_the_difference(names: list[str], message: str) -> None:
    with pytest.raises(LabelSpaceError, match=message):
        LabelSpace(["cat", "dog"]).check(names, "the checkpoint")


@pytest.mark.parametrize(
    ("names", "counts"), [([], None), (["cat", "cat"], None), (["cat"], [1, 2])]
)
def test_impossible_label_spaces_are_refused(names: list[str], counts: list[int] | None) -> None:
    with pytest.raises(ValueError, match="label names"):
        LabelSpace(names, counts)
