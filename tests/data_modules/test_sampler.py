import pytest

from data_modules.errors import DataError
from data_modules.sampler import RankSampler

SHARES = [(1, 1), (7, 2), (8, 2), (9, 4), (4, 4), (101, 3)]
IDS = [f"N{count}-world{world}" for count, world in SHARES]


@pytest.mark.parametrize(("count", "world"), SHARES, ids=IDS)
def test_evaluation_sees_each_image_exactly_once(count: int, world: int) -> None:
    samplers = [RankSampler(count, rank, world) for rank in range(world)]
    seen = [row for sampler in samplers for row in sampler]
    assert sorted(seen) == list(range(count))
    assert [len(list(sampler)) for sampler in samplers] == [len(sampler) for sampler in samplers]


def test_one_process_keeps_the_order_in_evaluation() -> None:
    assert list(RankSampler(5)) == [0, 1, 2, 3, 4]


@pytest.mark.parametrize(("count", "world"), SHARES, ids=IDS)
def test_training_shares_are_equal_and_disjoint(count: int, world: int) -> None:
    shares = [list(RankSampler(count, rank, world, shuffle=True)) for rank in range(world)]
    assert {len(share) for share in shares} == {count // world}
    seen = [row for share in shares for row in share]
    assert len(set(seen)) == len(seen)


def test_the_shuffle_depends_on_seed_and_epoch_alone() -> None:
    first = RankSampler(50, shuffle=True, seed=1)
    order = list(first)
    assert order == list(RankSampler(50, shuffle=True, seed=1))
    assert order != list(RankSampler(50, shuffle=True, seed=2))
    first.set_epoch(1)
    later = list(first)
    assert later != order
    # Torch's own sampler adds seed and epoch, so that epoch 1 of seed 1 is epoch 0 of seed 2.
    assert later != list(RankSampler(50, shuffle=True, seed=2))


def test_every_image_is_trained_on_within_some_epochs() -> None:
    seen: set[int] = set()
    sampler = RankSampler(7, rank=0, world=2, shuffle=True)
    for epoch in range(20):
        sampler.set_epoch(epoch)
        seen.update(sampler)
    assert seen == set(range(7))


def test_more_processes_than_images_are_refused_readably() -> None:
    with pytest.raises(DataError, match="an image for each of 4 processes, got 3; use at most 3"):
        RankSampler(3, 0, 4)
