"""One scene from its stream of randomness: picture, annotations, and what is known about it."""

from random import Random
from typing import NamedTuple

from PIL import Image

from data_modules.mini.annotations import Annotation, annotate, seen_items
from data_modules.mini.painting import finish, paint_scene, to_image
from data_modules.mini.sampling import Scene, sample_scene


class Drawn(NamedTuple):
    """A scene that was drawn.

    Attributes:
        scene: what was meant to be drawn.
        picture: what came out.
        annotations: of the objects that are seen.
        seen: for each of them the part that no other object hides, in (0, 1].
        quality: of the JPEG file.
    """

    scene: Scene
    picture: Image.Image
    annotations: list[Annotation]
    seen: list[float]
    quality: int


def draw_scene(rng: Random, image_size: int) -> Drawn:
    """Samples a scene and draws it.

    Args:
        rng: at its start.
        image_size: side in pixels.
    """
    scene = sample_scene(rng)
    canvas, covered = paint_scene(scene, image_size)
    picture = to_image(finish(canvas, rng))
    seen = [item.pixels / covered[item.place] for item in seen_items(scene, canvas, covered)]
    return Drawn(scene, picture, annotate(scene, canvas, covered), seen, rng.randint(74, 93))
