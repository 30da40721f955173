"""What users would call a drawn scene: tags with near-duplicates, and tags that say nothing."""

from collections.abc import Iterable
from random import Random

from data_modules.mini.catalogue import CATEGORIES
from data_modules.mini.concepts import SHOWN, Sky
from data_modules.mini.sampling import SCENE_TYPES

# A concept, category or kind of scene, and what users call it, the usual tag first; what is not
# here is called by its own name alone.
_CALLED: dict[str, tuple[str, ...]] = {
    "airplane": ("airplane", "plane", "aircraft", "airplanes", "jet", "aviation"),
    "animal": ("animal", "animals", "wildlife"),
    "bathroom": ("bathroom", "interior"),
    "beach": ("beach", "coast", "shore", "seaside", "vacation"),
    "bedroom": ("bedroom", "home", "interior"),
    "bicycle": ("bicycle", "bike", "cycling"),
    "birds": ("bird", "birds", "wings"),
    "boats": ("boat", "boats", "ship", "sailing"),
    "book": ("book", "books", "reading"),
    "buildings": ("buildings", "building", "architecture", "houses"),
    "car": ("car", "cars", "auto", "automobile"),
    "cat": ("cat", "cats", "kitty", "feline", "pet"),
    "clouds": ("clouds", "cloud", "cloudy"),
    "couch": ("sofa", "couch", "furniture"),
    "cow": ("cow", "cows", "farm", "cattle"),
    "desk": ("office", "desk", "work"),
    "dining table": ("table", "dinner", "restaurant"),
    "dog": ("dog", "dogs", "puppy", "canine", "pet"),
    "elephant": ("elephant", "elephants", "safari"),
    "evening": ("sunset", "dusk", "evening", "twilight", "sundown"),
    "flower": ("plant", "plants", "flowers", "flower"),
    "food": ("food", "fruit", "meal", "delicious"),
    "giraffe": ("giraffe", "giraffes", "safari"),
    "grass": ("grass", "meadow", "green", "field", "fields"),
    "harbour": ("harbor", "harbour", "dock", "pier"),
    "horse": ("horse", "horses", "mare"),
    "kitchen": ("kitchen", "cooking", "home"),
    "laptop": ("computer", "laptop", "mac"),
    "living room": ("livingroom", "home", "interior", "room"),
    "market": ("market", "vegetables", "shop"),
    "motorcycle": ("motorcycle", "motorbike", "bike"),
    "mountain": ("mountain", "mountains", "hills", "peak"),
    "ocean": ("ocean", "sea", "waves", "wave"),
    "park": ("park", "garden", "outdoors"),
    "pasture": ("countryside", "rural", "country", "farm"),
    "person": ("people", "person", "man", "woman", "girl", "portrait", "human"),
    "railroad": ("railway", "railroad", "station", "rail", "tracks"),
    "road": ("road", "street", "highway", "streets"),
    "rocks": ("rocks", "rock", "stone", "stones"),
    "sand": ("sand", "sandy"),
    "savanna": ("africa", "savanna", "safari"),
    "sheep": ("sheep", "lamb", "farm"),
    "sky": ("sky", "blue", "skies"),
    "snow": ("snow", "winter", "cold", "ice"),
    "sports": ("sports", "sport", "game", "action"),
    "street": ("city", "urban", "town", "downtown"),
    "surf": ("surf", "surfing", "surfer"),
    "teddy bear": ("toy", "toys", "teddy", "doll"),
    "train": ("train", "trains", "locomotive", "railway"),
    "tree": ("tree", "trees", "forest", "woods"),
    "vase": ("vase", "pottery"),
    "vehicle": ("vehicle", "transportation"),
    "water": ("water", "reflection", "reflections"),
    "zebra": ("zebra", "zebras", "stripes", "safari"),
}
_CALLED["bird"] = _CALLED["birds"]
_CALLED["potted plant"] = _CALLED["flower"]

_NOISE_TAGS = """
    explore interestingness photo photography canon nikon 2008 color bravo art light beautiful
    travel searchthebest summer colors red blue white black macro digital london bw topf25 geotagged
    california eos usa italy france abandoned japan australia canada europe spring autumn old fun
    nice cool wow awesome olympus sigma sony hdr film lomo analog flickr quality excellence
    breathtaking impressed favorite anawesomeshot soe platinum holiday trip paris newyork chicago
    berlin rome toronto madrid tokyo texas florida oregon arizona ohio india china brazil mexico
    friends family love happy weekend sunday monday january march june october cameraphone
    project365 365 me self test img dsc
"""
# What users add whatever the photo shows; the earlier the more often.
_NOISE: tuple[str, ...] = tuple(_NOISE_TAGS.split())
# Our choice, so that an image has about 5.8 tags as in NUS-WIDE.
_MENTIONED = 0.42
_ALSO = 0.3
_NOISE_MEAN = 1.3


def _names(what: str) -> tuple[str, ...]:
    return _CALLED.get(what, (what.replace(" ", ""),))


TAGS: tuple[str, ...] = tuple(
    dict.fromkeys(
        tag
        for names in (
            *_CALLED.values(),
            *(_names(kind.name) for kind in CATEGORIES),
            *(_names(concept) for concept in SHOWN),
            *(_names(kind.name) for kind in SCENE_TYPES),
            _NOISE,
        )
        for tag in names
    )
)


def tags_of(rng: Random, kind: str, shown: Iterable[str], sky: Sky | None) -> frozenset[str]:
    """The tags of an image.

    A user names some of what is there, each by its usual tag, and at times by others of the same
    meaning; and adds what has nothing to do with the image.

    Args:
        rng: of the user.
        kind: of the scene.
        shown: categories and concepts, in a fixed order.
        sky: None in rooms.
    """
    there = [kind, *shown]
    if sky is not None and sky.light == "evening":
        there.append("evening")
    found: set[str] = set()
    for what in dict.fromkeys(_names(one) for one in there):
        if rng.random() < _MENTIONED:
            usual, *others = what
            found.add(usual)
            found.update(tag for tag in others if rng.random() < _ALSO)
    weights = [1 / (rank + 3) for rank in range(len(_NOISE))]
    share = _NOISE_MEAN / sum(weights)
    found.update(
        tag for tag, weight in zip(_NOISE, weights, strict=True) if rng.random() < share * weight
    )
    return frozenset(found)
