"""mini-COCO on disk: COCO's layout, written once, whole or not at all."""

import json
import multiprocessing
import os
import sys
from multiprocessing.synchronize import Barrier
from pathlib import Path
from typing import Any
from unittest import mock

import pytest
from PIL import Image
from pycocotools.coco import COCO

from data_modules.errors import DataError
from data_modules.mini import coco
from data_modules.mini.catalogue import CATEGORIES
from data_modules.mini.coco import ensure_mini_coco
from data_modules.mini.sampling import sample_scene, stream
from data_modules.mini.written_once import MANIFEST


def _small(root: Path, **options: Any) -> Path:
    settings: dict[str, Any] = {"num_train": 60, "num_val": 8, "image_size": 32}
    return ensure_mini_coco(root, progress=False, **(settings | {"num_processes": 1} | options))


def _files(folder: Path) -> dict[str, bytes]:
    return {
        str(file.relative_to(folder)): file.read_bytes()
        for file in folder.rglob("*")
        if file.is_file()
    }


def _stamp(folder: Path) -> int:
    return (folder / MANIFEST).stat().st_mtime_ns


@pytest.mark.parametrize(("split", "count"), [("train2014", 240), ("val2014", 60)])
def test_pycocotools_reads_it(mini_coco: Path, split: str, count: int) -> None:
    annotations = COCO(str(mini_coco / "annotations" / f"instances_{split}.json"))
    assert len(annotations.getImgIds()) == count
    assert {c["id"]: c["name"] for c in annotations.loadCats(annotations.getCatIds())} == {
        kind.id: kind.name for kind in CATEGORIES
    }
    for entry in annotations.loadImgs(annotations.getImgIds()):
        assert entry["file_name"] == f"COCO_{split}_{entry['id']:012d}.jpg"
        with Image.open(mini_coco / split / entry["file_name"]) as picture:
            assert picture.format == "JPEG"
            assert picture.size == (entry["width"], entry["height"]) == (96, 96)
    numbers = []
    for annotation in annotations.loadAnns(annotations.getAnnIds()):
        numbers.append(annotation["id"])
        left, top, width, height = annotation["bbox"]
        assert min(left, top) >= 0
        assert left + width <= 96.01
        assert top + height <= 96.01
        assert 0 < annotation["area"] <= 1.001 * width * height
        assert annotations.annToMask(annotation).any()
    assert len(numbers) == len(set(numbers)) > 2 * count


def test_ids_differ_between_the_splits(mini_coco: Path) -> None:
    train, val = (
        json.loads((mini_coco / "annotations" / f"instances_{split}.json").read_text())
        for split in ("train2014", "val2014")
    )
    for key in ("images", "annotations"):
        assert not {one["id"] for one in train[key]} & {one["id"] for one in val[key]}


def test_labels_are_those_of_the_sampled_scenes(mini_coco: Path) -> None:
    content = json.loads((mini_coco / "annotations" / "instances_train2014.json").read_text())
    names = {kind.id: kind.name for kind in CATEGORIES}
    labels: dict[int, set[str]] = {image["id"]: set() for image in content["images"]}
    for annotation in content["annotations"]:
        labels[annotation["image_id"]].add(names[annotation["category_id"]])
    sampled = [sample_scene(stream(0, "train2014", index)).labels for index in range(len(labels))]
    assert all(seen <= plan for seen, plan in zip(labels.values(), sampled, strict=True))
    assert sum(map(len, labels.values())) > 0.9 * sum(map(len, sampled))


def test_the_files_do_not_depend_on_the_number_of_processes(tmp_path: Path) -> None:
    one = _small(tmp_path / "one", num_processes=1)
    two = _small(tmp_path / "two", num_processes=2)
    assert one.name == two.name
    assert _files(one) == _files(two)


def test_it_is_written_once_and_used_again(tmp_path: Path) -> None:
    folder = _small(tmp_path)
    before = _stamp(folder)
    assert _small(tmp_path) == folder
    assert _small(folder) == folder, "the data set's own folder is a root as well"
    assert _stamp(folder) == before


def test_other_parameters_and_versions_are_other_folders(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folders = {_small(tmp_path), _small(tmp_path, seed=1), _small(tmp_path, num_val=9)}
    monkeypatch.setattr(coco, "GENERATOR_VERSION", coco.GENERATOR_VERSION + 1)
    folders.add(_small(tmp_path))
    assert len(folders) == 4
    assert all((folder / MANIFEST).is_file() for folder in folders)


@pytest.mark.parametrize("damage", ["picture lost", "picture cut", "labels cut", "no manifest"])
def test_a_damaged_folder_is_drawn_again(tmp_path: Path, damage: str) -> None:
    folder = _small(tmp_path)
    whole = _files(folder)
    picture = folder / "train2014" / coco.file_name("train2014", 3)
    labels = folder / "annotations" / "instances_val2014.json"
    if damage == "picture lost":
        picture.unlink()
    elif damage == "picture cut":
        picture.write_bytes(picture.read_bytes()[:100])
    elif damage == "labels cut":
        labels.write_bytes(labels.read_bytes()[:-50])
    else:
        (folder / MANIFEST).unlink()
    assert _small(tmp_path) == folder
    assert _files(folder) == whole


def test_an_interrupted_run_leaves_nothing_under_the_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def interrupted(_job: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(coco, "_draw_job", interrupted)
        with pytest.raises(KeyboardInterrupt):
            _small(tmp_path)
    assert not list(tmp_path.glob("*coco-*/*"))
    assert (_small(tmp_path) / MANIFEST).is_file()


def test_what_a_killed_process_left_is_removed(tmp_path: Path) -> None:
    whole = _small(tmp_path)
    expected = _files(whole)
    whole.rename(whole.with_name(f".{whole.name}.partial"))
    (whole.with_name(f".{whole.name}.partial") / MANIFEST).unlink()
    (whole.with_name(f".{whole.name}.partial") / "val2014" / "left over.jpg").touch()
    assert _files(_small(tmp_path)) == expected
    assert [path.name for path in tmp_path.iterdir() if path.is_dir()] == [whole.name]


def _ensure_and_count(root: str, start: Barrier, log: str) -> None:
    write = coco._write

    def counted(*arguments: Any) -> None:
        with open(log, "a") as file:
            file.write("written\n")
        write(*arguments)

    with mock.patch.object(coco, "_write", counted):
        start.wait()
        _small(Path(root))


@pytest.mark.skipif(sys.platform != "linux", reason="needs fork")
def test_two_processes_at_once_write_it_once(tmp_path: Path) -> None:
    context = multiprocessing.get_context("fork")
    start, log = context.Barrier(2), tmp_path / "log"
    workers = [
        context.Process(target=_ensure_and_count, args=(str(tmp_path / "data"), start, str(log)))
        for _ in range(2)
    ]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert log.read_text() == "written\n"
    assert (_small(tmp_path / "data") / MANIFEST).is_file()


def test_without_a_root_it_is_under_the_home_of_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("CNN_RNN_HOME", str(tmp_path))
    folder = ensure_mini_coco(num_train=2, num_val=1, image_size=32, progress=False)
    assert folder.parent == tmp_path / "mini"


def test_a_folder_that_cannot_be_written_is_one_clear_error(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    with pytest.raises(DataError, match="CNN_RNN_HOME"):
        _small(tmp_path / "file")


@pytest.mark.parametrize("option", [{"num_train": 0}, {"num_val": 0}, {"image_size": 8}])
def test_numbers_out_of_range_are_refused(tmp_path: Path, option: dict[str, int]) -> None:
    with pytest.raises(ValueError, match="num_train"):
        _small(tmp_path, **option)
    assert not os.listdir(tmp_path)
