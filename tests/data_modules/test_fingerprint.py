from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
import torch

from data_modules.fingerprint import data_fingerprint
from data_modules.records import SplitRecords


def records_in(root: Path) -> SplitRecords:
    root.mkdir(exist_ok=True)
    (root / "list.txt").write_text("a 1\nb 0\n")
    return SplitRecords(
        ["a", "b"],
        [root / "a.jpg", root / "b.jpg"],
        [(root / "list.txt", 1), (root / "list.txt", 2)],
        torch.tensor([[True], [False]]),
        torch.tensor([[False], [False]]),
        [root / "list.txt"],
    )


def test_it_does_not_depend_on_where_the_root_is(tmp_path: Path) -> None:
    first, second = (
        data_fingerprint(root, ["x"], [("train", records_in(root), [5, 6])])
        for root in (tmp_path / "one", tmp_path / "two")
    )
    assert first == second
    assert len(first) == 64


@pytest.mark.parametrize(
    "change",
    [
        lambda root, records: (["y"], "train", records, [5, 6]),
        lambda root, records: (["x"], "test", records, [5, 6]),
        lambda root, records: (["x"], "train", records, [5, 7]),
        lambda root, records: (["x"], "train", replace(records, targets=~records.targets), [5, 6]),
        lambda root, records: (["x"], "train", replace(records, ignored=~records.ignored), [5, 6]),
        lambda root, records: (["x"], "train", replace(records, image_ids=["a", "c"]), [5, 6]),
        lambda root, records: (
            ["x"],
            "train",
            replace(records, image_paths=[root / "a.jpg", root / "c.jpg"]),
            [5, 6],
        ),
    ],
    ids=["label", "split", "size", "target", "ignored", "id", "path"],
)
def test_it_changes_with_each_part(
    tmp_path: Path,
    change: Callable[[Path, SplitRecords], tuple[list[str], str, SplitRecords, list[int]]],
) -> None:
    records = records_in(tmp_path)
    before = data_fingerprint(tmp_path, ["x"], [("train", records, [5, 6])])
    names, split, changed, sizes = change(tmp_path, records)
    assert data_fingerprint(tmp_path, names, [(split, changed, sizes)]) != before


def test_it_changes_with_the_bytes_of_the_annotations(tmp_path: Path) -> None:
    records = records_in(tmp_path)
    before = data_fingerprint(tmp_path, ["x"], [("train", records, [5, 6])])
    (tmp_path / "list.txt").write_text("a 1\r\nb 0\r\n")
    assert data_fingerprint(tmp_path, ["x"], [("train", records, [5, 6])]) != before
