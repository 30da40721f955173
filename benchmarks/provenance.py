"""Where a result comes from: sources, commit, library versions, machine."""

from __future__ import annotations

import ast
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

# Where a run begins: itself, and what table files name by class path.
ENTRIES = (
    *("benchmarks.runs", "benchmarks.coco_labels", "cnn_rnn.tasks", "cnn_rnn.baselines"),
    *("data_modules", "data_modules.mini"),
)
COMPILED = ("*.cpp", "*.hpp")  # sources of the compiled search
LIBRARIES = ("torch", "torchvision", "lightning", "torchmetrics", "numpy", "cnn-rnn")
UNKNOWN = "unknown"


@cache
def code_version() -> str:
    """A hash of the sources that a run executes: it changes with any of them, and no other.

    A new way to draw a table, to log a run or to show a photo needs no new runs.
    """
    roots = _package_roots()
    files = [(roots[name.partition(".")[0]].parent, file) for name, file in run_modules().items()]
    decoding = roots["cnn_rnn"] / "decoding"
    files += [
        (roots["cnn_rnn"].parent, file) for pattern in COMPILED for file in decoding.rglob(pattern)
    ]
    return sources_hash(files)


def run_modules() -> dict[str, Path]:
    """The modules of this project that a run may import, by name: all that `ENTRIES` lead to.

    Every import statement counts, wherever it stands in a module.
    """
    roots = _package_roots()
    found: dict[str, Path] = {}
    waiting = list(ENTRIES)
    while waiting:
        name = waiting.pop()
        package, _, rest = name.partition(".")
        if name in found or package not in roots:
            continue
        place = roots[package].joinpath(*rest.split(".")) if rest else roots[package]
        files = (place / "__init__.py", place.with_suffix(".py"))
        file = next((file for file in files if file.is_file()), None)
        if file is None:  # a name in a module, not a module
            continue
        found[name] = file
        waiting += [name.rpartition(".")[0], *_imported(file)]
    return found


def _package_roots() -> dict[str, Path]:
    import benchmarks
    import cnn_rnn
    import data_modules

    packages = (benchmarks, cnn_rnn, data_modules)
    return {package.__name__: Path(str(package.__file__)).parent for package in packages}


def _imported(file: Path) -> list[str]:
    """What a module imports; of `from a import b` both `a` and `a.b`, which may be a module."""
    names: list[str] = []
    for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names += [node.module, *(f"{node.module}.{alias.name}" for alias in node.names)]
    return names


def sources_hash(files: Iterable[tuple[Path, Path]]) -> str:
    """SHA-256 of files by their names and contents.

    Args:
        files: each with the folder that its name is relative to; where that lies does not matter.
    """
    named = {file.relative_to(folder).as_posix(): file for folder, file in files}
    digest = hashlib.sha256()
    for name, file in sorted(named.items()):
        content = file.read_bytes()
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
