"""Tags of scenes: near-duplicates, noise, and about as many as on NUS-WIDE."""

from collections import Counter

import pytest

from data_modules.mini.concepts import concepts_of, sky_of
from data_modules.mini.sampling import sample_scene, stream
from data_modules.mini.tags import TAGS, tags_of


@pytest.fixture(scope="module")
def users() -> list[tuple[frozenset[str], frozenset[str]]]:
    """What images show, and their tags."""
    found = []
    for number in range(2000):
        scene = sample_scene(stream("tags", number))
        concepts = concepts_of(scene, scene.labels)
        shown = [*sorted(scene.labels), *sorted(concepts)]
        tags = tags_of(stream("user", number), scene.kind.name, shown, sky_of(scene))
        found.append((frozenset(shown), tags))
    return found


def test_tags_are_listed_once_without_blanks(
    users: list[tuple[frozenset[str], frozenset[str]]],
) -> None:
    assert len(TAGS) == len(set(TAGS)) > 300
    assert not any(set(" \t/") & set(tag) for tag in TAGS)
    assert all(tags <= set(TAGS) for _, tags in users)
    given = frozenset[str]().union(*(tags for _, tags in users))
    assert len(given) > 0.9 * len(TAGS)


def test_an_image_has_about_as_many_tags_as_on_nuswide(
    users: list[tuple[frozenset[str], frozenset[str]]],
) -> None:
    sizes = [len(tags) for _, tags in users]
    assert 5.5 < sum(sizes) / len(sizes) < 6.1
    assert 0 < sizes.count(0) < 0.05 * len(sizes)


def test_a_near_duplicate_comes_with_the_usual_tag(
    users: list[tuple[frozenset[str], frozenset[str]]],
) -> None:
    both = sum({"cloud", "clouds"} <= tags for _, tags in users)
    either = sum("clouds" in tags for _, tags in users)
    assert 0.2 < both / either < 0.4
    assert not any("cloud" in tags and "clouds" not in tags for _, tags in users)


def test_noise_does_not_depend_on_the_image(
    users: list[tuple[frozenset[str], frozenset[str]]],
) -> None:
    by_sky: dict[bool, list[bool]] = {True: [], False: []}
    for shown, tags in users:
        by_sky["sky" in shown].append("explore" in tags)
    shares = {key: sum(values) / len(values) for key, values in by_sky.items()}
    assert abs(shares[True] - shares[False]) < 0.05
    counts = Counter(tag for _, tags in users for tag in tags)
    assert counts["explore"] > counts["canon"] > counts["dsc"]


def test_users_leave_out_some_of_what_is_there(
    users: list[tuple[frozenset[str], frozenset[str]]],
) -> None:
    named = [("dog" in tags) for shown, tags in users if "dog" in shown]
    assert 0.25 < sum(named) / len(named) < 0.6
