"""The wheel, installed where nothing else of the project is; and what pyproject.toml promises."""

import os
import re
import subprocess
import sys
import sysconfig
import tomllib
import venv
import zipfile
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import Version

ROOT = Path(__file__).resolve().parent.parent
PROJECT_TEXT = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
PROJECT = tomllib.loads(PROJECT_TEXT)["project"]
PACKAGES = {
    "cnn_rnn": ROOT / "src" / "cnn_rnn",
    "data_modules": ROOT / "data_modules",
    "benchmarks": ROOT / "benchmarks",
}
REQUIREMENTS = [
    Requirement(line)
    for line in [
        *PROJECT["dependencies"],
        *(line for lines in PROJECT["optional-dependencies"].values() for line in lines),
    ]
]


def run(*command: str | Path, cwd: Path) -> str:
    """The output of a command that sees nothing of the checkout's own environment."""
    environment = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "PIP_", "UV_", "VIRTUAL_ENV"))
    }
    done = subprocess.run(
        [str(word) for word in command],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.strip()


@pytest.fixture(scope="module")
def sources() -> set[str]:
    """Names that the files of the packages have in a wheel."""
    return {
        f"{package}/{path.relative_to(folder).as_posix()}"
        for package, folder in PACKAGES.items()
        for path in folder.rglob("*")
        if path.is_file() and "__pycache__" not in path.parts and not path.name.startswith(".")
    }


@pytest.fixture(scope="module")
def wheel(sources: set[str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    assert sources  # listed before the wheel is built: what is added meanwhile is no fault of it
    folder = tmp_path_factory.mktemp("wheel")
    run(sys.executable, "-m", "hatchling", "build", "-t", "wheel", "-d", folder, cwd=ROOT)
    (built,) = folder.glob("*.whl")
    return built


@pytest.fixture(scope="module")
def installed(wheel: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A new environment that holds the wheel; the libraries are those of this environment.

    Only the folder of the libraries is put on its path, by a .pth file. Python does not read the
    .pth files *in* such a folder, and one of those is what makes an editable install importable:
    the checkout stays out of sight.
    """
    folder = tmp_path_factory.mktemp("environment")
    venv.create(folder, with_pip=False, symlinks=True)
    python = folder / "bin" / "python"
    pip = [sys.executable, "-m", "pip", "--python", str(python), "--disable-pip-version-check"]
    run(*pip, "install", "--quiet", "--no-deps", "--no-index", wheel, cwd=folder)
    site = Path(
        run(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))", cwd=folder)
    )
    libraries = dict.fromkeys(sysconfig.get_path(name) for name in ("purelib", "platlib"))
    (site / "libraries.pth").write_text("".join(f"{path}\n" for path in libraries))
    return folder


@pytest.mark.parametrize("package", PACKAGES)
def test_the_wheel_imports_without_the_checkout(installed: Path, package: str) -> None:
    where = run(
        installed / "bin" / "python",
        "-c",
        f"import {package}; print({package}.__file__)",
        cwd=installed,
    )
    assert Path(where).is_relative_to(installed)


@pytest.mark.parametrize("script", ["lightning", "cnn-rnn"])
def test_the_wheel_brings_its_scripts(installed: Path, script: str) -> None:
    answer = run(installed / "bin" / script, "--version", cwd=installed)
    assert answer == f"cnn-rnn {PROJECT['version']}"


def test_the_installed_script_finds_the_packaged_configs(installed: Path) -> None:
    printed = run(
        installed / "bin" / "lightning",
        "fit",
        "--config",
        "coco.yaml",
        "--print_config",
        cwd=installed,
    )
    assert "data_modules.COCODataModule" in printed


def test_the_wheel_holds_every_file_of_the_packages(wheel: Path, sources: set[str]) -> None:
    packed = zipfile.ZipFile(wheel).namelist()
    assert sources - set(packed) == set()
    top_levels = {name.partition("/")[0] for name in packed}
    assert top_levels == {*PACKAGES, f"cnn_rnn-{PROJECT['version']}.dist-info"}


@pytest.mark.parametrize(
    "pattern",
    [
        r"cnn_rnn/configs/mini\.yaml",
        r"benchmarks/tables/table3\.yaml",
        *(rf"{package}/py\.typed" for package in PACKAGES),
        r"cnn_rnn-.+\.dist-info/licenses/LICENSE",
    ],
)
def test_the_wheel_holds_what_is_not_python(wheel: Path, pattern: str) -> None:
    assert [name for name in zipfile.ZipFile(wheel).namelist() if re.fullmatch(pattern, name)]


def test_every_lower_bound_has_its_reason() -> None:
    bounds = re.findall(
        r'^.*"[A-Za-z][\w.-]*(?:\[[\w,]+\])?>=[^"]+".*$', PROJECT_TEXT, re.MULTILINE
    )
    assert len(bounds) > len(REQUIREMENTS)
    assert [line for line in bounds if not re.search(r'"\]?,? +# \S', line)] == []


def test_constraints_are_exact_sorted_and_cover_what_is_asked_for() -> None:
    lines = (ROOT / "constraints.txt").read_text(encoding="utf-8").splitlines()
    pins = [line.split("==") for line in lines if not line.startswith("#")]
    assert all(len(pin) == 2 for pin in pins)
    names = [name for name, _ in pins]
    assert names == sorted({canonicalize_name(name) for name in names})
    versions = {name: Version(version) for name, version in pins}
    unmet = [
        str(requirement)
        for requirement in REQUIREMENTS
        if not requirement.specifier.contains(versions[canonicalize_name(requirement.name)])
    ]
    assert unmet == []


def test_the_version_is_the_same_everywhere() -> None:
    citation = (ROOT / "CITATION.cff").read_text(encoding="utf-8")
    assert f"\nversion: {PROJECT['version']}\n" in citation
