"""What of NUS-WIDE's 81 concepts a drawn scene shows: from its place, its sky and its objects."""

from collections.abc import Iterable
from random import Random
from typing import NamedTuple

from data_modules.mini.colours import vary
from data_modules.mini.sampling import Scene

_NAMES = """
    airport animal beach bear birds boats book bridge buildings cars castle cat cityscape clouds
    computer coral cow dancing dog earthquake elk fire fish flags flowers food fox frost garden
    glacier grass harbor horses house lake leaf map military moon mountain nighttime ocean person
    plane plants police protest railroad rainbow reflection road rocks running sand sign sky snow
    soccer sports statue street sun sunset surf swimmers tattoo temple tiger tower town toy train
    tree valley vehicle water waterfall wedding whales window zebra
"""
# The official names, in the official order.
CONCEPTS: tuple[str, ...] = tuple(_NAMES.split())

# Of each place what its background always shows.
_PLACES: dict[str, tuple[str, ...]] = {
    "street": ("buildings", "road", "street"),
    "sports field": ("sports",),
    "skate park": ("sports",),
    "harbour": ("buildings", "harbor", "water"),
    "airport": ("airport", "tower"),
    "railway": ("railroad",),
    "market": ("food",),
    "park": ("garden", "grass", "tree"),
    "pasture": ("grass", "valley"),
    "savanna": ("grass", "tree"),
    "forest": ("mountain", "rocks", "tree", "water"),
    "beach": ("beach", "ocean", "sand", "water"),
    "snow": ("mountain", "snow", "tree"),
}
_INDOORS = ("kitchen", "dining table", "desk", "living room", "bedroom", "bathroom", "portrait")
_HIDDEN_SKY = "market"  # behind the awning

_OBJECTS: dict[str, tuple[str, ...]] = {
    "person": ("person",),
    "car": ("cars", "vehicle"),
    "airplane": ("plane", "vehicle"),
    "train": ("train", "vehicle"),
    "boat": ("boats", "vehicle", "water"),
    "bird": ("animal", "birds"),
    "cat": ("animal", "cat"),
    "dog": ("animal", "dog"),
    "horse": ("animal", "horses"),
    "cow": ("animal", "cow"),
    "bear": ("animal", "bear"),
    "zebra": ("animal", "zebra"),
    "stop sign": ("sign",),
    "surfboard": ("surf",),
    "book": ("book",),
    "teddy bear": ("toy",),
    "potted plant": ("plants",),
    **dict.fromkeys(("bicycle", "motorcycle", "bus", "truck"), ("vehicle",)),
    **dict.fromkeys(("sheep", "elephant", "giraffe"), ("animal",)),
    **dict.fromkeys(("laptop", "mouse", "keyboard"), ("computer",)),
    **dict.fromkeys(
        (
            *("banana", "apple", "sandwich", "orange", "broccoli", "carrot"),
            *("hot dog", "pizza", "donut", "cake"),
        ),
        ("food",),
    ),
    **dict.fromkeys(
        (
            *("skis", "snowboard", "sports ball", "baseball bat", "baseball glove"),
            *("skateboard", "tennis racket"),
        ),
        ("sports",),
    ),
}


# The others have no image; in the order of CONCEPTS.
SHOWN: tuple[str, ...] = tuple(
    concept
    for concept in CONCEPTS
    if concept in {"sky", "clouds", "sunset"}.union(*_PLACES.values(), *_OBJECTS.values())
)


class Sky(NamedTuple):
    """What `clutter.sky` draws: the time or weather, and how many clouds."""

    light: str
    num_clouds: int


def sky_of(scene: Scene) -> Sky | None:
    """The sky of a scene; None in rooms."""
    if scene.kind.name in _INDOORS:
        return None
    # A background starts with its sky, and the sky with these draws.
    rng = Random(scene.seed)
    light = rng.choice(("day", "day", "grey", "evening", "day"))
    for _ in ("top", "low"):
        vary(rng, (0, 0, 0))
    return Sky(light, rng.randrange(4))


def concepts_of(scene: Scene, seen: Iterable[str]) -> frozenset[str]:
    """The concepts of a scene.

    Args:
        scene: as it was drawn.
        seen: categories of the objects that are seen in it.
    """
    found = set(_PLACES.get(scene.kind.name, ()))
    sky = sky_of(scene)
    if sky is not None and scene.kind.name != _HIDDEN_SKY:
        found.add("sky")
        if sky.num_clouds or sky.light == "grey":
            found.add("clouds")
        if sky.light == "evening":
            found.add("sunset")
    for category in seen:
        found.update(_OBJECTS.get(category, ()))
    return frozenset(found)
