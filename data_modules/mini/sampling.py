"""Which objects a scene holds and where they stand: sampled without drawing anything."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from random import Random
from typing import TypeVar

from data_modules.mini.attachments import Attachment, ways
from data_modules.mini.catalogue import BY_NAME
from data_modules.mini.scene_types import ON_A_PERSON, Area, Group, SceneType
from data_modules.mini.scenes_indoor import INDOOR
from data_modules.mini.scenes_nature import NATURE
from data_modules.mini.scenes_town import TOWN

T = TypeVar("T")

SCENE_TYPES: tuple[SceneType, ...] = TOWN + NATURE + INDOOR

_BY_NAME = {scene.name: scene for scene in SCENE_TYPES}

# Our choice, for realism: 1.1% of COCO's images have no box.
_NOTHING = 0.012
_MOST_OF_ONE = 5
_POSES = ("stand", "stand", "walk", "walk", "reach", "offer")


@dataclass(frozen=True)
class Item:
    """One object of a scene.

    Attributes:
        category: its name.
        x: middle of its foot (of the whole where the area hangs), as a fraction of the side.
        y: the foot (the middle where the area hangs).
        scale: fraction of the side that a metre takes.
        seed: of its drawing.
        area: None for what a person has.
        flip: mirrored.
        angle: radians, clockwise.
        pose: of a person.
        holder: index of the person who has it.
        way: how the person has it.
        crowd: number of people where it is a crowd; 0 otherwise.
    """

    category: str
    x: float
    y: float
    scale: float
    seed: int
    area: Area | None = None
    flip: bool = False
    angle: float = 0.0
    pose: str | None = None
    holder: int | None = None
    way: Attachment | None = None
    crowd: int = 0

    def box(self) -> tuple[float, float, float, float]:
        """Left, top, width and height as fractions of the picture's side, before any turn."""
        kind = BY_NAME[self.category]
        width, height = kind.width * self.scale, kind.height * self.scale
        middle = self.area is not None and self.area.hangs
        return self.x - width / 2, self.y - height * (0.5 if middle else 1.0), width, height


@dataclass(frozen=True)
class Scene:
    """A scene before it is drawn.

    Attributes:
        kind: its type.
        items: its objects, in no particular order.
        chosen: group name -> the alternative that it shows.
        seed: of everything else that is drawn.
    """

    kind: SceneType
    items: tuple[Item, ...]
    chosen: Mapping[str, str] = field(default_factory=dict)
    seed: int = 0

    @property
    def labels(self) -> frozenset[str]:
        """Names of the categories in it; what is hidden in the drawing is not left out here."""
        return frozenset(item.category for item in self.items)


def stream(*key: object) -> Random:
    """A source of randomness of its own for a key such as (seed, "train2014", 17)."""
    text = "/".join(str(part) for part in key)
    return Random(int.from_bytes(hashlib.blake2b(text.encode(), digest_size=16).digest(), "big"))


def sample_scene(rng: Random) -> Scene:
    """A scene of any type, by the priors of the scene tables."""
    kind = _BY_NAME[weighted(rng, {scene.name: scene.weight for scene in SCENE_TYPES})]
    seed = rng.getrandbits(64)
    if rng.random() < _NOTHING:
        return Scene(kind, (), {}, seed)
    zoom = rng.uniform(0.86, 1.18)
    items: list[Item] = []
    while not items:
        _place_mains(rng, items, kind, zoom)
    chosen: dict[str, str] = {}
    for group in kind.groups:
        if rng.random() < group.chance:
            category = _settle(rng, items, group, kind, zoom)
            if category is not None:
                chosen[group.name] = category
    return Scene(kind, tuple(items), chosen, seed)


def _place_mains(rng: Random, items: list[Item], kind: SceneType, zoom: float) -> None:
    for main in kind.mains:
        chance, count = main.chance, 0
        while count < _MOST_OF_ONE and rng.random() < chance:
            _place(rng, items, main.category, kind.areas[main.area], zoom)
            chance, count = main.more, count + 1
    if rng.random() < kind.crowd:
        area = kind.areas[kind.crowd_area]
        scale = area.far * zoom * 0.75
        x = rng.uniform(0.25, 0.75)
        items.append(
            Item("person", x, area.top, scale, rng.getrandbits(64), area, crowd=rng.randint(7, 13))
        )


def weighted(rng: Random, weights: Mapping[T, float]) -> T:
    """One of the keys, with a chance in proportion to its value."""
    left = rng.random() * sum(weights.values())
    for key, weight in weights.items():
        left -= weight
        if left < 0:
            return key
    return key


def _settle(
    rng: Random, items: list[Item], group: Group, kind: SceneType, zoom: float
) -> str | None:
    """Adds one alternative of a group, once or twice; None where nobody is there to have it."""
    category = weighted(rng, group.alternatives)
    if group.area in ON_A_PERSON:
        people = [i for i, item in enumerate(items) if item.category == "person" and not item.crowd]
        if not people:
            return None
        _attach(rng, items, category, people)
        return category
    _place(rng, items, category, kind.areas[group.area], zoom)
    if rng.random() < group.more:
        _place(rng, items, category, kind.areas[group.area], zoom)
    return category


def _place(rng: Random, items: list[Item], category: str, area: Area, zoom: float) -> None:
    """Adds an object to an area, where it hides little of what is there."""
    depth = rng.random()
    y = area.top + (area.bottom - area.top) * depth
    scale = (area.far + (area.near - area.far) * depth) * rng.uniform(0.93, 1.07)
    if area.zooms:
        scale *= zoom
    lying = category in ("fork", "knife", "spoon", "scissors", "remote", "cell phone", "carrot")
    angle = rng.uniform(-0.05, 0.05)
    if lying:  # flat things lie at any angle
        angle = rng.uniform(-1.4, 1.4)
    item = Item(
        category,
        0.0,
        y,
        scale,
        rng.getrandbits(64),
        area,
        rng.random() < 0.5,
        angle if lying or area.hangs else angle * 0.4,
        rng.choice(_POSES) if category == "person" else None,
    )
    others = [other for other in items if other.area is not None and other.area.layer == area.layer]
    tries = [replace(item, x=rng.uniform(area.left, area.right)) for _ in range(5)]
    items.append(min(tries, key=lambda one: _hidden(one, others)))


def _hidden(item: Item, others: Iterable[Item]) -> float:
    """How much boxes overlap: summed shares of the smaller of the two boxes."""
    left, top, width, height = item.box()
    total = 0.0
    for other in others:
        x, y, w, h = other.box()
        across = min(left + width, x + w) - max(left, x)
        down = min(top + height, y + h) - max(top, y)
        if across > 0 and down > 0:
            total += across * down / min(width * height, w * h)
    return total


def _attach(rng: Random, items: list[Item], category: str, people: list[int]) -> None:
    """Gives a thing to a person; one who has nothing yet is preferred."""
    busy = {item.holder for item in items}
    free = [index for index in people if index not in busy] or people
    holder = rng.choice(free)
    person = items[holder]
    options = ways(category)
    if holder in busy:  # the pose is settled
        options = tuple(way for way in options if way.pose in (None, person.pose)) or options
    way = rng.choice(options)
    if holder not in busy and way.pose is not None:
        items[holder] = replace(person, pose=way.pose)
    items.append(
        Item(
            category,
            person.x,
            person.y,
            person.scale,
            rng.getrandbits(64),
            angle=rng.uniform(*way.tilt),
            flip=person.flip,
            holder=holder,
            way=way,
        )
    )
