"""Scene types with a roof; fixed numbers, see `scene_types.py`."""

from data_modules.mini import backgrounds_indoor as backgrounds
from data_modules.mini.scene_types import Area, Group, Main, SceneType

KITCHEN = SceneType(
    "kitchen",
    7.5,
    backgrounds.kitchen,
    {
        "floor": Area(0.14, 0.86, 0.94, 1.0, 0.42, 0.48),
        "counter": Area(0.05, 0.95, 0.645, 0.75, 0.55, 0.68, layer=0),
        "wall": Area(0.1, 0.9, 0.36, 0.5, 0.4, 0.5, layer=0, hangs=True),
    },
    (
        Main("refrigerator", 0.42, "floor"),
        Main("oven", 0.46, "floor"),
        Main("sink", 0.4, "floor"),
        Main("microwave", 0.34, "counter"),
        Main("person", 0.16, "floor"),
        Main("chair", 0.14, "floor", 0.3),
        Main("bowl", 0.26, "counter", 0.3),
        Main("potted plant", 0.06, "counter"),
    ),
    (
        Group(
            "utensil",
            0.58,
            {"knife": 4.0, "spoon": 3.0, "fork": 1.6, "scissors": 1.0},
            "counter",
            0.3,
        ),
        Group("drink", 0.58, {"bottle": 4.0, "cup": 4.0, "wine glass": 1.6}, "counter", 0.4),
        Group(
            "food",
            0.5,
            {"banana": 2.5, "apple": 2.5, "orange": 2.0, "carrot": 1.6, "broccoli": 1.6},
            "counter",
            0.5,
        ),
        Group("appliance", 0.3, {"toaster": 2.0, "vase": 1.0, "clock": 1.0}, "counter"),
    ),
)

DINING_ROOM = SceneType(
    "dining table",
    9.5,
    backgrounds.dining_room,
    {
        "table": Area(0.46, 0.54, 1.06, 1.12, 0.72, 0.8, zooms=False),
        "behind": Area(0.1, 0.9, 0.68, 0.74, 0.4, 0.44, layer=0, hangs=True),
        "plates": Area(0.2, 0.8, 0.62, 0.84, 0.6, 0.74, layer=2, hangs=True, plates=True),
        "top": Area(0.16, 0.84, 0.58, 0.86, 0.58, 0.72, layer=2),
        "far": Area(0.25, 0.75, 0.54, 0.6, 0.5, 0.58, layer=2),
    },
    (
        Main("dining table", 1.0, "table"),
        Main("person", 0.28, "behind", 0.4),
        Main("chair", 0.28, "behind", 0.5),
    ),
    (
        Group(
            "dish",
            0.88,
            {
                "pizza": 3.0,
                "cake": 2.0,
                "sandwich": 2.0,
                "bowl": 2.5,
                "hot dog": 1.0,
                "donut": 1.2,
                "broccoli": 1.3,
                "carrot": 0.8,
            },
            "plates",
            0.3,
        ),
        Group("cutlery", 0.78, {"fork": 4.0, "knife": 3.0, "spoon": 2.5}, "top", 0.4),
        Group("drink", 0.76, {"cup": 4.0, "wine glass": 3.0, "bottle": 3.0}, "top", 0.45),
        Group("fruit", 0.2, {"apple": 1.0, "orange": 1.0, "banana": 1.0}, "top", 0.4),
        Group("decoration", 0.24, {"vase": 2.0, "potted plant": 1.0, "book": 0.7}, "far"),
    ),
)

OFFICE = SceneType(
    "desk",
    8.0,
    backgrounds.office,
    {
        "back": Area(0.2, 0.8, 0.66, 0.7, 0.56, 0.64),
        "middle": Area(0.25, 0.75, 0.76, 0.82, 0.66, 0.74),
        "front": Area(0.08, 0.92, 0.72, 0.88, 0.62, 0.76),
        "seat": Area(0.2, 0.8, 1.1, 1.16, 0.5, 0.56, layer=2),
        "wall": Area(0.1, 0.9, 0.14, 0.34, 0.34, 0.42, layer=0, hangs=True),
    },
    (
        Main("keyboard", 0.54, "middle"),
        Main("chair", 0.26, "seat"),
        Main("person", 0.1, "seat"),
        Main("potted plant", 0.12, "back"),
        Main("cat", 0.08, "front"),
    ),
    (
        Group("screen", 0.88, {"laptop": 4.0, "tv": 4.0}, "back", 0.15),
        Group("pointer", 0.76, {"mouse": 5.0, "cell phone": 3.0, "remote": 1.2}, "front"),
        Group("drink", 0.52, {"cup": 5.0, "bottle": 3.0, "wine glass": 0.4}, "front"),
        Group(
            "stationery",
            0.58,
            {"book": 4.0, "scissors": 1.6, "teddy bear": 0.7, "vase": 0.8},
            "front",
            0.3,
        ),
        Group("time", 0.16, {"clock": 1.0}, "wall"),
    ),
)

LIVING_ROOM = SceneType(
    "living room",
    6.5,
    backgrounds.living_room,
    {
        "sideboard": Area(0.2, 0.8, 0.435, 0.445, 0.34, 0.38, layer=0),
        "room": Area(0.25, 0.75, 0.74, 0.84, 0.28, 0.34),
        "floor": Area(0.1, 0.9, 0.84, 0.98, 0.34, 0.42, layer=2),
        "seat": Area(0.3, 0.7, 0.7, 0.76, 0.44, 0.52, layer=2),
        "rug": Area(0.15, 0.85, 0.84, 0.96, 0.5, 0.62, layer=3),
    },
    (
        Main("couch", 0.66, "room"),
        Main("tv", 0.48, "sideboard"),
        Main("chair", 0.24, "floor", 0.2),
        Main("potted plant", 0.22, "floor"),
        Main("person", 0.22, "floor", 0.3),
        Main("cat", 0.12, "floor"),
        Main("dog", 0.1, "floor"),
    ),
    (
        Group(
            "handheld", 0.62, {"remote": 4.0, "book": 3.0, "cell phone": 2.4, "laptop": 1.6}, "rug"
        ),
        Group("ornament", 0.46, {"vase": 3.0, "clock": 2.4}, "sideboard", 0.2),
        Group("toy", 0.2, {"teddy bear": 3.0, "sports ball": 0.8}, "rug", 0.2),
        Group("drink", 0.36, {"cup": 3.0, "wine glass": 2.0, "bottle": 2.0}, "rug", 0.3),
    ),
)

BEDROOM = SceneType(
    "bedroom",
    5.0,
    backgrounds.bedroom,
    {
        "room": Area(0.44, 0.56, 0.86, 0.94, 0.3, 0.35),
        "bedside": Area(0.9, 0.98, 0.52, 0.53, 0.5, 0.58, layer=0),
        "blanket": Area(0.4, 0.68, 0.68, 0.78, 0.42, 0.5, layer=2),
        "floor": Area(0.1, 0.9, 0.92, 1.0, 0.32, 0.38, layer=3),
    },
    (
        Main("bed", 0.93, "room"),
        Main("chair", 0.14, "floor"),
        Main("potted plant", 0.08, "floor"),
        Main("person", 0.14, "floor"),
        Main("dog", 0.07, "floor"),
        Main("cat", 0.12, "blanket"),
    ),
    (
        Group(
            "bedside",
            0.62,
            {"book": 3.0, "clock": 3.0, "cell phone": 1.6, "vase": 1.6, "cup": 1.4},
            "bedside",
        ),
        Group(
            "on the bed",
            0.56,
            {"teddy bear": 3.0, "laptop": 2.0, "remote": 1.6, "handbag": 1.0, "hair drier": 0.6},
            "blanket",
        ),
        Group("luggage", 0.2, {"suitcase": 2.0, "backpack": 1.4}, "floor"),
    ),
)

BATHROOM = SceneType(
    "bathroom",
    5.0,
    backgrounds.bathroom,
    {
        "floor": Area(0.15, 0.85, 0.86, 0.98, 0.42, 0.52),
        "ledge": Area(0.06, 0.94, 0.505, 0.52, 0.56, 0.7, layer=0),
        "near": Area(0.1, 0.9, 0.92, 1.0, 0.46, 0.52, layer=2),
    },
    (
        Main("toilet", 0.62, "floor"),
        Main("sink", 0.66, "floor", 0.1),
        Main("person", 0.1, "near"),
        Main("cat", 0.06, "near"),
        Main("potted plant", 0.05, "near"),
    ),
    (
        Group(
            "washing",
            0.68,
            {"toothbrush": 3.0, "cup": 2.0, "bottle": 2.0, "hair drier": 1.3},
            "ledge",
            0.2,
        ),
        Group("ledge", 0.3, {"vase": 1.5, "book": 1.2, "clock": 1.0, "scissors": 0.8}, "ledge"),
    ),
)

PORTRAIT = SceneType(
    "portrait",
    5.0,
    backgrounds.hall,
    {"ground": Area(0.3, 0.7, 1.16, 1.5, 0.58, 0.78, zooms=False)},
    (Main("person", 1.0, "ground", 0.12),),
    (
        Group("worn", 0.72, {"tie": 5.0, "backpack": 1.6, "handbag": 1.2}, "neck"),
        Group(
            "held",
            0.82,
            {
                "cell phone": 3.0,
                "cup": 2.0,
                "wine glass": 2.0,
                "book": 1.0,
                "hot dog": 1.3,
                "donut": 1.3,
                "sandwich": 1.3,
                "toothbrush": 1.0,
                "hair drier": 0.8,
                "teddy bear": 1.0,
                "banana": 0.8,
                "remote": 0.8,
            },
            "hand",
        ),
    ),
)

INDOOR = (KITCHEN, DINING_ROOM, OFFICE, LIVING_ROOM, BEDROOM, BATHROOM, PORTRAIT)
