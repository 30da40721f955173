"""Compiles the CPU search on first use and keeps the library for the next time.

A C++17 compiler is all it takes; the sources lie in ``native/`` beside this file. The library is
kept under ``$CNN_RNN_HOME`` (the user's cache folder by default), by a hash of everything that went
into it: sources, compiler, options and processor.
"""

import ctypes
import hashlib
import logging
import os
import platform
import shutil
import subprocess
import tempfile
from functools import cache
from pathlib import Path

import platformdirs

_LOGGER = logging.getLogger(__name__)

SOURCES = Path(__file__).parent / "native"
_OPTIONS = (
    "-O3",
    "-march=native",
    "-std=c++17",
    "-shared",
    "-fPIC",
    "-fopenmp-simd",  # vector loops without a threading library
    # Without these two, floor and fabs keep loops from becoming vector code (13 times slower);
    # NaN and infinity stay what they are.
    "-fno-math-errno",
    "-fno-trapping-math",
    "-ffp-contract=fast",
    "-pthread",
)


class NativeBuildError(RuntimeError):
    """The CPU search cannot be compiled or loaded here; the message says why."""


@cache
def load_library() -> ctypes.CDLL:
    """The compiled search; the first call on a machine takes some seconds.

    Raises:
        NativeBuildError: no compiler, or it failed. Raised again by the next call.
    """
    compiler = _compiler()
    target = _folder() / f"search-{_key(compiler)}.so"
    if not target.is_file():
        _LOGGER.info("compiling the CPU beam search, once, with %s", compiler)
        _compile(compiler, target)
    try:
        library = ctypes.CDLL(str(target))
    except OSError as error:
        raise NativeBuildError(
            f"{target} cannot be loaded: {error}; delete it to rebuild"
        ) from error
    pointer, integer = ctypes.c_void_p, ctypes.c_int64
    for name, result, arguments in (
        ("trie_new", pointer, [integer]),
        ("trie_free", None, [pointer]),
        ("trie_clear", None, [pointer]),
        ("trie_size", integer, [pointer]),
        ("search_new", pointer, [pointer, pointer, pointer, integer]),
        ("search_free", None, [pointer]),
        ("search_run", integer, [pointer, pointer, integer]),
        ("trie_count_by_depth", None, [pointer] * 3),
        ("search_extend", integer, [pointer] * 5),
        ("search_open_rows", integer, [pointer, pointer]),
        ("lstm_step", None, [pointer, integer, integer, integer]),
        ("prefer_large_pages", None, [pointer, integer]),
    ):
        function = getattr(library, name)
        function.argtypes, function.restype = arguments, result
    return library


@cache
def why_not_available() -> str | None:
    """Why there is no compiled search on this machine; None where there is one."""
    try:
        load_library()
    except NativeBuildError as error:
        return str(error)
    return None


def _compiler() -> str:
    if os.name != "posix":
        raise NativeBuildError("the CPU search is compiled on Linux and macOS only")
    for name in (os.environ.get("CXX"), "c++", "g++", "clang++"):
        found = shutil.which(name) if name else None
        if found is not None:
            return found
    raise NativeBuildError("no C++ compiler was found (c++, g++, clang++ or $CXX)")


def _folder() -> Path:
    home = os.environ.get("CNN_RNN_HOME")
    folder = Path(home) if home else platformdirs.user_cache_path("cnn-rnn")
    folder = folder / "native"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise NativeBuildError(f"{folder} cannot be made: {error}; set CNN_RNN_HOME") from error
    return folder


def _key(compiler: str) -> str:
    digest = hashlib.sha256()
    for path in sorted(SOURCES.iterdir()):
        digest.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
    version = subprocess.run([compiler, "--version"], capture_output=True, check=False).stdout
    for part in (compiler.encode(), version, " ".join(_OPTIONS).encode(), _processor()):
        digest.update(part + b"\0")
    return digest.hexdigest()[:20]


def _processor() -> bytes:
    """What ``-march=native`` depends on: a home folder may serve unlike machines."""
    path = Path("/proc/cpuinfo")
    if path.is_file():
        for line in path.read_text(encoding="utf-8", errors="replace").splitlines():
            if line.startswith(("flags", "Features")):
                return line.encode()
    return f"{platform.machine()} {platform.processor()}".encode()


def _compile(compiler: str, target: Path) -> None:
    # Renamed when complete: another process never loads half a library.
    with tempfile.TemporaryDirectory(dir=target.parent) as folder:
        built = Path(folder) / "search.so"
        command = [compiler, *_OPTIONS, str(SOURCES / "api.cpp"), "-o", str(built)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0 or not built.is_file():
            last = done.stderr.strip().splitlines()[-1:] or [f"exit code {done.returncode}"]
            raise NativeBuildError(f"{' '.join(command)} failed: {last[0]}")
        os.replace(built, target)
