"""Scene types of town, traffic and sport; fixed numbers, see `scene_types.py`."""

from data_modules.mini import backgrounds_town as backgrounds
from data_modules.mini.scene_types import Area, Group, Main, SceneType

_CARRIED = {"handbag": 4.0, "backpack": 4.0, "umbrella": 1.6, "suitcase": 0.8}

STREET = SceneType(
    "street",
    9.0,
    backgrounds.street,
    {
        "road": Area(0.1, 0.9, 0.68, 0.96, 0.13, 0.24),
        "pavement": Area(0.06, 0.94, 0.57, 0.62, 0.13, 0.16, layer=0),
        "ground": Area(0.08, 0.92, 0.6, 1.0, 0.14, 0.3),
        "kerb": Area(0.06, 0.94, 0.58, 0.63, 0.11, 0.14),
    },
    (
        Main("car", 0.52, "road", 0.4),
        Main("person", 0.4, "ground", 0.35),
        Main("truck", 0.16, "road", 0.1),
        Main("bus", 0.15, "road", 0.1),
        Main("motorcycle", 0.11, "road", 0.2),
        Main("bicycle", 0.12, "ground", 0.2),
        Main("dog", 0.05, "ground"),
        Main("potted plant", 0.04, "pavement", 0.3),
        Main("bench", 0.06, "pavement"),
    ),
    (
        Group(
            "roadside",
            0.62,
            {"traffic light": 4.0, "stop sign": 2.0, "fire hydrant": 2.0, "parking meter": 1.3},
            "kerb",
            0.2,
        ),
        Group("carried", 0.62, _CARRIED, "side"),
        Group("in hand", 0.34, {"cell phone": 3.0, "cup": 1.5, "hot dog": 0.7}, "hand"),
    ),
    0.04,
)

SPORTS_FIELD = SceneType(
    "sports field",
    6.0,
    backgrounds.sports_field,
    {
        "ground": Area(0.15, 0.85, 0.62, 1.0, 0.17, 0.36),
        "edge": Area(0.06, 0.94, 0.55, 0.6, 0.15, 0.18),
    },
    (
        Main("person", 0.95, "ground", 0.3),
        Main("bench", 0.1, "edge"),
        Main("chair", 0.08, "edge", 0.3),
    ),
    (
        Group("struck with", 0.86, {"tennis racket": 4.5, "baseball bat": 3.0}, "hand"),
        Group(
            "at the side", 0.68, {"sports ball": 4.0, "baseball glove": 2.4, "frisbee": 0.6}, "side"
        ),
        Group("kept", 0.36, {"backpack": 2.0, "bottle": 2.0, "handbag": 1.0}, "edge"),
    ),
    0.04,
    "edge",
)

PLAZA = SceneType(
    "skate park",
    3.0,
    backgrounds.plaza,
    {
        "ground": Area(0.15, 0.85, 0.62, 0.96, 0.18, 0.34),
        "edge": Area(0.06, 0.94, 0.56, 0.6, 0.15, 0.18),
    },
    (
        Main("person", 0.9, "ground", 0.25),
        Main("bicycle", 0.12, "ground"),
        Main("bench", 0.1, "edge"),
    ),
    (
        Group("ridden", 0.92, {"skateboard": 6.0, "snowboard": 0.3}, "feet"),
        Group("carried", 0.45, {"backpack": 3.0, "handbag": 1.0, "sports ball": 0.7}, "side"),
        Group("in hand", 0.34, {"cell phone": 2.0, "bottle": 1.5}, "hand"),
    ),
    0.02,
    "edge",
)

HARBOUR = SceneType(
    "harbour",
    3.5,
    backgrounds.harbour,
    {
        "water": Area(0.15, 0.85, 0.54, 0.8, 0.1, 0.19, hangs=True),
        "ground": Area(0.1, 0.9, 0.9, 0.99, 0.2, 0.26),
        "sky": Area(0.1, 0.9, 0.06, 0.36, 0.16, 0.26, hangs=True),
    },
    (
        Main("boat", 0.92, "water", 0.45),
        Main("bird", 0.3, "sky", 0.5),
        Main("person", 0.24, "ground", 0.3),
        Main("bench", 0.16, "ground"),
        Main("dog", 0.04, "ground"),
    ),
    (
        Group("carried", 0.5, _CARRIED, "side"),
        Group("in hand", 0.3, {"cell phone": 2.0, "cup": 1.0}, "hand"),
    ),
)

AIRPORT = SceneType(
    "airport",
    3.5,
    backgrounds.airport,
    {
        "ground": Area(0.25, 0.75, 0.66, 0.88, 0.09, 0.14),
        "front": Area(0.1, 0.9, 0.9, 1.0, 0.16, 0.22),
    },
    (
        Main("airplane", 0.93, "ground", 0.2),
        Main("truck", 0.2, "front"),
        Main("bus", 0.12, "front"),
        Main("car", 0.18, "front", 0.2),
        Main("person", 0.2, "front", 0.4),
    ),
    (Group("carried", 0.75, {"suitcase": 5.0, "backpack": 2.5, "handbag": 2.0}, "side"),),
)

RAILWAY = SceneType(
    "railway",
    4.0,
    backgrounds.railway,
    {
        "track": Area(0.3, 0.7, 0.72, 0.75, 0.13, 0.15, hangs=True),
        "ground": Area(0.1, 0.9, 0.86, 1.0, 0.22, 0.32, layer=2),
        "roof": Area(0.15, 0.85, 0.16, 0.22, 0.26, 0.34, layer=2, hangs=True),
    },
    (
        Main("train", 0.93, "track"),
        Main("person", 0.36, "ground", 0.45),
        Main("bench", 0.2, "ground"),
    ),
    (
        Group("signal", 0.4, {"clock": 3.0, "traffic light": 2.0}, "roof"),
        Group(
            "carried",
            0.65,
            {"suitcase": 3.5, "backpack": 3.5, "handbag": 2.5, "umbrella": 1.2},
            "side",
        ),
        Group("in hand", 0.3, {"cell phone": 3.0, "book": 1.0, "cup": 1.0}, "hand"),
    ),
    0.04,
)

MARKET = SceneType(
    "market",
    3.0,
    backgrounds.market,
    {
        "crates": Area(0.06, 0.94, 0.66, 0.97, 0.75, 0.95, hangs=True),
        "behind": Area(0.15, 0.85, 0.72, 0.8, 0.3, 0.36, layer=0, hangs=True),
    },
    (
        Main("apple", 0.46, "crates", 0.75),
        Main("orange", 0.46, "crates", 0.75),
        Main("banana", 0.46, "crates", 0.7),
        Main("carrot", 0.36, "crates", 0.7),
        Main("broccoli", 0.36, "crates", 0.7),
    ),
    (
        Group("sold with", 0.36, {"bottle": 2.0, "bowl": 1.5, "potted plant": 0.6}, "crates", 0.4),
        Group("tool", 0.3, {"knife": 2.0, "scissors": 1.0}, "crates"),
    ),
)

TOWN = (STREET, SPORTS_FIELD, PLAZA, HARBOUR, AIRPORT, RAILWAY, MARKET)
