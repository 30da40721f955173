"""A sampled scene on a canvas: background, objects from back to front, foreground, light, noise."""

from collections.abc import Sequence
from random import Random

import numpy as np
import numpy.typing as npt
from PIL import Image

from data_modules.mini import clutter
from data_modules.mini.catalogue import BY_NAME
from data_modules.mini.objects_people import draw_person, draw_posed_person
from data_modules.mini.pen import SUPERSAMPLING, Canvas, Pen
from data_modules.mini.sampling import Item, Scene

_SHADOW = (20, 20, 30, 70)


def paint_scene(scene: Scene, size: int) -> tuple[Canvas, list[int]]:
    """Draws a scene.

    Args:
        scene: what to draw.
        size: side of the finished picture in pixels.
    Returns:
        The canvas, whose mask holds `i + 1` where item `i` is seen, and for each item the canvas
        pixels that it covered within the frame before others were drawn over it.
    """
    canvas = Canvas(size)
    rng = Random(scene.seed)
    scene.kind.background(canvas.pen(), rng)
    covered = [0] * len(scene.items)
    for index in _back_to_front(scene.items):
        item = scene.items[index]
        if item.holder is not None:
            continue  # drawn with the person
        things = [i for i, other in enumerate(scene.items) if other.holder == index]
        pen = _standing_pen(canvas, item, index + 1)
        _ground(canvas, item, rng)
        for thing in things:
            if scene.items[thing].way.behind:  # type: ignore[union-attr]  # a held item has one
                covered[thing] = _draw_held(canvas, scene.items[thing], thing + 1, pen)
        _draw(pen, item)
        covered[index] = _count(canvas, index + 1)
        for thing in things:
            if not scene.items[thing].way.behind:  # type: ignore[union-attr]  # a held item has one
                covered[thing] = _draw_held(canvas, scene.items[thing], thing + 1, pen)
    _foreground(canvas, scene, rng)
    return canvas, covered


def finish(canvas: Canvas, rng: Random) -> npt.NDArray[np.uint8]:
    """The picture at its own size, under a light of its own, with a sensor's noise.

    Returns:
        (size, size, 3) uint8.
    """
    light, contrast = rng.uniform(0.74, 1.14), rng.uniform(0.84, 1.1)
    warmth = rng.uniform(-0.07, 0.07)
    table: list[int] = []
    for gain in (light * (1 + warmth), light, light * (1 - warmth)):
        lit = (np.arange(256) * gain - 128) * contrast + 128
        table += [int(value) for value in np.clip(np.rint(lit), 0, 255)]
    small = np.asarray(canvas.image.point(table).reduce(SUPERSAMPLING), dtype=np.int16)
    strength = rng.randrange(2, 11)
    noise = np.frombuffer(rng.randbytes(small.size), dtype=np.uint8).astype(np.int16) - 128
    grain = (noise * strength) >> 7
    picture: npt.NDArray[np.uint8] = np.clip(small + grain.reshape(small.shape), 0, 255).astype(
        np.uint8
    )
    return picture


def _back_to_front(items: Sequence[Item]) -> list[int]:
    def depth(index: int) -> tuple[int, float]:
        item = items[index]
        return (item.area.layer if item.area else 0, item.y)

    return sorted(range(len(items)), key=depth)


def _standing_pen(canvas: Canvas, item: Item, number: int) -> Pen:
    return canvas.pen(*item.box(), number=number, flip=item.flip, angle=item.angle)


def _draw(pen: Pen, item: Item) -> None:
    rng = Random(item.seed)
    if item.crowd:
        for _ in range(item.crowd):
            shift, step = rng.uniform(-3.0, 3.0), rng.uniform(-0.06, 0.06)
            draw_person(pen.part(shift, step, shift + 1.0, step + 1.0), rng)
    elif item.pose is not None:
        draw_posed_person(pen, rng, item.pose)
    else:
        BY_NAME[item.category].draw(pen, rng)


def _draw_held(canvas: Canvas, item: Item, number: int, person: Pen) -> int:
    """Draws a thing so that its own point meets the person's; returns the pixels it covers."""
    assert item.way is not None
    kind = BY_NAME[item.category]
    width, height = kind.width * item.scale, kind.height * item.scale
    x, y = person.at(*item.way.person)
    angle = -item.angle if item.flip else item.angle
    # Where the own point lies when the box is at the origin says how far the box must move.
    own_x, own_y = canvas.pen(0, 0, width, height, flip=item.flip, angle=angle).at(*item.way.own)
    left, top = x - own_x, y - own_y
    if item.category == "kite":  # its string; and it must stay in the frame
        left = min(max(left, 0.0), 1.0 - width)
        top = min(max(top, 0.0), 0.5)
        hand_x, hand_y = person.at(0.95, 0.14)
        canvas.pen().line(
            [(hand_x, hand_y), (left + width / 2, top + height * 0.5)], 0.004, (90, 90, 90)
        )
    pen = canvas.pen(left, top, width, height, number=number, flip=item.flip, angle=angle)
    kind.draw(pen, Random(item.seed))
    return _count(canvas, number)


def _count(canvas: Canvas, number: int) -> int:
    return int(np.count_nonzero(np.asarray(canvas.mask) == number))


def _ground(canvas: Canvas, item: Item, rng: Random) -> None:
    """The shadow below an object, or the plate that it lies on."""
    left, top, width, height = item.box()
    pen = canvas.pen()
    if item.area is not None and item.area.plates:
        if item.category != "bowl":
            foot = top + height * 0.8
            clutter.plate(canvas.pen(number=0), rng, left + width / 2, foot, width * 1.25)
    elif item.area is not None and not item.area.hangs:
        pen.ellipse(left + width / 2, top + height, width * 0.5, min(height, width) * 0.08, _SHADOW)


def _foreground(canvas: Canvas, scene: Scene, rng: Random) -> None:
    """Up to three unlabelled things in front of everything."""
    pen = canvas.pen(number=0)
    outdoors = scene.kind.name in ("park", "pasture", "savanna", "forest")
    for _ in range(rng.choice((0, 0, 1, 2, 3))):
        x = rng.random()
        if outdoors:
            clutter.tuft(pen, rng, x, 1.01, rng.uniform(0.06, 0.16))
        elif scene.kind.name in ("beach", "snow", "harbour"):
            clutter.stones(pen, rng, 0.94, 1.02, 1)
        elif scene.kind.name in ("kitchen", "desk", "dining table"):
            clutter.jar(pen, rng, x, rng.uniform(0.98, 1.06), rng.uniform(0.06, 0.14))
        elif scene.kind.name in ("street", "railway", "airport") and rng.random() < 0.3:
            clutter.street_lamp(pen, rng, x, 1.0, rng.uniform(0.5, 0.9))


def to_image(picture: npt.NDArray[np.uint8]) -> Image.Image:
    """The finished picture as a PIL image."""
    return Image.fromarray(picture)
