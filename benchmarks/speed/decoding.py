"""Images a second of every way to decode, side by side on one network; outputs compared first.

``python -m benchmarks.speed decoding`` prints the table and writes ``results/decoding.json`` beside
this file. Caches: *cold*, no prefix is known; *unseen*, new images after 4,096 others of the same
kind; *known*, the same images again, so that every prefix is there already.
"""

import argparse
import math
import statistics
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial
from importlib.util import find_spec
from pathlib import Path
from typing import Literal, cast

import torch
from torch import Tensor

from benchmarks.speed.decoding_generate import search_by_generate
from benchmarks.speed.decoding_peers import (
    floor_products,
    floor_sizes,
    search_by_hypothesis,
    search_by_image,
)
from benchmarks.speed.decoding_workload import TRAIN_STEPS, Workload, build_workload
from benchmarks.speed.machine import CLOCK_HELP, CLOCKS, load_average, write_results
from cnn_rnn.decoding import Paths, beam_search
from cnn_rnn.decoding.batched import beam_search_batched
from cnn_rnn.decoding.native import (
    beam_search_native,
    beam_search_native_with_mass,
)
from cnn_rnn.decoding.native_build import why_not_available
from cnn_rnn.decoding.prefix_cache import forget_prefixes
from cnn_rnn.network import CNNRNN

Row = dict[str, object]
Clock = Callable[[], float]

BEAM_WIDTH = 5
MAX_LENGTH = 12
OTHERS = 4096  # images decoded before the unseen ones
MOST_SECONDS = 3.0  # of a measurement, the search that warms up among them
FEW, SOME = 32, 256  # images of the slow ways, without --full
CACHES = ("cold", "unseen", "known")
RATIOS = ("by hypothesis", "by image", "generate", "floor", "own products")
ACTIVATIONS: tuple[Literal["identity", "relu"], ...] = ("identity", "relu")
RESULTS = Path(__file__).parent / "results" / "decoding.json"


@dataclass(frozen=True)
class Way:
    """One way to decode."""

    name: str
    search: Callable[[CNNRNN, Tensor], Paths]
    most_images: int = 1 << 30  # searched unless all are asked for; the time is per image
    caches: tuple[str, ...] = ("cold",)


def _ways(device: torch.device) -> list[Way]:
    def alone(network: CNNRNN, features: Tensor) -> Paths:
        return beam_search_batched(network, features, BEAM_WIDTH, MAX_LENGTH, share_prefixes=False)

    def shared(network: CNNRNN, features: Tensor) -> Paths:
        return beam_search_batched(network, features, BEAM_WIDTH, MAX_LENGTH, share_prefixes=True)

    def fused(network: CNNRNN, features: Tensor) -> Paths:
        return beam_search(network, features, BEAM_WIDTH, MAX_LENGTH, implementation="fused")

    def compiled(network: CNNRNN, features: Tensor) -> Paths:
        return beam_search_native(network, features, BEAM_WIDTH, MAX_LENGTH)

    def scored(network: CNNRNN, features: Tensor) -> Paths:
        return beam_search_native_with_mass(network, features, BEAM_WIDTH, MAX_LENGTH)[0]

    def generate(network: CNNRNN, features: Tensor) -> Paths:
        return search_by_generate(network, features, BEAM_WIDTH, MAX_LENGTH)

    ways = [
        Way("by hypothesis", lambda n, f: search_by_hypothesis(n, f, BEAM_WIDTH, MAX_LENGTH), FEW),
        Way("by image", lambda n, f: search_by_image(n, f, BEAM_WIDTH, MAX_LENGTH), FEW),
        *([Way("generate", generate, SOME)] if _has_transformers() else []),
        Way("batched, prefixes not shared", alone, SOME),
        Way("batched", shared, caches=CACHES),
    ]
    if device.type == "cuda":
        return [*ways, Way("fused", fused, caches=CACHES)]
    reason = why_not_available()
    if reason is not None:
        print(f"native: left out, {reason}")
        return ways
    return [
        *ways,
        Way("native", compiled, caches=CACHES),
        Way("native with prefix mass", scored, caches=CACHES),
    ]


def _has_transformers() -> bool:
    if find_spec("transformers") is not None:
        return True
    print("generate: left out, transformers is not installed")
    return False


@torch.no_grad()
def run_setting(
    workload: Workload,
    batch_size: int,
    seconds: float,
    clock: Clock = time.perf_counter,
    full: bool = False,
) -> list[Row]:
    """Time every way on one network and batch size.

    Raises:
        RuntimeError: two ways give other paths: no ratio is worth printing then.
    """
    network, features = workload.network, workload.features
    few = features[: min(batch_size, FEW)]
    expected = search_by_hypothesis(network, few, BEAM_WIDTH, MAX_LENGTH)
    rows: list[Row] = []
    for way in _ways(features.device):
        forget_prefixes(network)
        _compare(way.name, way.search(network, few), expected)
        for cache in way.caches:
            batches = _batches(features, batch_size, cache)
            images = batch_size if full else min(batch_size, way.most_images)
            batches = [batch[:images] for batch in batches]
            search = partial(way.search, network)
            times = _times(search, network, features[:OTHERS], batches, cache, seconds, clock)
            rows.append(_measured(way.name, cache, images, times))
    rows += _floor_rows(network, features[:batch_size], seconds, clock)
    _add_ratios(rows)
    setting = {
        "B": batch_size,
        "K": network.num_labels,
        "N": BEAM_WIDTH,
        "h": network.joint_activation,
    }
    return [{**setting, **row} for row in rows]


def _batches(features: Tensor, batch_size: int, cache: str) -> list[Tensor]:
    """Batches to time in turn; the unseen ones follow the first ``OTHERS`` images."""
    if cache != "unseen":
        return [features[:batch_size]]
    rest = features[OTHERS:]
    return [rest[i : i + batch_size] for i in range(0, len(rest) - batch_size + 1, batch_size)][:50]


def _times(
    search: Callable[[Tensor], object],
    network: CNNRNN,
    others: Tensor,
    batches: Sequence[Tensor],
    cache: str,
    seconds: float,
    clock: Clock,
) -> list[float]:
    """Seconds of single searches: three, and more while ``seconds`` last.

    Where the searches and what prepares them take longer than ``MOST_SECONDS``, there are fewer,
    at least one: the whole grid is to end within ten minutes on two cores.
    """
    times: list[float] = []
    begin = clock()
    search(batches[0])  # warms up, and makes known what shall be known
    while not times or (
        clock() - begin < MOST_SECONDS
        and (len(times) < 3 or (sum(times) < seconds and len(times) < 1000))
    ):
        if cache == "unseen":
            forget_prefixes(network)
            search(others)
        for batch in batches:
            if cache == "cold":
                forget_prefixes(network)
            _wait(batch)
            start = clock()
            search(batch)
            _wait(batch)
            times.append(clock() - start)
    return times


def _wait(features: Tensor) -> None:
    """Until the device has done what was asked of it."""
    if features.device.type == "cuda":
        torch.cuda.synchronize(features.device)


def _compare(name: str, found: Paths, expected: Paths) -> None:
    found = Paths(*(part.cpu() for part in found))
    same = torch.allclose(found.log_probs, expected.log_probs, rtol=1e-5, atol=1e-5)
    same = same and torch.equal(found.label_ids, expected.label_ids)
    if not same:
        raise RuntimeError(f"{name}: its paths are not those of the search by hypothesis")


def _floor_rows(network: CNNRNN, features: Tensor, seconds: float, clock: Clock) -> list[Row]:
    """The matrix products alone."""
    rows = []
    for name, sizes in floor_sizes(network, features, BEAM_WIDTH, MAX_LENGTH).items():
        products = floor_products(network, sizes)
        times = _times(products, network, features, [features], "known", seconds, clock)
        counts = {"prefixes": sum(sizes.prefixes), "products": sum(sizes.recurrent)}
        rows.append({**_measured(name, "cold", len(features), times), **counts})
    return rows


def _measured(name: str, cache: str, images: int, times: list[float]) -> Row:
    return {
        "implementation": name,
        "cache": cache,
        "images": images,
        "images_per_s": images / statistics.median(times),
        "spread": (max(times) - min(times)) / statistics.median(times),
        "repeats": len(times),
    }


def _add_ratios(rows: list[Row]) -> None:
    speeds = {
        str(row["implementation"]).split(":")[0]: cast(float, row["images_per_s"])
        for row in rows
        if str(row["implementation"]).split(":")[0] in RATIOS
    }
    for row in rows:
        speed = cast(float, row["images_per_s"])
        row["ratio_to"] = {name: speed / other for name, other in speeds.items()}


def _format(row: Row) -> str:
    ratios = cast(dict[str, float], row["ratio_to"])
    return (
        f"{row['implementation']!s:42} {row['cache']!s:7} h={row['h']!s:9} K={row['K']:<5}"
        f"B={row['B']:<5}{row['images_per_s']:>11,.0f} images/s "
        f"{ratios['by hypothesis']:>7.1f}x {ratios['by image']:>7.1f}x"
        f" {ratios.get('generate', math.nan):>7.1f}x"
        f" {1 / ratios['floor']:>6.2f} of the floor's time"
        f" {1 / ratios.get('own products', math.nan):>6.2f} of native's products'"
    )


def main(arguments: Sequence[str] | None = None) -> None:
    """Run the benchmark; see the module's text."""
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.speed decoding", description=__doc__
    )
    parser.add_argument("--labels", type=int, nargs="+", default=[20, 80, 1000])
    parser.add_argument("--batch-sizes", type=int, nargs="+", default=[1, 32, 256, 4096])
    parser.add_argument("--train-steps", type=int, default=TRAIN_STEPS)
    parser.add_argument("--hidden-dim", type=int, default=512)
    parser.add_argument("--seconds", type=float, default=0.3, help="for each measurement")
    parser.add_argument(
        "--full", action="store_true", help="the slow ways on all images, h = ReLU for every K"
    )
    parser.add_argument("--activations", nargs="+", choices=ACTIVATIONS, default=ACTIVATIONS)
    parser.add_argument("--device", type=torch.device, default=torch.device("cpu"))
    parser.add_argument("--clock", choices=CLOCKS, default="wall", help=CLOCK_HELP)
    parser.add_argument("--output", type=Path, default=RESULTS)
    options = parser.parse_args(arguments)
    clock, load = CLOCKS[options.clock], load_average()
    rows: list[Row] = []
    sources = {}
    for num_labels in options.labels:
        for h in options.activations:
            if h == "relu" and num_labels != 80 and not options.full:
                continue
            workload = build_workload(
                num_labels,
                OTHERS + max(options.batch_sizes),
                h,
                options.train_steps,
                options.hidden_dim,
            )
            workload.network.to(options.device)
            workload = replace(workload, features=workload.features.to(options.device))
            sources[str(num_labels)] = workload.source
            print(f"K={num_labels}, h={h}: {workload.source}")
            for batch_size in options.batch_sizes:
                for row in run_setting(workload, batch_size, options.seconds, clock, options.full):
                    rows.append(row)
                    print(_format(row), flush=True)
                # After each setting: a run that is cut short keeps what it has.
                write_results(options.output, rows, load, label_lists=sources, clock=options.clock)


if __name__ == "__main__":
    main()
