"""Scene types of meadow, beach, snow and wood; fixed numbers, see `scene_types.py`."""

from data_modules.mini import backgrounds_nature as backgrounds
from data_modules.mini.scene_types import Area, Group, Main, SceneType

_CARRIED = {"handbag": 4.0, "backpack": 4.0, "umbrella": 1.6, "suitcase": 0.8}

PARK = SceneType(
    "park",
    7.0,
    backgrounds.park,
    {
        "ground": Area(0.1, 0.9, 0.56, 0.98, 0.12, 0.28),
        "sky": Area(0.1, 0.9, 0.1, 0.4, 0.2, 0.3, hangs=True),
    },
    (
        Main("person", 0.5, "ground", 0.35),
        Main("dog", 0.25, "ground", 0.15),
        Main("bench", 0.3, "ground", 0.15),
        Main("bird", 0.12, "ground", 0.4),
        Main("bicycle", 0.08, "ground", 0.2),
    ),
    (
        Group(
            "played",
            0.7,
            {"frisbee": 3.0, "kite": 3.0, "sports ball": 2.5, "baseball bat": 0.6},
            "hand",
        ),
        Group("carried", 0.45, _CARRIED, "side"),
        Group(
            "picnic",
            0.22,
            {"bottle": 2.0, "apple": 1.0, "sandwich": 1.2, "donut": 0.6},
            "ground",
            0.3,
        ),
    ),
    0.04,
)

PASTURE = SceneType(
    "pasture",
    5.0,
    backgrounds.pasture,
    {"ground": Area(0.12, 0.88, 0.56, 0.97, 0.1, 0.26)},
    (
        Main("cow", 0.44, "ground", 0.5),
        Main("sheep", 0.42, "ground", 0.6),
        Main("horse", 0.38, "ground", 0.35),
        Main("person", 0.16, "ground"),
        Main("dog", 0.16, "ground"),
        Main("bird", 0.12, "ground", 0.3),
        Main("truck", 0.04, "ground"),
    ),
    (Group("carried", 0.3, {"backpack": 2.0, "umbrella": 1.0, "handbag": 0.6}, "side"),),
)

SAVANNA = SceneType(
    "savanna",
    3.0,
    backgrounds.savanna,
    {
        "ground": Area(0.15, 0.85, 0.58, 0.98, 0.1, 0.23),
        "sky": Area(0.1, 0.9, 0.08, 0.4, 0.16, 0.3, hangs=True),
    },
    (
        Main("elephant", 0.48, "ground", 0.35),
        Main("zebra", 0.48, "ground", 0.5),
        Main("giraffe", 0.48, "ground", 0.35),
        Main("bird", 0.15, "sky", 0.4),
        Main("truck", 0.06, "ground"),
    ),
)

FOREST = SceneType(
    "forest",
    2.5,
    backgrounds.forest,
    {
        "ground": Area(0.15, 0.85, 0.6, 0.97, 0.14, 0.3),
        "sky": Area(0.1, 0.9, 0.06, 0.34, 0.16, 0.3, hangs=True),
    },
    (
        Main("bear", 0.6, "ground", 0.25),
        Main("bird", 0.28, "sky", 0.3),
        Main("person", 0.2, "ground", 0.2),
        Main("dog", 0.06, "ground"),
    ),
    (Group("carried", 0.6, {"backpack": 4.0, "umbrella": 0.8, "bottle": 0.8}, "side"),),
)

BEACH = SceneType(
    "beach",
    6.0,
    backgrounds.beach,
    {
        "ground": Area(0.1, 0.9, 0.66, 1.0, 0.16, 0.3),
        "sea": Area(0.1, 0.9, 0.4, 0.52, 0.05, 0.1, hangs=True),
        "sky": Area(0.1, 0.9, 0.06, 0.32, 0.16, 0.26, hangs=True),
    },
    (
        Main("person", 0.62, "ground", 0.45),
        Main("boat", 0.2, "sea", 0.3),
        Main("dog", 0.1, "ground"),
        Main("chair", 0.18, "ground", 0.4),
        Main("bird", 0.2, "sky", 0.5),
    ),
    (
        Group(
            "played",
            0.72,
            {"surfboard": 5.0, "kite": 2.4, "frisbee": 1.4, "sports ball": 1.4},
            "hand",
        ),
        Group("carried", 0.5, {"umbrella": 3.0, "handbag": 2.0, "backpack": 1.4}, "side"),
    ),
    0.03,
)

SNOW = SceneType(
    "snow",
    4.5,
    backgrounds.snow,
    {"ground": Area(0.15, 0.85, 0.64, 0.95, 0.14, 0.34)},
    (
        Main("person", 0.93, "ground", 0.3),
        Main("dog", 0.05, "ground"),
        Main("bench", 0.03, "ground"),
    ),
    (
        Group("ridden", 0.94, {"skis": 5.5, "snowboard": 3.5}, "feet"),
        Group("carried", 0.42, {"backpack": 5.0, "handbag": 0.4}, "side"),
    ),
    0.03,
)

NATURE = (PARK, PASTURE, SAVANNA, FOREST, BEACH, SNOW)
