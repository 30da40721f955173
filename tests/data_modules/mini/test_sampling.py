"""Sampled scenes: label statistics, and groups that exclude each other."""

from collections import Counter

import pytest

from data_modules.mini.attachments import ways
from data_modules.mini.catalogue import BY_NAME, CATEGORIES
from data_modules.mini.sampling import SCENE_TYPES, Scene, sample_scene, stream, weighted
from data_modules.mini.scene_types import ON_A_PERSON, SceneType


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    return [sample_scene(stream(0, "train2014", index)) for index in range(6000)]


@pytest.mark.parametrize("kind", SCENE_TYPES, ids=lambda kind: kind.name)
def test_alternatives_belong_to_one_group_alone(kind: SceneType) -> None:
    names = [main.category for main in kind.mains]
    names += [name for group in kind.groups for name in group.alternatives]
    assert len(names) == len(set(names))


@pytest.mark.parametrize("kind", SCENE_TYPES, ids=lambda kind: kind.name)
def test_tables_name_known_categories_and_areas(kind: SceneType) -> None:
    for main in kind.mains:
        assert main.category in BY_NAME
        assert main.area in kind.areas
    for group in kind.groups:
        assert set(group.alternatives) <= set(BY_NAME)
        assert group.area in kind.areas or group.area in ON_A_PERSON
        if group.area in ON_A_PERSON:
            assert any(main.category == "person" for main in kind.mains)
    if kind.crowd:
        assert kind.crowd_area in kind.areas


def test_a_group_never_shows_two_alternatives(scenes: list[Scene]) -> None:
    for scene in scenes:
        for group in scene.kind.groups:
            shown = scene.labels & set(group.alternatives)
            assert shown == ({scene.chosen[group.name]} if group.name in scene.chosen else set())


def test_label_statistics_are_like_photographs(scenes: list[Scene]) -> None:
    sizes = [len(scene.labels) for scene in scenes]
    assert 2.7 <= sum(sizes) / len(sizes) <= 3.1
    assert 0.005 <= sizes.count(0) / len(sizes) <= 0.06
    counts = Counter(name for scene in scenes for name in scene.labels)
    share = {name: count / len(scenes) for name, count in counts.items()}
    assert len(share) == len(CATEGORIES)
    assert 0.30 <= share["person"] <= 0.45
    assert 0.003 <= min(share.values()) <= 0.01
    assert sorted(share.values())[-2] < 0.12


def test_many_scenes_have_several_groups_to_settle(scenes: list[Scene]) -> None:
    assert sum(len(scene.chosen) >= 2 for scene in scenes) / len(scenes) > 0.4


def test_objects_of_one_category_occur_twice_and_crowds_occur(scenes: list[Scene]) -> None:
    twice = sum(len(scene.items) > len(scene.labels) for scene in scenes)
    assert twice / len(scenes) > 0.2
    crowds = sum(any(item.crowd for item in scene.items) for scene in scenes)
    assert 0.003 < crowds / len(scenes) < 0.05


def test_what_is_chosen_depends_softly_on_the_scene(scenes: list[Scene]) -> None:
    def share(kind: str, group: str, name: str) -> float:
        chosen = [s.chosen[group] for s in scenes if s.kind.name == kind and group in s.chosen]
        return chosen.count(name) / len(chosen)

    assert share("railway", "carried", "suitcase") > share("street", "carried", "suitcase") > 0
    assert share("beach", "carried", "umbrella") > share("street", "carried", "umbrella") > 0


def test_things_are_held_by_people(scenes: list[Scene]) -> None:
    held = 0
    for scene in scenes:
        for item in scene.items:
            assert (item.holder is None) == (item.way is None)
            if item.holder is not None:
                held += 1
                assert scene.items[item.holder].category == "person"
                assert not scene.items[item.holder].crowd
                assert item.way in ways(item.category)
    assert held > 500


def test_a_stream_depends_on_its_whole_key_alone() -> None:
    first = stream(0, "train2014", 1).random()
    assert stream(0, "train2014", 1).random() == first
    others = [stream(0, "val2014", 1), stream(1, "train2014", 1), stream(0, "train2014", 2)]
    assert first not in [other.random() for other in others]


def test_weights_are_chances() -> None:
    rng = stream("weights")
    drawn = Counter(weighted(rng, {"a": 3.0, "b": 1.0, "never": 0.0}) for _ in range(4000))
    assert 0.72 < drawn["a"] / 4000 < 0.78
    assert drawn["never"] == 0
