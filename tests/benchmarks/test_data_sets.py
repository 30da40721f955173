import logging
from pathlib import Path

import pytest

from benchmarks.commands import common
from benchmarks.data_sets import SETS, DataNotFoundError, DataOptions, choose

FILES = {
    "coco": (
        *("annotations/instances_train2014.json", "annotations/instances_val2014.json"),
        *("train2014/", "val2014/"),
    ),
    "nuswide81": ("ImageList/", "ConceptsList/Concepts81.txt", "Groundtruth/"),
    "nuswide1k": ("ImageList/", "NUS_WID_Tags/TagList1k.txt"),
    "voc2007": (
        "VOCdevkit/VOC2007/ImageSets/Main/trainval.txt",
        *("VOCdevkit/VOC2007/ImageSets/Main/test.txt", "VOCdevkit/VOC2007/JPEGImages/"),
    ),
}


@pytest.fixture(autouse=True)
def _nothing_named(monkeypatch: pytest.MonkeyPatch) -> None:
    for found in SETS.values():
        monkeypatch.delenv(found.variable, raising=False)


def _write(root: Path, data_set: str) -> Path:
    for name in FILES[data_set]:
        if name.endswith("/"):
            (root / name).mkdir(parents=True, exist_ok=True)
        else:
            (root / name).parent.mkdir(parents=True, exist_ok=True)
            (root / name).write_text("")
    return root


def test_the_command_line_knows_the_sets_without_loading_them() -> None:
    assert tuple(SETS) == common.DATA_SETS


@pytest.mark.parametrize("data_set", SETS)
def test_auto_without_the_real_set_is_its_mini_and_says_so_in_one_line(
    data_set: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        source = choose(data_set)
    assert source.is_mini
    assert source.name == SETS[data_set].mini
    assert source.title.startswith("MINI")
    assert source.backbone["name"] == "vgg16_mini"
    (record,) = caplog.records
    assert record.levelno == logging.WARNING
    assert f"not found: running on {source.title}." in record.message
    assert SETS[data_set].variable in record.message


@pytest.mark.parametrize("data_set", SETS)
def test_mini_that_was_asked_for_needs_no_word(
    data_set: str, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO):
        assert choose(data_set, DataOptions("mini")).is_mini
    assert not caplog.records


@pytest.mark.parametrize("data_set", SETS)
def test_the_real_set_is_taken_where_its_folder_is_named(
    data_set: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = _write(tmp_path, data_set)
    named = choose(data_set, DataOptions(data_set, root))
    assert (named.name, named.is_mini, named.title) == (data_set, False, SETS[data_set].title)
    assert named.backbone == {"name": "vgg16", "weights": "IMAGENET1K_V1"}
    assert choose(data_set, DataOptions("auto", root)) == named
    monkeypatch.setenv(SETS[data_set].variable, str(root))
    assert choose(data_set, DataOptions("auto")) == named


@pytest.mark.parametrize("data_set", SETS)
@pytest.mark.parametrize("choice", ["auto", "real"])
def test_a_real_set_that_was_named_and_is_not_there_says_what_is_missing(
    data_set: str, choice: str, tmp_path: Path
) -> None:
    root = _write(tmp_path, data_set)
    gone = root / FILES[data_set][1]
    gone.unlink()
    with pytest.raises(DataNotFoundError) as caught:
        choose(data_set, DataOptions(data_set if choice == "real" else choice, root))
    message = str(caught.value)
    folder = root / "VOCdevkit" / "VOC2007" if data_set == "voc2007" else root
    assert f"is not in {folder}: missing {gone.relative_to(folder)}." in message
    for word in ("http", "--data-root", "--data mini"):
        assert word in message
    assert caught.value.is_user_error


@pytest.mark.parametrize("data_set", SETS)
def test_a_real_set_that_was_asked_for_without_a_folder_says_how_to_name_one(
    data_set: str,
) -> None:
    pattern = rf"--data-root .*{SETS[data_set].variable}.*http"
    with pytest.raises(DataNotFoundError, match=pattern):
        choose(data_set, DataOptions(data_set))


def test_mini_takes_no_folder(tmp_path: Path) -> None:
    with pytest.raises(DataNotFoundError, match="--data mini takes no --data-root"):
        choose("coco", DataOptions("mini", tmp_path))


def test_a_table_is_not_made_on_the_set_of_another() -> None:
    with pytest.raises(DataNotFoundError, match="one of auto, mini, voc2007; got coco"):
        choose("voc2007", DataOptions("coco"))


def test_other_splits_and_another_backbone_stand_in_the_title(tmp_path: Path) -> None:
    splits = tmp_path / "VOCdevkit" / "VOC2007" / "ImageSets" / "Main"
    splits.mkdir(parents=True)
    (splits.parents[1] / "JPEGImages").mkdir()
    for name in ("devtrain", "devtest"):
        (splits / f"{name}.txt").write_text("")
    weights = tmp_path / "mobilenet_tf.pth"
    weights.write_bytes(b"")
    words = ("voc2007", tmp_path, "devtrain", "devtest", "mobilenet_v2", str(weights))
    source = choose("voc2007", DataOptions(*words))
    assert source.title == (
        "PASCAL VOC 2007, devtrain to devtest, features of mobilenet_v2, images as TensorFlow "
        "normalises them"
    )
    assert source.arguments["train_split"] == "devtrain"
    assert source.backbone_spec().padding == "tensorflow"
    weights.unlink()
    with pytest.raises(DataNotFoundError, match=r"mobilenet_tf\.pth is missing: .*--weights"):
        choose("voc2007", DataOptions(*words))


def test_preprocessing_without_weights_is_refused() -> None:
    with pytest.raises(DataNotFoundError, match="name both"):
        choose("coco", DataOptions("mini", preprocessing="caffe"))
