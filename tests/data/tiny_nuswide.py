"""Writes a NUS-WIDE of a few coloured pictures: lists, ground truth, tags, photos."""

from collections.abc import Mapping, Sequence
from pathlib import Path

from PIL import Image

CONCEPTS = ["airport", "lake", "person"]
TAGS = ["cloud", "clouds", "nikon", "sky"]
# name -> (concepts, tags); the Flickr id 702409954 occurs twice, with other labels
Images = Mapping[str, tuple[Sequence[str], Sequence[str]]]
TRAIN: Images = {
    "actor/0001_2124494179.jpg": (["person"], ["nikon"]),
    "zoo/0002_702409954.jpg": (["lake", "person"], []),
    "sky/0003_100.jpg": ([], ["cloud", "clouds", "sky"]),
    "zoo/0004_200.jpg": (["lake"], ["sky"]),
}
TEST: Images = {
    "lake/0005_702409954.jpg": (["lake"], ["clouds"]),
    "sky/0006_300.jpg": ([], []),
    "actor/0007_400.jpg": (["person", "airport"], ["cloud"]),
}
BAD_LINE = "-1130179"


def write_lines(file: Path, lines: Sequence[str]) -> Path:
    """Writes lines, each with its end."""
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes("".join(f"{line}\n" for line in lines).encode())
    return file


def concept_file(root: Path, concept: str, part: str = "") -> Path:
    """Where the ground truth of a concept is: of `Train`, of `Test`, or of all images."""
    folder = "TrainTestLabels" if part else "AllLabels"
    name = f"Labels_{concept}{'_' if part else ''}{part}.txt"
    return root / "Groundtruth" / folder / name


def write_nuswide(
    root: Path, train: Images = TRAIN, test: Images = TEST, separator: str = "\\"
) -> Path:
    """Writes everything; all images stand in another order than the parts. Returns root."""
    write_lines(root / "ConceptsList" / "Concepts81.txt", [f"{name}\r" for name in CONCEPTS])
    write_lines(root / "NUS_WID_Tags" / "TagList1k.txt", TAGS)
    both = dict(reversed({**train, **test}.items()))
    parts = (("Train", "TrainImagelist", train), ("Test", "TestImagelist", test))
    for part, name, images in (*parts, ("", "Imagelist", both)):
        lines = [image.replace("/", separator) + "    " for image in images]
        write_lines(root / "ImageList" / f"{name}.txt", lines)
        for concept in CONCEPTS:
            bits = [str(int(concept in found)) for found, _ in images.values()]
            write_lines(concept_file(root, concept, part), bits)
        rows = [[str(int(tag in found)) for tag in TAGS] for _, found in images.values()]
        file = f"{part}_Tags1k.dat" if part else "AllTags1k.txt"
        write_lines(root / "NUS_WID_Tags" / file, ["\t".join(row) + "\t" for row in rows])
    for value, image in enumerate(both):
        path = root / "Flickr" / image
        path.parent.mkdir(parents=True, exist_ok=True)
        Image.new("RGB", (12, 9), (30 * value, 50, 200)).save(path)
    return root
