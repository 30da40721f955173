from pathlib import Path

import pytest
import torch

from data_modules.records import BoxTable, SplitRecords


@pytest.fixture
def table() -> BoxTable:
    """Three images with 2, 0 and 1 boxes."""
    return BoxTable(
        torch.tensor([2, 0, 1]),
        torch.tensor([4, 4, 1]),
        torch.arange(12.0).reshape(3, 4),
        torch.tensor([5.0, 6.0, 7.0]),
        torch.tensor([[64, 48], [10, 20], [30, 40]]),
    )


def test_an_image_has_its_own_boxes(table: BoxTable) -> None:
    first, second, third = table
    assert first.label_ids.tolist() == [4, 4]
    assert first.boxes.tolist() == [[0, 1, 2, 3], [4, 5, 6, 7]]
    assert first.areas.tolist() == [5, 6]
    assert (first.width, first.height) == (64, 48)
    assert second.boxes.shape == (0, 4)
    assert third.label_ids.tolist() == [1]


def test_it_is_a_sequence(table: BoxTable) -> None:
    assert len(table) == 3
    assert table[-1].areas.tolist() == [7]
    assert [len(image.label_ids) for image in table[1:]] == [0, 1]
    with pytest.raises(IndexError):
        table[3]


def test_selection_keeps_the_order_that_is_asked_for(table: BoxTable) -> None:
    chosen = table.select(torch.tensor([2, 0]))
    assert [image.areas.tolist() for image in chosen] == [[7], [5, 6]]
    assert [image.width for image in chosen] == [30, 64]
    assert len(table.select(torch.tensor([], dtype=torch.int64))) == 0


def test_selected_records_keep_images_labels_and_boxes_together(table: BoxTable) -> None:
    targets = torch.eye(3, dtype=torch.bool)
    records = SplitRecords(
        ["a", "b", "c"],
        [Path(name) for name in "abc"],
        [(Path("list.txt"), line) for line in (1, 2, 3)],
        targets,
        ~targets,
        boxes=table,
    )
    chosen = records.select([2, 0])
    assert chosen.image_ids == ["c", "a"]
    assert chosen.image_paths == [Path("c"), Path("a")]
    assert chosen.places == [(Path("list.txt"), 3), (Path("list.txt"), 1)]
    assert torch.equal(chosen.targets, targets[[2, 0]])
    assert torch.equal(chosen.ignored, ~targets[[2, 0]])
    assert chosen.boxes is not None
    assert chosen.boxes[0].areas.tolist() == [7]
