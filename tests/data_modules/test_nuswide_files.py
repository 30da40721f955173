import logging
from pathlib import Path
from types import ModuleType

import pytest

from data_modules.errors import DataError
from data_modules.nuswide_files import NUSWIDEFiles


@pytest.fixture
def files(nuswide_root: Path) -> NUSWIDEFiles:
    return NUSWIDEFiles(nuswide_root, "get it", fallback=True)


@pytest.mark.parametrize("separator", ["\\", "/"], ids=["backslash", "slash"])
def test_lists_name_images_by_folder_and_name(
    tiny_nuswide: ModuleType, tmp_path: Path, separator: str
) -> None:
    tiny_nuswide.write_nuswide(tmp_path, separator=separator)
    images = NUSWIDEFiles(tmp_path, "", True).image_list("TrainImagelist", "Flickr")
    assert list(images.lines) == list(tiny_nuswide.TRAIN)
    assert list(images.lines.values()) == [1, 2, 3, 4]
    assert images.paths == [tmp_path / "Flickr" / name for name in tiny_nuswide.TRAIN]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["a\\1.jpg", "a/1.jpg"], r":2: expected an image .*'a/1\.jpg' again, as in line 1"),
        (["a\\1.jpg", "..\\..\\1.jpg"], r":2: .* a path that climbs out"),
        (["C:\\ImageData\\Flickr\\a\\1.jpg"], r":1: .* an absolute path"),
    ],
)
def test_a_bad_line_of_an_image_list_is_named(
    tiny_nuswide: ModuleType, tmp_path: Path, lines: list[str], message: str
) -> None:
    tiny_nuswide.write_lines(tmp_path / "ImageList" / "TrainImagelist.txt", lines)
    with pytest.raises(DataError, match=r"TrainImagelist\.txt" + message):
        NUSWIDEFiles(tmp_path, "", True).image_list("TrainImagelist", "Flickr")


def test_labels_keep_the_order_of_their_list(files: NUSWIDEFiles) -> None:
    assert files.names("ConceptsList", "Concepts81.txt") == ["airport", "lake", "person"]
    assert files.names("NUS_WID_Tags", "TagList1k.txt") == ["cloud", "clouds", "nikon", "sky"]


@pytest.mark.parametrize(
    ("lines", "message"),
    [
        (["lake", "sky", "lake"], r":3: expected a label .* 'lake' again, as in line 1"),
        ([], r": expected a label a line, got an empty file; get it"),
    ],
)
def test_a_bad_list_of_labels_is_refused(
    tiny_nuswide: ModuleType, files: NUSWIDEFiles, lines: list[str], message: str
) -> None:
    tiny_nuswide.write_lines(files.root / "NUS_WID_Tags" / "TagList1k.txt", lines)
    with pytest.raises(DataError, match=r"TagList1k\.txt" + message):
        files.names("NUS_WID_Tags", "TagList1k.txt")


def test_the_official_bad_line_falls_back_to_all_labels_and_says_so(
    tiny_nuswide: ModuleType, files: NUSWIDEFiles, caplog: pytest.LogCaptureFixture
) -> None:
    images = files.image_list("TrainImagelist", "Flickr")
    good = files.concepts(tiny_nuswide.CONCEPTS, "Train", images)
    file = tiny_nuswide.concept_file(files.root, "lake", "Train")
    tiny_nuswide.write_lines(file, ["0", tiny_nuswide.BAD_LINE, "0", "1"])
    with caplog.at_level(logging.WARNING):
        found = files.concepts(tiny_nuswide.CONCEPTS, "Train", images)
    assert found.targets.tolist() == good.targets.tolist()
    assert found.files[1] == tiny_nuswide.concept_file(files.root, "lake")
    assert "Labels_lake_Train.txt:2: expected 0 or 1, got '-1130179'" in caplog.text
    assert "Labels_lake.txt instead" in caplog.text


def test_without_fallback_the_bad_line_is_refused_with_the_way_out(
    tiny_nuswide: ModuleType, nuswide_root: Path
) -> None:
    files = NUSWIDEFiles(nuswide_root, "", fallback=False)
    file = tiny_nuswide.concept_file(nuswide_root, "lake", "Train")
    tiny_nuswide.write_lines(file, ["0", tiny_nuswide.BAD_LINE, "0", "1"])
    with pytest.raises(DataError, match=r":2: .*; or pass fallback: true to read Labels_lake\.txt"):
        files.concepts(tiny_nuswide.CONCEPTS, "Train", files.image_list("TrainImagelist", ""))


def test_a_bad_line_without_anything_to_fall_back_on_is_refused(
    tiny_nuswide: ModuleType, files: NUSWIDEFiles
) -> None:
    tiny_nuswide.concept_file(files.root, "lake").unlink()
    tiny_nuswide.write_lines(tiny_nuswide.concept_file(files.root, "lake", "Train"), ["x"])
    with pytest.raises(DataError, match=r"Labels_lake_Train\.txt:1: expected 0 or 1, got 'x'"):
        files.concepts(tiny_nuswide.CONCEPTS, "Train", files.image_list("TrainImagelist", ""))


def test_missing_tags_of_a_part_are_read_from_all_tags(files: NUSWIDEFiles) -> None:
    images = files.image_list("TestImagelist", "Flickr")
    good = files.tags(4, "Test", images)
    good.files[0].unlink()
    found = files.tags(4, "Test", images)
    assert found.targets.tolist() == good.targets.tolist()
    assert found.files == [files.root / "NUS_WID_Tags" / "AllTags1k.txt"]


def test_another_number_of_lines_than_images_is_refused(
    tiny_nuswide: ModuleType, nuswide_root: Path
) -> None:
    files = NUSWIDEFiles(nuswide_root, "", fallback=False)
    file = tiny_nuswide.concept_file(nuswide_root, "lake", "Train")
    tiny_nuswide.write_lines(file, ["0", "1", "0"])
    with pytest.raises(DataError, match=r"expected 4 lines, as many as TrainImagelist\.txt has"):
        files.concepts(tiny_nuswide.CONCEPTS, "Train", files.image_list("TrainImagelist", ""))


def test_an_image_that_the_list_of_all_lacks_is_refused(
    tiny_nuswide: ModuleType, files: NUSWIDEFiles
) -> None:
    tiny_nuswide.write_lines(files.root / "ImageList" / "Imagelist.txt", ["zoo\\1.jpg"])
    tiny_nuswide.concept_file(files.root, "lake", "Train").unlink()
    with pytest.raises(DataError, match=r"TrainImagelist\.txt:1: .*Imagelist\.txt has too"):
        files.concepts(tiny_nuswide.CONCEPTS, "Train", files.image_list("TrainImagelist", ""))


def test_a_concept_that_is_a_path_is_refused(files: NUSWIDEFiles) -> None:
    with pytest.raises(DataError, match=r"expected names of concepts .* got '\.\./lake'"):
        files.concepts(["../lake"], "Train", files.image_list("TrainImagelist", ""))
