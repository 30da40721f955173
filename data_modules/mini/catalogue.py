"""COCO's 80 categories under their own names and ids, each with its drawing and its size."""

from collections.abc import Callable
from dataclasses import dataclass
from random import Random

from data_modules.mini import (
    objects_animals,
    objects_food,
    objects_furniture,
    objects_indoor,
    objects_outdoor,
    objects_people,
    objects_tableware,
    objects_vehicles,
)
from data_modules.mini.pen import Pen

Draw = Callable[[Pen, Random], None]

_DRAWINGS = (
    objects_people,
    objects_vehicles,
    objects_outdoor,
    objects_animals,
    objects_food,
    objects_tableware,
    objects_furniture,
    objects_indoor,
)


@dataclass(frozen=True)
class Category:
    """One category.

    Attributes:
        id: COCO's id, in 1..90.
        name: COCO's name.
        supercategory: COCO's.
        width: of the drawing's box in metres, as large as it looks right beside the others (big
            vehicles are drawn smaller than life, or nothing else would fit into the frame).
        height: of the drawing's box in metres.
        draw: draws it into the box of a pen.
    """

    id: int
    name: str
    supercategory: str
    width: float
    height: float
    draw: Draw


# id, name, width, height by supercategory: COCO's own list, sizes our choice.
_TABLE: dict[str, tuple[tuple[int, str, float, float], ...]] = {
    "person": ((1, "person", 0.78, 1.7),),
    "vehicle": (
        (2, "bicycle", 1.6, 1.05),
        (3, "car", 3.0, 1.35),
        (4, "motorcycle", 1.8, 1.15),
        (5, "airplane", 6.4, 3.0),
        (6, "bus", 4.6, 2.3),
        (7, "train", 6.4, 2.4),
        (8, "truck", 4.2, 2.2),
        (9, "boat", 3.4, 3.0),
    ),
    "outdoor": (
        (10, "traffic light", 0.5, 1.9),
        (11, "fire hydrant", 0.5, 0.8),
        (13, "stop sign", 0.75, 1.6),
        (14, "parking meter", 0.36, 1.2),
        (15, "bench", 1.6, 0.85),
    ),
    "animal": (
        (16, "bird", 0.5, 0.4),
        (17, "cat", 0.42, 0.52),
        (18, "dog", 0.9, 0.72),
        (19, "horse", 1.9, 1.7),
        (20, "sheep", 1.2, 0.95),
        (21, "cow", 2.0, 1.4),
        (22, "elephant", 3.0, 2.4),
        (23, "bear", 1.8, 1.25),
        (24, "zebra", 1.9, 1.55),
        (25, "giraffe", 1.9, 3.1),
    ),
    "accessory": (
        (27, "backpack", 0.36, 0.46),
        (28, "umbrella", 0.95, 0.95),
        (31, "handbag", 0.36, 0.34),
        (32, "tie", 0.1, 0.42),
        (33, "suitcase", 0.44, 0.72),
    ),
    "sports": (
        (34, "frisbee", 0.3, 0.18),
        (35, "skis", 1.5, 0.2),
        (36, "snowboard", 1.25, 0.2),
        (37, "sports ball", 0.24, 0.24),
        (38, "kite", 0.9, 1.3),
        (39, "baseball bat", 0.13, 0.72),
        (40, "baseball glove", 0.3, 0.32),
        (41, "skateboard", 0.8, 0.22),
        (42, "surfboard", 0.5, 1.7),
        (43, "tennis racket", 0.3, 0.68),
    ),
    "kitchen": (
        (44, "bottle", 0.1, 0.3),
        (46, "wine glass", 0.1, 0.2),
        (47, "cup", 0.11, 0.11),
        (48, "fork", 0.035, 0.19),
        (49, "knife", 0.035, 0.21),
        (50, "spoon", 0.04, 0.18),
        (51, "bowl", 0.22, 0.13),
    ),
    "food": (
        (52, "banana", 0.2, 0.13),
        (53, "apple", 0.1, 0.1),
        (54, "sandwich", 0.2, 0.14),
        (55, "orange", 0.1, 0.1),
        (56, "broccoli", 0.14, 0.14),
        (57, "carrot", 0.19, 0.12),
        (58, "hot dog", 0.22, 0.11),
        (59, "pizza", 0.36, 0.24),
        (60, "donut", 0.14, 0.12),
        (61, "cake", 0.28, 0.24),
    ),
    "furniture": (
        (62, "chair", 0.6, 0.95),
        (63, "couch", 2.0, 0.95),
        (64, "potted plant", 0.5, 0.75),
        (65, "bed", 2.3, 1.15),
        (67, "dining table", 1.5, 0.85),
        (70, "toilet", 0.62, 0.8),
    ),
    "electronic": (
        (72, "tv", 0.95, 0.66),
        (73, "laptop", 0.42, 0.3),
        (74, "mouse", 0.08, 0.11),
        (75, "remote", 0.055, 0.17),
        (76, "keyboard", 0.44, 0.14),
        (77, "cell phone", 0.075, 0.15),
    ),
    "appliance": (
        (78, "microwave", 0.55, 0.34),
        (79, "oven", 0.65, 0.9),
        (80, "toaster", 0.3, 0.24),
        (81, "sink", 0.62, 0.9),
        (82, "refrigerator", 0.75, 1.7),
    ),
    "indoor": (
        (84, "book", 0.2, 0.24),
        (85, "clock", 0.3, 0.3),
        (86, "vase", 0.2, 0.36),
        (87, "scissors", 0.12, 0.18),
        (88, "teddy bear", 0.34, 0.4),
        (89, "hair drier", 0.22, 0.22),
        (90, "toothbrush", 0.19, 0.035),
    ),
}


def _drawing(name: str) -> Draw:
    function = f"draw_{name.replace(' ', '_')}"
    for module in _DRAWINGS:
        if hasattr(module, function):
            draw: Draw = getattr(module, function)
            return draw
    raise AttributeError(f"no drawing {function}")


CATEGORIES: tuple[Category, ...] = tuple(
    Category(number, name, supercategory, width, height, _drawing(name))
    for supercategory, rows in _TABLE.items()
    for number, name, width, height in rows
)
BY_NAME: dict[str, Category] = {category.name: category for category in CATEGORIES}
