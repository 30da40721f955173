"""Create .venv and install the project with the exact versions of constraints.txt.

Called by the Makefile, with the Python that .venv shall have; standard library only.
"""

import argparse
import fcntl
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent

# The extras of pyproject.toml that a stage adds to the project itself; each holds the one before
# it. Type checking reads the tests as well, so the last stage is everything.
TOOLS = "suite,dashboard,demo,export,folder,ray,tensorboard,timm"
STAGES = {
    "run": "[suite]",
    "tools": f"[{TOOLS}]",
    "test": f"[{TOOLS},test]",
    "lint": f"[{TOOLS},test,lint]",
}

# torch with its CUDA libraries unpacks to 5.5 GB; the rest is the downloads and the data.
FREE_BYTES_NEEDED = 8 * 10**9

Run = Callable[[Sequence[str]], int]


class SetUpError(Exception):
    """Something the user can mend; the message says how."""


def set_up(stage: str, root: Path = ROOT, run: Run | None = None, uv: str | None = None) -> None:
    """Bring `root`/.venv to `stage` and leave its stamp; an interrupted call leaves none.

    Args:
        stage: a key of STAGES.
        root: the checkout.
        run: runs a command in `root` and returns its exit status.
        uv: path of uv, which is used in pip's place when given.

    Raises:
        SetUpError: too little disk, no venv module, or an installer that failed.
    """
    run = run or _runner(root)
    venv = root / ".venv"
    unfinished = venv / ".unfinished"
    stamps = {name: venv / f".stamp-{name}" for name in STAGES}

    if not stamps["run"].exists():
        check_disk(root)
    for stamp in stamps.values():
        stamp.unlink(missing_ok=True)
    if unfinished.exists():
        _say("the last installation was interrupted: starting .venv over")
        shutil.rmtree(venv)
    if not is_usable(venv):
        _create(venv, run, uv)

    _say(f"installing into .venv with {'uv' if uv else 'pip'} (stage: {stage})")
    unfinished.touch()
    status = run(install_command(stage, uv))
    if status != 0:
        # pip takes back what it could not finish; uv, or a pip that was killed, may leave
        # packages that look complete and are not.
        if status > 0 and not uv:
            unfinished.unlink()
        raise SetUpError(f"the installation failed (exit status {status}); the reason stands above")
    unfinished.unlink()
    for name, stamp in stamps.items():
        stamp.touch()
        if name == stage:
            break


def is_usable(venv: Path) -> bool:
    """Whether `venv` has a Python that runs, is new enough and has a pip that starts."""
    probe = "import sys, pip; sys.exit(sys.version_info < (3, 11))"
    try:
        done = subprocess.run([str(_python(venv)), "-c", probe], capture_output=True, check=False)
    except OSError:
        return False
    return done.returncode == 0


def check_disk(root: Path) -> None:
    """Refuse to begin what would fill the disk half-way."""
    free = shutil.disk_usage(root).free
    if free < FREE_BYTES_NEEDED:
        raise SetUpError(
            f"{root}: {FREE_BYTES_NEEDED / 1e9:.0f} GB of free disk are needed for .venv "
            f"(PyTorch with its CUDA libraries), and {free / 1e9:.1f} GB are free: "
            "make room, or clone onto a larger disk"
        )


def install_command(stage: str, uv: str | None) -> list[str]:
    """The command that installs the project, editable, with the extras of `stage`.

    Paths are relative to the checkout, so that blanks in its own path do no harm.
    """
    python = str(_python(Path(".venv")))
    pip = [uv, "pip", "install", "--python", python] if uv else [python, "-m", "pip", "install"]
    return [*pip, "--constraint", "constraints.txt", "--editable", f".{STAGES[stage]}"]


def _create(venv: Path, run: Run, uv: str | None) -> None:
    """Make an empty .venv of the running Python, in the place of whatever is there."""
    if venv.exists():
        _say(".venv has no Python of 3.11 or newer with pip: starting it over")
        shutil.rmtree(venv)
    if uv:
        command = [uv, "venv", "--quiet", "--seed", "--python", sys.executable, ".venv"]
    else:
        command = [sys.executable, "-m", "venv", ".venv"]
    if run(command) != 0:
        shutil.rmtree(venv, ignore_errors=True)
        raise SetUpError(
            f"{sys.executable} could not create .venv (Debian and Ubuntu: "
            f"apt install python{sys.version_info[0]}.{sys.version_info[1]}-venv), "
            "or name another: make PYTHON=/path/to/python3.12"
        )


@contextmanager
def _only_one(root: Path) -> Iterator[None]:
    """Two calls of make at once: the second waits, instead of taking the first for interrupted."""
    with (root / ".venv.lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            _say("another set-up of this checkout is at work: waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def _python(venv: Path) -> Path:
    return venv / "bin" / "python"


def _runner(root: Path) -> Run:
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    environment["PIP_DISABLE_PIP_VERSION_CHECK"] = "1"
    environment["PIP_USER"] = "0"  # a user's own setting would refuse to install into .venv

    def run(command: Sequence[str]) -> int:
        return subprocess.run(command, cwd=root, env=environment, check=False).returncode

    return run


def _say(message: str) -> None:
    print(f"set-up: {message}", flush=True)


def main() -> None:
    """Set up the stage named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("stage", choices=STAGES)
    stage = parser.parse_args().stage
    try:
        with _only_one(ROOT):
            set_up(stage, uv=shutil.which("uv"))
    except SetUpError as error:
        sys.exit(f"set-up: {error}")
    except KeyboardInterrupt:
        sys.exit("set-up: interrupted; the next call begins again")


if __name__ == "__main__":
    main()
