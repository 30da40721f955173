"""A scene type: areas, main objects, and groups that show exactly one of their alternatives.

The numbers in `scenes_town.py`, `scenes_nature.py` and `scenes_indoor.py` were chosen for realism
before any model was compared, and are never tuned so that a model looks better
(docs/protocols.md): a changed table is another data set and needs another `GENERATOR_VERSION`.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from random import Random

from data_modules.mini.pen import Pen

Background = Callable[[Pen, Random], None]


@dataclass(frozen=True)
class Area:
    """Where objects may stand, in fractions of the picture's side.

    Attributes:
        left: least x of an object's middle.
        right: greatest x.
        top: least y of an object's foot (of its middle where the area `hangs`).
        bottom: greatest y.
        far: fraction of the picture a metre takes at `top`.
        near: the same at `bottom`.
        layer: areas of a higher layer are painted later; within a layer the lower foot is in front.
        hangs: on a wall, in the air or on water: no shadow.
        plates: a plate is drawn below each object.
        zooms: whether the scene's own zoom applies.
    """

    left: float
    right: float
    top: float
    bottom: float
    far: float
    near: float
    layer: int = 1
    hangs: bool = False
    plates: bool = False
    zooms: bool = True


@dataclass(frozen=True)
class Main:
    """An object that a scene is about.

    Attributes:
        category: its name.
        chance: that there is at least one.
        area: where.
        more: chance of one more, asked again after each, up to five.
    """

    category: str
    chance: float
    area: str
    more: float = 0.0


@dataclass(frozen=True)
class Group:
    """Alternatives of which a scene that has the group shows exactly one.

    Attributes:
        name: for messages and tests.
        chance: that the scene has the group.
        alternatives: category name -> weight: the soft dependence on the scene.
        area: where; a person's `hand`, `side`, `feet` or `neck` attaches it to a person, and
            then the group needs one.
        more: chance that the chosen alternative occurs twice.
    """

    name: str
    chance: float
    alternatives: Mapping[str, float]
    area: str
    more: float = 0.0


@dataclass(frozen=True)
class SceneType:
    """A kind of scene.

    Attributes:
        name: `street`, ...
        weight: its share of all scenes, relative to the others.
        background: what is drawn first.
        areas: by name.
        mains: main objects.
        groups: no alternative is shared with another group or with a main object of the scene.
        crowd: chance of a crowd of people far away (one box with iscrowd = 1).
        crowd_area: where the crowd stands.
    """

    name: str
    weight: float
    background: Background
    areas: Mapping[str, Area]
    mains: tuple[Main, ...]
    groups: tuple[Group, ...] = ()
    crowd: float = 0.0
    crowd_area: str = field(default="ground")


ON_A_PERSON = ("hand", "side", "feet", "neck")
