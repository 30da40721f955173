"""Where a person holds, wears or rides each thing: in the person's box and in the thing's own."""

from dataclasses import dataclass

from data_modules.mini.objects_people import HAND
from data_modules.mini.pen import Point


@dataclass(frozen=True)
class Attachment:
    """One way of having a thing.

    Attributes:
        person: the point of the person's box (it may lie outside).
        own: the point of the thing's box that comes there.
        pose: of the person; None fits every pose.
        behind: the thing is drawn before the person.
        tilt: least and greatest turn, radians clockwise.
    """

    person: Point
    own: Point
    pose: str | None = None
    behind: bool = False
    tilt: tuple[float, float] = (-0.1, 0.1)


_UP, _FORWARD = HAND["reach"], HAND["offer"]
_HELD = (Attachment(_FORWARD, (0.5, 0.75), "offer", tilt=(-0.3, 0.3)),)
_FEET = Attachment((0.5, 0.985), (0.5, 0.45), "ride", tilt=(-0.12, 0.12))

# Things without a line here are held in the hand.
_WAYS: dict[str, tuple[Attachment, ...]] = {
    "tennis racket": (
        Attachment(_UP, (0.5, 0.92), "reach", tilt=(-0.5, 0.8)),
        Attachment(_FORWARD, (0.5, 0.92), "offer", tilt=(0.2, 1.3)),
    ),
    "baseball bat": (
        Attachment(_UP, (0.5, 0.92), "reach", tilt=(-0.9, 0.8)),
        Attachment(_FORWARD, (0.5, 0.92), "offer", tilt=(-0.5, 1.2)),
    ),
    "sports ball": (
        Attachment((1.3, 0.94), (0.5, 0.5), "walk"),
        Attachment((-0.35, 0.3), (0.5, 0.5), None),
        Attachment((-0.3, 0.95), (0.5, 0.5), None),
    ),
    "baseball glove": (Attachment((0.16, 0.52), (0.5, 0.4), None, tilt=(-0.6, 0.6)),),
    "frisbee": (
        Attachment(_UP, (0.4, 0.5), "reach", tilt=(-0.4, 0.4)),
        Attachment((-0.6, 0.12), (0.5, 0.5), None, tilt=(-0.4, 0.4)),
    ),
    "kite": (Attachment((1.75, -0.3), (0.5, 0.6), "reach", tilt=(0.1, 0.6)),),
    "skis": (_FEET,),
    "snowboard": (_FEET,),
    "skateboard": (Attachment((0.5, 0.975), (0.5, 0.25), "ride", tilt=(-0.1, 0.1)),),
    "surfboard": (
        Attachment((1.25, 0.5), (0.5, 0.5), "stand", tilt=(-0.1, 0.1)),
        Attachment((0.2, 0.46), (0.5, 0.5), "walk", behind=True, tilt=(1.2, 1.5)),
    ),
    "handbag": (
        Attachment((0.2, 0.53), (0.5, 0.1), None),
        Attachment((0.24, 0.44), (0.5, 0.2), None, behind=True),
    ),
    "backpack": (
        Attachment((0.22, 0.34), (0.5, 0.5), None, behind=True),
        Attachment((0.12, 0.36), (0.5, 0.5), None, behind=True),
    ),
    "suitcase": (
        Attachment((-0.18, 0.985), (0.5, 1.0), None),
        Attachment((1.2, 0.985), (0.5, 1.0), None),
    ),
    "umbrella": (Attachment((0.22, 0.5), (0.47, 0.92), None, behind=True, tilt=(-0.25, 0.15)),),
    "bottle": (Attachment((0.2, 0.53), (0.5, 0.3), None),),
    "tie": (Attachment((0.5, 0.2), (0.5, 0.0), None, tilt=(-0.03, 0.03)),),
}


def ways(category: str) -> tuple[Attachment, ...]:
    """The ways in which a person may have a thing of this category."""
    return _WAYS.get(category, _HELD)
