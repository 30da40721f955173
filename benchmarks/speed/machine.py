"""On what a benchmark ran: the facts that stand beside its figures."""

import json
import os
import platform
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from pathlib import Path

import torch

CLOCKS: dict[str, Callable[[], float]] = {"wall": time.perf_counter, "cpu": time.process_time}
CLOCK_HELP = "cpu counts this process's own seconds only, for a machine that others use too"


def write_results(
    path: Path, rows: Sequence[dict[str, object]], load_at_start: float | None, **facts: object
) -> None:
    """One JSON file: when, on what, how busy that was, the facts that are given, and ``rows``.

    A run that is ended while it writes leaves the file of before.
    """
    date = datetime.now(UTC).isoformat(timespec="seconds")
    note = {"load_at_start": load_at_start, "note": load_note(load_at_start, load_average())}
    result = {"date": date, **machine(), **note, **facts, "rows": rows}
    path.parent.mkdir(parents=True, exist_ok=True)
    part = path.with_suffix(f".{os.getpid()}")
    part.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    os.replace(part, path)


def load_average() -> float | None:
    """Of the last minute; None where the system does not tell."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else None


def load_note(at_start: float | None, at_end: float | None) -> str:
    """Whether others kept more than half of the cores busy, before the run or beside it."""
    if at_start is None or at_end is None:
        return "this system does not tell how busy it was"
    others = max(at_start, at_end - torch.get_num_threads())
    cores = os.cpu_count() or 1
    loads = f"load average {at_start:.2f} at the start, {at_end:.2f} at the end, {cores} cores"
    if others < cores / 2:
        return f"quiet: {loads}"
    return f"busy with other work: {loads}; read the ratios within a setting only"


def machine() -> dict[str, object]:
    """Processor, cores, how busy they are, threads, GPU and versions."""
    gpu = torch.cuda.get_device_name() if torch.cuda.is_available() else None
    return {
        "processor": _processor(),
        "cores": os.cpu_count(),
        "load": load_average(),
        "threads": torch.get_num_threads(),
        "gpu": gpu,
        "torch": torch.__version__,
        "python": platform.python_version(),
    }


def _processor() -> str:
    """The processor's name, where Linux tells it."""
    path = Path("/proc/cpuinfo")
    if path.is_file():
        for line in path.read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()
