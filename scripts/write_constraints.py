"""Write constraints.txt: the exact versions in this environment of all that the project needs.

Run it in an environment that passes `make test` and `make lint`: `make constraints`. Only what
pyproject.toml asks for, directly or through other packages, is written.
"""

import tomllib
from importlib import metadata
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).resolve().parent.parent

HEADER = """\
# The exact versions that `make setup`, `make test` and `make lint` install, written by
# `make constraints` on Linux from an environment that passes both. Packages that only other
# systems need are not listed; those that only Linux needs (nvidia-*, triton) do no harm elsewhere.
"""


def requirements(project: Path) -> list[Requirement]:
    """All that a pyproject.toml asks for: to build, to run, and for each extra."""
    table = tomllib.loads(project.read_text(encoding="utf-8"))
    lines = [*table["build-system"]["requires"], *table["project"]["dependencies"]]
    for extra in table["project"]["optional-dependencies"].values():
        lines += extra
    return [Requirement(line) for line in lines]


def installed_closure(wanted: list[Requirement]) -> dict[str, str]:
    """Name -> installed version of `wanted` and of everything that it needs here.

    Raises:
        importlib.metadata.PackageNotFoundError: something wanted is not installed.
    """
    versions: dict[str, str] = {}
    seen: set[tuple[str, str]] = set()
    todo = list(wanted)
    while todo:
        requirement = todo.pop()
        distribution = metadata.distribution(requirement.name)
        name = canonicalize_name(requirement.name)
        versions[name] = distribution.version
        for extra in {"", *requirement.extras}:
            if (name, extra) in seen:
                continue
            seen.add((name, extra))
            needed = [Requirement(line) for line in distribution.requires or []]
            todo += [r for r in needed if r.marker is None or r.marker.evaluate({"extra": extra})]
    return versions


def main() -> None:
    """Write the file."""
    pins = installed_closure(requirements(ROOT / "pyproject.toml"))
    lines = [f"{name}=={version}\n" for name, version in sorted(pins.items())]
    (ROOT / "constraints.txt").write_text(HEADER + "".join(lines), encoding="utf-8")


if __name__ == "__main__":
    main()
