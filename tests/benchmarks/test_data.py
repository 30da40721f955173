import logging
from pathlib import Path

import pytest

from benchmarks import data
from benchmarks.data import DataNotFoundError, DataSource


@pytest.fixture(autouse=True)
def _nothing_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv(data.COCO_VARIABLE, raising=False)
    monkeypatch.delenv(data.REAL_DATA_VARIABLE, raising=False)


def _coco_folder(root: Path) -> Path:
    for folder in ("annotations", "train2014", "val2014"):
        (root / folder).mkdir(parents=True)
    for split in ("train2014", "val2014"):
        (root / "annotations" / f"instances_{split}.json").write_text("{}")
    return root


def test_auto_without_coco_is_mini_and_says_so_in_one_line(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with caplog.at_level(logging.INFO):
        source = data.choose("auto", None)
    assert source.is_mini
    assert source.title.startswith("MINI")
    assert [
        record.message.startswith("COCO not found: running on MINI") for record in caplog.records
    ] == [True]


def test_mini_that_was_asked_for_needs_no_word(caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.INFO):
        assert data.choose("mini", None).name == "mini"
    assert not caplog.records


@pytest.mark.parametrize("choice", ["auto", "coco"])
def test_coco_is_taken_where_its_folder_is_named(
    choice: data.DataChoice, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = _coco_folder(tmp_path / "coco")
    source = data.choose(choice, root)
    assert (source.name, source.is_mini) == ("coco", False)
    assert source.backbone["name"] == "vgg16"
    monkeypatch.setenv(data.COCO_VARIABLE, str(root))
    assert data.choose(choice, None) == source


@pytest.mark.parametrize("choice", ["auto", "coco"])
def test_coco_that_was_named_and_is_not_there_is_an_error_that_says_what_is_missing(
    choice: data.DataChoice, tmp_path: Path
) -> None:
    root = _coco_folder(tmp_path)
    (root / "annotations" / "instances_val2014.json").unlink()
    (root / "train2014").rmdir()
    with pytest.raises(DataNotFoundError) as caught:
        data.choose(choice, root)
    message = str(caught.value)
    assert f"{root}: missing annotations/instances_val2014.json, train2014." in message
    for word in ("cocodataset.org", "--data-root", "--data mini"):
        assert word in message
    assert caught.value.is_user_error


def test_coco_that_was_asked_for_without_a_folder_says_how_to_name_one() -> None:
    with pytest.raises(DataNotFoundError, match=r"--data-root .*CNN_RNN_COCO.*cocodataset"):
        data.choose("coco", None)


def test_mini_takes_no_folder(tmp_path: Path) -> None:
    with pytest.raises(DataNotFoundError, match="--data mini takes no --data-root"):
        data.choose("mini", tmp_path)


def _photos(root: Path) -> Path:
    splits = root / "voc2007" / "VOCdevkit" / "VOC2007" / "ImageSets" / "Main"
    splits.mkdir(parents=True)
    for split in ("devtrain", "devtest"):
        (splits / f"{split}.txt").write_text("")
    weights = root / "weights" / "mobilenet_v2_tfslim_dequant.pth"
    weights.parent.mkdir()
    weights.write_bytes(b"")
    return root


def test_real_photos_are_found_by_folder_or_variable(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = _photos(tmp_path)
    named = data.find_voc2007_photos(root / "voc2007", "devtrain", "devtest", None)
    monkeypatch.setenv(data.REAL_DATA_VARIABLE, str(root))
    assert data.find_voc2007_photos(None, "devtrain", "devtest", None) == named
    assert named.backbone["padding"] == "tensorflow"
    assert not named.is_mini


@pytest.mark.parametrize(
    ("gone", "message"),
    [
        ("voc2007/VOCdevkit/VOC2007/ImageSets/Main/devtest.txt", "devtest.txt is missing: name"),
        ("weights/mobilenet_v2_tfslim_dequant.pth", r"dequant\.pth is missing: .*--weights"),
    ],
)
def test_real_photos_that_are_not_there_say_what_is_missing(
    tmp_path: Path, gone: str, message: str
) -> None:
    root = _photos(tmp_path)
    (root / gone).unlink()
    with pytest.raises(DataNotFoundError, match=message):
        data.find_voc2007_photos(root / "voc2007", "devtrain", "devtest", None)


def test_real_photos_that_nobody_named_say_how_to_name_them() -> None:
    with pytest.raises(DataNotFoundError, match=r"--data-root .*CNN_RNN_REAL_DATA"):
        data.find_voc2007_photos(None, "devtrain", "devtest", None)


def test_a_source_survives_the_way_to_a_worker(tiny_source: DataSource) -> None:
    assert DataSource.from_json(tiny_source.to_json()) == tiny_source


def test_without_test_the_test_split_is_the_training_split(tiny_source: DataSource) -> None:
    assert tiny_source.without_test().open().split_names == ["train2014"]  # type: ignore[attr-defined]
