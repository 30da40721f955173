import pytest
import torch

from benchmarks import run_data
from benchmarks.data import REGIONS, DataSource
from benchmarks.spec import Training


def test_the_held_out_part_follows_the_seed_and_never_meets_the_rest(
    tiny_source: DataSource,
) -> None:
    parts = []
    for seed in (0, 0, 1):
        features = run_data.open_features(tiny_source, Training(held_out=0.25), seed)
        held_out = features.datamodule.split_indices("val")[1].tolist()
        rest = features.datamodule.split_indices("train")[1].tolist()
        assert sorted(held_out + rest) == list(range(48))
        assert len(held_out) == 12
        parts.append(held_out)
    assert parts[0] == parts[1]
    assert parts[0] != parts[2]


def test_chunks_are_all_features_of_a_part_in_order(tiny_source: DataSource) -> None:
    features = run_data.open_features(tiny_source, Training(held_out=0.25), 0)
    whole = run_data.features_of(features, "val")
    chunks = list(run_data.chunks_of(features, "val", 5))
    assert [len(chunk) for chunk in chunks] == [5, 5, 2]
    assert torch.equal(torch.cat(chunks), whole)
    assert whole.dtype == torch.float32
    names, target, ignored = run_data.labels_of(features, "val")
    rows = features.datamodule.split_indices("val")[1]
    assert names == [str(1000 + row) for row in rows.tolist()]
    assert torch.equal(target, features.datamodule.dataset("train2014").targets[rows])
    assert ignored.shape == target.shape


def test_features_of_regions_begin_with_those_of_the_image(tiny_source: DataSource) -> None:
    whole = run_data.open_features(tiny_source, Training(), 0, "image")
    regions = run_data.open_features(tiny_source, Training(), 0, "regions")
    first, every = (run_data.features_of(features, "test") for features in (whole, regions))
    assert every.shape == (16, REGIONS * first.shape[1])
    torch.testing.assert_close(every[:, : first.shape[1]], first, atol=1e-4, rtol=1e-4)


@pytest.mark.parametrize("augment", [True, False])
def test_images_follow_the_training_settings_and_leave_the_shared_module_alone(
    tiny_source: DataSource, augment: bool
) -> None:
    shared = run_data.opened(tiny_source)
    training = Training(batch_size=7, held_out=0.25, augment=augment)
    images = run_data.open_images(tiny_source, training, 1)
    assert (images.batch_size, images.augment, images.seed) == (7, augment, 1)
    assert len(images.split_indices("val")[1]) == 12
    assert (shared.batch_size, shared.augment, shared.seed) == (16, False, 0)
