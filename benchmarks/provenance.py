"""Where a result comes from: sources, commit, library versions, machine."""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import platform
import subprocess
from collections.abc import Iterable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

PACKAGES = ("cnn_rnn", "data_modules", "benchmarks")
LIBRARIES = ("torch", "torchvision", "lightning", "torchmetrics", "numpy", "cnn-rnn")
UNKNOWN = "unknown"


@cache
def code_version() -> str:
    """A hash of the sources that a run executes: it changes with any of them, in any package."""
    import cnn_rnn
    import data_modules

    roots = [Path(str(package.__file__)).parent for package in (cnn_rnn, data_modules)]
    return sources_hash([*roots, Path(__file__).parent])


def sources_hash(roots: Iterable[Path]) -> str:
    """SHA-256 of all .py files below some folders, by their names and contents.

    Where a folder lies and what else is in it does not matter.
    """
    digest = hashlib.sha256()
    for root in sorted(roots, key=lambda path: path.name):
        for file in sorted(root.rglob("*.py")):
            content = file.read_bytes()
            name = f"{root.name}/{file.relative_to(root).as_posix()}"
            digest.update(f"{name} {len(content)}\n".encode())
            digest.update(content)
    return digest.hexdigest()


def commit(folder: Path = Path(__file__).parent) -> dict[str, Any]:
    """The git commit of the sources and whether they were changed since.

    Returns:
        {"id": hash or "unknown", "dirty": bool or None}: unknown outside a repository, without
        git, and where the sources are not a repository's own (installed into a venv inside one).
    """

    def git(*words: str) -> str | None:
        try:
            done = subprocess.run(
                ["git", *words], cwd=folder, capture_output=True, text=True, timeout=30, check=True
            )
        except (OSError, subprocess.SubprocessError):
            return None
        return done.stdout.strip()

    if git("ls-files", "--error-unmatch", "__init__.py") is None:
        return {"id": UNKNOWN, "dirty": None}
    changes = git("status", "--porcelain")
    return {
        "id": git("rev-parse", "HEAD") or UNKNOWN,
        "dirty": None if changes is None else bool(changes),
    }


def versions() -> dict[str, str]:
    """Versions of Python and of the libraries that results depend on."""
    found = {"python": platform.python_version()}
    for name in LIBRARIES:
        try:
            found[name] = importlib.metadata.version(name)
        except importlib.metadata.PackageNotFoundError:
            found[name] = UNKNOWN
    return found


def machine() -> dict[str, Any]:
    """Processor, cores this process may use, memory, accelerators."""
    import torch

    gpus = [torch.cuda.get_device_name(index) for index in range(torch.cuda.device_count())]
    return {
        "cpu": _cpu_model(),
        "cores": usable_cores(),
        "memory_gib": _memory_gib(),
        "gpus": gpus,
        "system": platform.platform(terse=True),
    }


def usable_cores() -> int:
    """Cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def now() -> str:
    """The date and time in UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _cpu_model() -> str:
    try:
        for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
            if line.startswith("model name"):
                return line.split(":", 1)[1].strip()
    except OSError:
        pass
    return platform.processor() or platform.machine() or UNKNOWN


def _memory_gib() -> float | None:
    try:
        size = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    except (AttributeError, ValueError, OSError):
        return None
    return round(size / 2**30, 1)
