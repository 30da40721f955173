from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch.utils.data import DataLoader, DistributedSampler

from cnn_rnn.feature_batches import FeatureDataset, ShareSampler, whole_batch
from cnn_rnn.feature_store import FeatureCacheError

FEATURES = np.arange(20, dtype=np.float16).reshape(5, 4)
LABELS: Any = SimpleNamespace(
    image_ids=list("abcde"),
    targets=torch.eye(5, dtype=torch.bool),
    ignored=torch.zeros(5, 5, dtype=torch.bool),
)


def test_a_batch_has_the_rows_of_its_indices() -> None:
    dataset = FeatureDataset(FEATURES, LABELS, torch.tensor([4, 2, 0]))
    batch = dataset.__getitems__([2, 0])
    assert batch["features"].tolist() == FEATURES[[0, 4]].tolist()
    assert batch["features"].dtype == torch.float32
    assert batch["target"].equal(LABELS.targets[[0, 4]])
    assert batch["ignored"].equal(LABELS.ignored[[0, 4]])
    assert batch["image_id"] == ["a", "e"]


def test_a_loader_looks_a_whole_batch_up_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: Any) -> None:
        raise AssertionError("looked up one by one")

    monkeypatch.setattr(FeatureDataset, "__getitem__", fail)
    dataset = FeatureDataset(FEATURES, LABELS, torch.arange(5))
    loader = DataLoader(dataset=dataset, batch_size=2, collate_fn=whole_batch)
    assert [batch["image_id"] for batch in loader] == [["a", "b"], ["c", "d"], ["e"]]


def test_a_sample_is_a_batch_of_one() -> None:
    sample = FeatureDataset(FEATURES, LABELS, torch.tensor([3]))[0]
    assert sample["features"].shape == (1, 4)
    assert sample["image_id"] == ["d"]


def test_a_batch_can_be_changed_without_changing_the_features() -> None:
    features = FEATURES.astype(np.float32)
    dataset = FeatureDataset(features, LABELS, torch.arange(5))
    dataset.__getitems__([0, 1])["features"].zero_()
    assert features.tolist() == FEATURES.tolist()


@pytest.mark.parametrize(("n", "world"), [(10, 1), (10, 3), (11, 4), (4, 4)])
def test_evaluation_shares_are_unpadded_and_in_order(n: int, world: int) -> None:
    shares = [ShareSampler(n, rank, world, shuffle=False, seed=0) for rank in range(world)]
    assert [list(share) for share in shares] == [list(range(r, n, world)) for r in range(world)]
    assert [len(share) for share in shares] == [len(list(share)) for share in shares]


@pytest.mark.parametrize(("n", "world"), [(10, 1), (10, 3), (11, 4), (4, 4)])
def test_training_shares_are_equal_and_disjoint(n: int, world: int) -> None:
    shares = [ShareSampler(n, rank, world, shuffle=True, seed=0) for rank in range(world)]
    seen = [list(share) for share in shares]
    assert {len(share) for share in seen} == {n // world} == {len(share) for share in shares}
    assert len(set().union(*seen)) == n // world * world


def test_order_depends_on_seed_and_epoch_only() -> None:
    def orders(seed: int) -> list[list[int]]:
        sampler = ShareSampler(50, 0, 1, shuffle=True, seed=seed)
        return [list(sampler) for _ in range(3)]

    assert orders(0) == orders(0)
    distinct = {tuple(order) for seed in range(3) for order in orders(seed)}
    assert len(distinct) == 9


def test_an_epoch_can_be_set_to_resume() -> None:
    sampler = ShareSampler(50, 0, 1, shuffle=True, seed=0)
    epochs = [list(sampler) for _ in range(3)]
    sampler.set_epoch(1)
    assert [list(sampler), list(sampler)] == epochs[1:]


def test_lightning_sees_a_distributed_sampler() -> None:
    assert isinstance(ShareSampler(2, 0, 1, shuffle=True, seed=0), DistributedSampler)


def test_fewer_samples_than_processes_are_refused() -> None:
    with pytest.raises(FeatureCacheError, match="use at most 2 devices"):
        ShareSampler(2, 0, 3, shuffle=False, seed=0)
