import logging
from pathlib import Path

import pytest
import torch
from PIL import Image

from data_modules.errors import DataError
from data_modules.records import SplitRecords
from data_modules.scan import check_files, readable_images


@pytest.fixture
def records(tmp_path: Path) -> SplitRecords:
    """Eight photos that are all there."""
    names = [f"{value}.png" for value in range(8)]
    for name in names:
        Image.new("RGB", (8, 8)).save(tmp_path / name)
    labels = torch.zeros(8, 2, dtype=torch.bool)
    return SplitRecords(
        names,
        [tmp_path / name for name in names],
        [(tmp_path / "list.txt", line) for line in range(1, 9)],
        labels,
        labels,
    )


def test_good_files_give_their_sizes(records: SplitRecords) -> None:
    sizes = [path.stat().st_size for path in records.image_paths]
    assert check_files(records) == sizes
    left, kept_sizes, skipped = readable_images(records, 2)
    assert left.image_ids == records.image_ids
    assert (kept_sizes, skipped) == (sizes, [])


def test_a_missing_file_is_reported_where_it_is_listed(records: SplitRecords) -> None:
    records.image_paths[3].unlink()
    with pytest.raises(DataError, match=r"list\.txt:4: expected the image 3\.png.*missing \(/.*\)"):
        check_files(records)


def test_an_empty_file_is_reported_where_it_is_listed(records: SplitRecords) -> None:
    records.image_paths[3].write_bytes(b"")
    with pytest.raises(DataError, match=r"list\.txt:4: expected the image .* an empty file"):
        check_files(records)


def test_skipping_leaves_out_counts_and_lists(
    records: SplitRecords, caplog: pytest.LogCaptureFixture
) -> None:
    records.image_paths[0].unlink()
    records.image_paths[2].write_bytes(b"")
    records.image_paths[5].write_bytes(b"no image at all")
    with caplog.at_level(logging.WARNING):
        left, sizes, skipped = readable_images(records, 2)
    assert left.image_ids == ["1.png", "3.png", "4.png", "6.png", "7.png"]
    assert len(sizes) == 5
    assert [("0.png" in skipped[0]), ("2.png" in skipped[1]), ("5.png" in skipped[2])] == [True] * 3
    assert "Left out 3 of 8 images that cannot be read" in caplog.text
    assert skipped[2] in caplog.text


def test_a_long_list_is_shortened_in_the_log_only(
    records: SplitRecords, caplog: pytest.LogCaptureFixture
) -> None:
    for path in records.image_paths[1:]:
        path.unlink()
    with caplog.at_level(logging.WARNING):
        _, _, skipped = readable_images(records, 1)
    assert len(skipped) == 7
    assert "... and 2 more" in caplog.text
