"""Concepts of scenes: they agree with what is drawn."""

from collections import Counter

import pytest

from data_modules.mini.catalogue import BY_NAME
from data_modules.mini.concepts import CONCEPTS, SHOWN, concepts_of, sky_of
from data_modules.mini.pen import Canvas, Colour
from data_modules.mini.sampling import Scene, sample_scene, stream

_TOPS = {
    "day": ((96, 160, 220), (70, 140, 210), (130, 180, 224)),
    "grey": ((150, 160, 172),),
    "evening": ((120, 120, 170),),
}
_CLOUD = (250, 250, 250, 190)


class WatchedCanvas(Canvas):
    """Remembers the colours that are drawn."""

    def __init__(self) -> None:
        super().__init__(8)
        self.colours: list[Colour] = []

    def fill(self, corners: object, colour: Colour, number: int | None) -> None:
        self.colours.append(colour)


def is_near(colour: Colour, wanted: Colour) -> bool:
    return all(abs(one - other) <= 20 for one, other in zip(colour, wanted, strict=True))


@pytest.fixture(scope="module")
def scenes() -> list[Scene]:
    return [sample_scene(stream("concepts", number)) for number in range(400)]


def test_there_are_81_in_the_alphabets_order() -> None:
    assert len(set(CONCEPTS)) == 81
    assert list(CONCEPTS) == sorted(CONCEPTS)


def test_the_sky_is_the_one_that_is_drawn(scenes: list[Scene]) -> None:
    lights: Counter[str] = Counter()
    for scene in scenes:
        canvas, rng = WatchedCanvas(), stream()
        rng.seed(scene.seed)
        scene.kind.background(canvas.pen(), rng)
        sky = sky_of(scene)
        if sky is None:
            assert _CLOUD not in canvas.colours
            continue
        lights[sky.light] += 1
        assert canvas.colours.count(_CLOUD) == 4 * sky.num_clouds
        near = [
            all(
                abs(part - wanted) <= 20
                for part, wanted in zip(canvas.colours[0], top, strict=True)
            )
            for top in _TOPS[sky.light]
        ]
        assert any(near)
    assert set(lights) == set(_TOPS)


def test_concepts_are_official_and_follow_place_sky_and_objects(scenes: list[Scene]) -> None:
    counts: Counter[str] = Counter()
    for scene in scenes:
        found = concepts_of(scene, scene.labels)
        counts.update(found)
        assert found <= set(SHOWN) < set(CONCEPTS)
        assert ("person" in found) == ("person" in scene.labels)
        assert ("beach" in found) == (scene.kind.name == "beach")
        assert {"clouds", "sunset"} & found == set() or "sky" in found
    assert len(counts) > 0.9 * len(SHOWN)
    assert max(counts.values()) < 0.6 * len(scenes)


def test_what_is_not_seen_is_no_concept(scenes: list[Scene]) -> None:
    scene = next(s for s in scenes if s.kind.name == "street" and "car" in s.labels)
    assert {"cars", "vehicle"} <= concepts_of(scene, {"car"})
    assert not {"cars", "vehicle"} & concepts_of(scene, ())
    assert {"buildings", "road", "street"} <= concepts_of(scene, ())


def test_some_scenes_show_no_concept(scenes: list[Scene]) -> None:
    empty = sum(not concepts_of(scene, scene.labels) for scene in scenes)
    assert 0.05 < empty / len(scenes) < 0.2
    assert concepts_of(next(s for s in scenes if s.kind.name == "kitchen"), set(BY_NAME))
