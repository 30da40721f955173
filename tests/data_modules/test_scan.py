import logging
from pathlib import Path

import pytest
import torch
from PIL import Image

from data_modules.errors import DataError
from data_modules.records import SplitRecords
from data_modules.scan import check_files, report_skipped, usable_images


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
    left, kept_sizes, skipped = usable_images(records, 2, open_images=True)
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


@pytest.fixture
def broken(records: SplitRecords) -> SplitRecords:
    """Of the eight photos, 0 is missing, 2 is empty and 5 is no image."""
    records.image_paths[0].unlink()
    records.image_paths[2].write_bytes(b"")
    records.image_paths[5].write_bytes(b"no image at all")
    return records


def test_skipping_leaves_out_counts_and_lists(
    broken: SplitRecords,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    monkeypatch.setenv("CNN_RNN_HOME", str(tmp_path / "home"))
    left, sizes, skipped = usable_images(broken, 2, open_images=True)
    assert left.image_ids == ["1.png", "3.png", "4.png", "6.png", "7.png"]
    assert sizes == [path.stat().st_size for path in left.image_paths]
    assert len(skipped) == 3
    assert all(f"{name}.png" in skipped[row] for row, name in enumerate(("0", "2", "5")))
    with caplog.at_level(logging.WARNING):
        report_skipped(skipped, 8, "train", tmp_path)
    (file,) = (tmp_path / "home" / "skipped").iterdir()
    assert file.read_text().splitlines() == skipped
    said = f"Left out 3 of 8 images of train that cannot be used; all of them are listed in {file}"
    assert said in caplog.text
    assert skipped[2] in caplog.text


def test_missing_images_are_found_without_opening_any(broken: SplitRecords) -> None:
    left, _, skipped = usable_images(broken, 2, open_images=False)
    assert left.image_ids == ["1.png", "3.png", "4.png", "5.png", "6.png", "7.png"]
    assert len(skipped) == 2


def test_a_long_list_is_shortened_in_the_log_only(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setenv("CNN_RNN_HOME", str(tmp_path))
    messages = [f"problem {number}" for number in range(9)]
    with caplog.at_level(logging.WARNING):
        report_skipped(messages, 10, "train", tmp_path)
    assert "problem 4" in caplog.text
    assert "problem 5" not in caplog.text
    (file,) = (tmp_path / "skipped").iterdir()
    assert file.read_text().splitlines() == messages


def test_a_list_that_cannot_be_written_is_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("CNN_RNN_HOME", str(tmp_path / "file"))
    with caplog.at_level(logging.WARNING):
        report_skipped(["problem"], 10, "train", tmp_path)
    assert "the list of all could not be written" in caplog.text
