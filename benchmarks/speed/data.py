"""Images a second from JPEG files to normalised batches, ours against plain torchvision and PIL.

``python -m benchmarks.speed data`` reads the same files both ways, compares the batches first
(equal to one level of 255), then times whole passes in turn: *plain*, torchvision's `ImageFolder`
with `Resize`, `ToTensor` and `Normalize` on PIL images; *ours*, `MultiLabelDataset` and the
normalisation of the backbone, on the batch (and on the GPU, if there is one); *ours, uint8* stops
before that: what is left for the processor where a GPU normalises. The processor time of each stage
says what bounds it. Decoding at half size changes pixels, so it stands apart, with its effect on
mAP where real photos and weights are at hand (``--reduced``).
"""

import argparse
import json
import statistics
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import torch
from PIL import Image
from torch import Tensor, nn
from torch.utils.data import DataLoader
from torchvision import transforms
from torchvision.datasets import ImageFolder

from benchmarks.speed.data_images import image_files
from benchmarks.speed.data_reduced import compare_reduced, milliseconds
from benchmarks.speed.machine import machine
from cnn_rnn.backbones import IMAGENET_MEAN, IMAGENET_STD, Backbone
from data_modules import MultiLabelDataset
from data_modules.images import read_image
from data_modules.loaders import make_loader
from data_modules.transforms import evaluation_transform

Row = dict[str, Any]
Batches = Callable[[], Iterator[Tensor]]

_DEVICE = torch.device("cuda" if torch.cuda.is_available() else "cpu")
RESULTS = Path(__file__).parent / "results" / "data.json"


def plain_batches(
    files: Sequence[Path], folder: Path, size: int, batch_size: int, workers: int
) -> Batches:
    """As tutorials write it; `folder` gets a link to each file, in their order."""
    links = folder / "all"
    links.mkdir(parents=True, exist_ok=True)
    for number, file in enumerate(files):
        link = links / f"{number:06d}{file.suffix}"
        if not link.exists():
            link.symlink_to(file.absolute())
    dataset = ImageFolder(str(folder), _plain_transform(size))
    loader = DataLoader(
        dataset=dataset,
        batch_size=batch_size,
        num_workers=workers,
        persistent_workers=workers > 0,
    )
    return lambda: (images.to(_DEVICE) for images, _ in loader)


def our_batches(
    files: Sequence[Path], size: int, batch_size: int, workers: int, normalised: bool = True
) -> Batches:
    """The project's loader, and the normalisation that stands at the head of every backbone."""
    nothing = torch.zeros(len(files), 1, dtype=torch.bool)
    dataset = MultiLabelDataset(
        [file.stem for file in files], files, nothing, nothing, evaluation_transform(size)
    )
    loader = make_loader(dataset, batch_size, workers, training=False, seed=0, trainer=None)
    head: nn.Module = Backbone(nn.Identity(), 0, "") if normalised else nn.Identity()
    head.to(_DEVICE)
    return lambda: (head(batch["image"].to(_DEVICE)) for batch in _batches(loader))


def largest_difference(ours: Iterable[Tensor], plain: Iterable[Tensor]) -> float:
    """Between pixels of normalised batches, in levels of 0..255.

    Raises:
        RuntimeError: shapes differ, or pixels by more than one level: no ratio is worth printing.
    """
    worst = 0.0
    levels = 255 * torch.tensor(IMAGENET_STD).view(3, 1, 1)
    for one, other in zip(ours, plain, strict=True):
        if one.shape != other.shape:
            raise RuntimeError(f"batches of other shapes: {one.shape} and {other.shape}")
        worst = max(worst, float(((one - other).cpu() * levels).abs().max()))
    if worst > 1.01:
        raise RuntimeError(f"the batches differ by {worst:.2f} levels of 255")
    return worst


def run_setting(
    files: Sequence[Path], folder: Path, size: int, batch_size: int, workers: int, passes: int
) -> list[Row]:
    """Both ways with one number of workers; passes alternate, so that a busy machine hits both.

    Raises:
        RuntimeError: the batches are not the same.
    """
    ways = {
        "plain": plain_batches(files, folder, size, batch_size, workers),
        "ours": our_batches(files, size, batch_size, workers),
        "ours, uint8": our_batches(files, size, batch_size, workers, normalised=False),
    }
    # Starts the workers too, and brings the files into memory.
    difference = largest_difference(ways["ours"](), ways["plain"]())
    _pass(ways["ours, uint8"])
    seconds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(passes):
        for name, batches in ways.items():
            seconds[name].append(_pass(batches))
    medians = {name: statistics.median(times) for name, times in seconds.items()}
    return [
        {
            "way": name,
            "workers": workers,
            "batch_size": batch_size,
            "size": size,
            "images_per_s": len(files) / medians[name],
            "spread": (max(times) - min(times)) / medians[name],
            "ratio_to_plain": medians["plain"] / medians[name],
            "largest_difference": None if name == "ours, uint8" else difference,
        }
        for name, times in seconds.items()
    ]


def stages(files: Sequence[Path], size: int, batch_size: int) -> dict[str, dict[str, float]]:
    """Milliseconds of processor time an image, of each step: the best of three passes.

    Processor time, so that other programs on the machine change little.
    """
    few = list(files[:batch_size])
    resize, to_tensor, normalise = _plain_transform(size).transforms
    ours = evaluation_transform(size)
    head = Backbone(nn.Identity(), 0, "")
    pictures = [Image.open(file).convert("RGB") for file in few]
    small = [resize(picture) for picture in pictures]
    floats = [to_tensor(picture) for picture in small]
    decoded = [read_image(file) for file in few]
    batch = torch.stack([ours(pixels) for pixels in decoded])
    return {
        "plain": {
            "decode": milliseconds(lambda file: Image.open(file).convert("RGB"), few),
            "resize": milliseconds(resize, pictures),
            "to float": milliseconds(to_tensor, small),
            "normalise": milliseconds(normalise, floats),
        },
        "ours": {
            "decode": milliseconds(read_image, few),
            "resize": milliseconds(ours, decoded),
            "to float and normalise": milliseconds(head, [batch]) / len(few),
        },
    }


def _plain_transform(size: int) -> transforms.Compose:
    return transforms.Compose(
        [
            transforms.Resize((size, size)),
            transforms.ToTensor(),
            transforms.Normalize(IMAGENET_MEAN, IMAGENET_STD),
        ]
    )


def _pass(batches: Batches) -> float:
    """Seconds of one pass."""
    start = time.perf_counter()
    for _ in batches():
        pass
    if _DEVICE.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - start


def _batches(loader: DataLoader[Any]) -> Iterator[dict[str, Any]]:
    return iter(loader)


def _format(row: Row) -> str:
    equal = row["largest_difference"]
    note = "not normalised" if equal is None else f"pixels equal to {equal:.2f} of 255"
    return (
        f"{row['way']:12} {row['workers']} workers {row['images_per_s']:8,.0f} images/s "
        f"{row['ratio_to_plain']:5.2f}x plain   (spread {row['spread']:.0%}, {note})"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark; see the module's text."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.speed data", description=__doc__)
    parser.add_argument("--images", type=Path, help="a folder of JPEG files")
    parser.add_argument("--count", type=int, default=1000)
    parser.add_argument("--size", type=int, default=224)
    parser.add_argument("--batch-size", type=int, default=64)
    parser.add_argument("--workers", type=int, nargs="+", default=[0, 2])
    parser.add_argument("--passes", type=int, default=5, help="timed, of each way")
    parser.add_argument("--reduced", action="store_true", help="also decoding at half size")
    parser.add_argument("--output", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    # The workers have one thread each; the process that normalises is one more.
    torch.set_num_threads(1)
    with tempfile.TemporaryDirectory() as name:
        scratch = Path(name)
        files, source = image_files(options.images, options.count, scratch / "drawn")
        print(source)
        rows: list[Row] = []
        for workers in options.workers:
            plan = (options.size, options.batch_size, workers, options.passes)
            for row in run_setting(files, scratch / "plain", *plan):
                rows.append(row)
                print(_format(row), flush=True)
        steps = stages(files, options.size, options.batch_size)
        reduced = compare_reduced(files, options.size) if options.reduced else {}
    for way, times in steps.items():
        parts = ", ".join(f"{step} {time_of:.2f}" for step, time_of in times.items())
        print(f"{way:6} {sum(times.values()):.2f} ms of processor time an image: {parts}")
    for line, value in reduced.items():
        print(f"half size: {line} {value}")
    result = {
        "date": datetime.now(UTC).isoformat(timespec="seconds"),
        **machine(),
        "images": source,
        "rows": rows,
        "stages_ms": steps,
        "half_size": reduced,
    }
    options.output.parent.mkdir(parents=True, exist_ok=True)
    options.output.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
