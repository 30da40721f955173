import gzip
from pathlib import Path

import pytest
import torch

from benchmarks.coco_labels import (
    COCOLabelsDataModule,
    LabelListError,
    RandomFeatures,
    read_label_lists,
)
from cnn_rnn.feature_cache import FeatureDataModule


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A folder with 200 label lists."""
    generator = torch.Generator().manual_seed(1)
    labels = [torch.randperm(80, generator=generator)[:3].tolist() for _ in range(200)]
    lines = [f"photo{image}.jpg {' '.join(map(str, ids))}" for image, ids in enumerate(labels)]
    with gzip.open(tmp_path / "train2014_labels.txt.gz", "wt") as file:
        file.write("\n".join(lines) + "\n")
    (tmp_path / "categories_coco_order.txt").write_text(
        "".join(f"label{index}\n" for index in range(80))
    )
    return tmp_path


def test_labels_are_those_of_the_file(root: Path) -> None:
    ids, targets = read_label_lists(root / "train2014_labels.txt.gz", 80)
    lines = gzip.decompress((root / "train2014_labels.txt.gz").read_bytes()).decode().splitlines()
    assert ids == [line.split()[0] for line in lines]
    assert [sorted(map(int, line.split()[1:])) for line in lines] == [
        row.nonzero().flatten().tolist() for row in targets
    ]


def test_a_malformed_line_is_named(root: Path) -> None:
    file = root / "train2014_labels.txt.gz"
    file.write_bytes(gzip.compress(b"one.jpg 3\ntwo.jpg 80\n"))
    with pytest.raises(LabelListError, match=r"gz:2: expected a name and label ids in 0\.\.79"):
        read_label_lists(file, 80)
    file.write_bytes(b"no gzip")
    with pytest.raises(LabelListError, match="cannot be read"):
        read_label_lists(file, 80)


def test_test_images_keep_the_proportion_and_have_pictures_of_their_own(root: Path) -> None:
    images = COCOLabelsDataModule(root)
    train, test = images.dataset("train"), images.dataset("test")
    assert len(train) == 200
    assert len(test) == 97  # 200 * 40,137 // 82,081
    assert not set(train.image_ids) & set(test.image_ids)
    row = train.image_ids.index(test.image_ids[0].replace("test/", "train/"))
    assert torch.equal(train.targets[row], test.targets[0])
    assert not torch.equal(train.pictures[row], test.pictures[0])


def test_pictures_show_labels_more_strongly_than_background(root: Path) -> None:
    train = COCOLabelsDataModule(root).dataset("train")
    seen = train.pictures.flatten(1)[:, :80].float() / 255
    assert seen[train.targets].mean() == pytest.approx(1 / 2, abs=0.03)
    assert seen[~train.targets].mean() == pytest.approx(1 / 9, abs=0.03)


def test_features_are_cached_as_of_any_data_and_repeat(root: Path, tmp_path: Path) -> None:
    found = []
    for place in ("one", "two"):
        images = COCOLabelsDataModule(root, max_images=50)
        features = FeatureDataModule(images, RandomFeatures(), tmp_path / place)
        features.setup("fit")
        found.append(torch.tensor(features.features("train")))
    assert found[0].shape == (50, 4096)
    assert torch.equal(found[0], found[1])
    assert 0.3 < float((found[0] > 0).float().mean()) < 0.7


def test_the_held_out_part_follows_the_seed(root: Path) -> None:
    images = COCOLabelsDataModule(root, max_images=100, seed=3)
    train, val = images.split_indices("train")[1], images.split_indices("val")[1]
    assert sorted([*train.tolist(), *val.tolist()]) == list(range(100))
    images.seed = 4
    assert not torch.equal(val, images.split_indices("val")[1])
