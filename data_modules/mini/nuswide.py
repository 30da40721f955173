"""mini-NUS-WIDE: drawn scenes in NUS-WIDE's files, written once and used again.

    <root>/nuswide-<digest>/Flickr/street/0001_200000001.jpg ...
    <root>/nuswide-<digest>/ImageList/{Imagelist,TrainImagelist,TestImagelist}.txt
    <root>/nuswide-<digest>/ConceptsList/Concepts81.txt
    <root>/nuswide-<digest>/Groundtruth/AllLabels/Labels_<concept>.txt
    <root>/nuswide-<digest>/Groundtruth/TrainTestLabels/Labels_<concept>_{Train,Test}.txt
    <root>/nuswide-<digest>/NUS_WID_Tags/{TagList1k.txt,AllTags1k.txt,{Train,Test}_Tags1k.dat}

Concepts that drawn scenes cannot show stay without an image, and there are fewer than 1,000 tags.
"""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tqdm import tqdm

from data_modules.mini.catalogue import CATEGORIES
from data_modules.mini.coco import GENERATOR_VERSION
from data_modules.mini.concepts import CONCEPTS, concepts_of, sky_of
from data_modules.mini.drawing import draw_scene
from data_modules.mini.processes import in_order
from data_modules.mini.sampling import sample_scene, stream
from data_modules.mini.tags import TAGS, tags_of
from data_modules.mini.written_once import Recipe, ensure_folder, measure_tree

_CATEGORY_NAMES = {kind.id: kind.name for kind in CATEGORIES}
_FIRST_FLICKR_ID = 200_000_001
_SCENES_A_JOB = 50


class LabelledPhoto(NamedTuple):
    """An image's name, with a slash, and what is said of it."""

    name: str
    concepts: frozenset[str]
    tags: frozenset[str]


class _Job(NamedTuple):
    folder: str
    seed: int
    image_size: int
    numbers: dict[int, str]  # of scenes, with the names of their pictures


def ensure_mini_nuswide(
    root: str | Path | None = None,
    *,
    seed: int = 0,
    num_train: int = 3000,
    num_test: int = 1000,
    image_size: int = 96,
    progress: bool = True,
    num_processes: int | None = None,
) -> Path:
    """The folder with both label sets; the scenes are drawn where they are not there yet.

    Safe for several processes at once, and after a kill at any moment (`written_once`).

    Args:
        root: folder for the data set's folder, or the data set's folder itself; None is `mini`
            under `$CNN_RNN_HOME` or the user's cache folder.
        seed: of the scenes, the tags and the split.
        num_train: images of the training part, at least 1; some have no concept, a few no tag.
        num_test: images of the test part, at least 1.
        image_size: side in pixels, at least 32.
        progress: whether to show a progress bar.
        num_processes: that draw; None is one a core. The files do not depend on it.

    Raises:
        ValueError: a number outside its range.
        DataError: the folder cannot be written, or the disk is full.
    """
    if num_train < 1 or num_test < 1 or image_size < 32:
        raise ValueError(
            f"expected num_train >= 1, num_test >= 1 and image_size >= 32, "
            f"got {num_train}, {num_test} and {image_size}"
        )
    parameters = {
        "generator": GENERATOR_VERSION,
        "seed": seed,
        "num_train": num_train,
        "num_test": num_test,
        "image_size": image_size,
    }
    recipe = Recipe(
        "nuswide",
        "mini-NUS-WIDE (about 35 MB)",
        parameters,
        lambda folder: _write(folder, parameters, progress, num_processes),
        measure_tree,
    )
    return ensure_folder(root, recipe)


def _write(
    folder: Path, parameters: dict[str, int], progress: bool, num_processes: int | None
) -> None:
    """Draws everything into an empty folder."""
    seed, num_train = parameters["seed"], parameters["num_train"]
    total = num_train + parameters["num_test"]
    names = _picture_names(seed, total)
    for place in {name.partition("/")[0] for name in names}:
        (folder / "Flickr" / place).mkdir(parents=True)
    jobs = []
    for start in range(0, total, _SCENES_A_JOB):
        numbers = dict(enumerate(names[start : start + _SCENES_A_JOB], start))
        jobs.append(_Job(str(folder), seed, parameters["image_size"], numbers))
    photos: list[LabelledPhoto] = []
    with tqdm(total=total, desc="mini-NUS-WIDE", unit="scene", disable=not progress) as bar:
        for drawn in in_order(_draw_job, jobs, num_processes):
            photos += drawn
            bar.update(len(drawn))
    order = list(range(total))
    stream(seed, "nuswide", "split").shuffle(order)
    train, test = sorted(order[:num_train]), sorted(order[num_train:])
    parts = {"Train": [photos[row] for row in train], "Test": [photos[row] for row in test]}
    _write_lists(folder / "ImageList", photos, parts)
    _write_concepts(folder, photos, parts)
    _write_tags(folder / "NUS_WID_Tags", photos, parts)


def _picture_names(seed: int, total: int) -> list[str]:
    """A folder a kind of scene, where the pictures are numbered from 1."""
    counts: Counter[str] = Counter()
    names = []
    for number in range(total):
        kind = sample_scene(stream(seed, "nuswide", number)).kind.name.replace(" ", "_")
        counts[kind] += 1
        names.append(f"{kind}/{counts[kind]:04d}_{_FIRST_FLICKR_ID + number}.jpg")
    return names


def _draw_job(job: _Job) -> list[LabelledPhoto]:
    """Writes the pictures of a job; returns what is said of each."""
    found = []
    for number, name in job.numbers.items():
        drawn = draw_scene(stream(job.seed, "nuswide", number), job.image_size)
        drawn.picture.save(Path(job.folder) / "Flickr" / name, quality=drawn.quality)
        seen = {_CATEGORY_NAMES[one["category_id"]] for one in drawn.annotations}
        concepts = concepts_of(drawn.scene, seen)
        user = stream(job.seed, "nuswide", number, "user")
        shown = [*sorted(seen), *sorted(concepts)]
        tags = tags_of(user, drawn.scene.kind.name, shown, sky_of(drawn.scene))
        found.append(LabelledPhoto(name, concepts, tags))
    return found


def _write_lists(
    folder: Path, photos: Sequence[LabelledPhoto], parts: dict[str, list[LabelledPhoto]]
) -> None:
    """Backslashes and trailing blanks, as in the official lists."""
    folder.mkdir()
    files: dict[str, Sequence[LabelledPhoto]] = {"": photos, **parts}
    for stem, listed in files.items():
        text = "".join(photo.name.replace("/", "\\") + " \n" for photo in listed)
        (folder / f"{stem}Imagelist.txt").write_text(text, encoding="utf-8")


def _write_concepts(
    folder: Path, photos: Sequence[LabelledPhoto], parts: dict[str, list[LabelledPhoto]]
) -> None:
    for path in ("ConceptsList", "Groundtruth/AllLabels", "Groundtruth/TrainTestLabels"):
        (folder / path).mkdir(parents=True)
    _write_lines(folder / "ConceptsList" / "Concepts81.txt", CONCEPTS)
    truth = folder / "Groundtruth"
    for concept in CONCEPTS:
        files: dict[Path, Sequence[LabelledPhoto]]
        files = {truth / "AllLabels" / f"Labels_{concept}.txt": photos}
        for part, listed in parts.items():
            files[truth / "TrainTestLabels" / f"Labels_{concept}_{part}.txt"] = listed
        for file, shown in files.items():
            _write_lines(file, [str(int(concept in photo.concepts)) for photo in shown])


def _write_tags(
    folder: Path, photos: Sequence[LabelledPhoto], parts: dict[str, list[LabelledPhoto]]
) -> None:
    """Tab-separated with a trailing tab, as in the official files."""
    folder.mkdir()
    _write_lines(folder / "TagList1k.txt", TAGS)
    files: dict[str, Sequence[LabelledPhoto]] = {"AllTags1k.txt": photos}
    files |= {f"{part}_Tags1k.dat": listed for part, listed in parts.items()}
    for name, listed in files.items():
        rows = ["".join(f"{int(tag in photo.tags)}\t" for tag in TAGS) for photo in listed]
        _write_lines(folder / name, rows)


def _write_lines(file: Path, lines: Sequence[str]) -> None:
    file.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
