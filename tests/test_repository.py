"""What holds for the files of the repository, whatever their kind."""

import re
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent


def repository_files() -> list[Path]:
    """Every file that is committed or would be, as git sees it."""
    if not (ROOT / ".git").exists():
        pytest.skip("not a git checkout: what belongs to the repository is not known")
    listed = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=True,
    )
    names = sorted(set(listed.stdout.decode().split("\0")) - {""})
    return [ROOT / name for name in names if (ROOT / name).is_file()]


def machine_details(text: str) -> list[str]:
    """Absolute paths of somebody's machine, and package indexes, named in `text`."""
    patterns = (
        r"(?<![\w.}\])~-])/(?:home|Users|root|work|opt|mnt)/[\w.]+",
        r"[A-Z]:\\\\?Users\\\\?\w+",
        r"--(?:extra-)?index-url|--find[-]links|\bpythonhosted\.org|\bpypi\.org/simple",
        r"\bhttps?://(?:\d{1,3}\.){3}\d{1,3}(?<!127\.0\.0\.1)(?!\d)",
    )
    return [found.group() for pattern in patterns for found in re.finditer(pattern, text)]


@pytest.mark.parametrize(
    "text",
    [
        "see " + "/home" + "/ada/data",
        "root: " + "/work" + "/main",
        "C:" + r"\Users\ada",
        "pip install --" + "index-url x",
        "http://" + "10.0.0.7:8080/simple",
    ],
)
def test_the_machine_checker_finds_what_it_is_for(text: str) -> None:
    assert machine_details(text)


@pytest.mark.parametrize(
    "text",
    ["http://127.0.0.1:8080", "docs/home/page.md", "~/work/coco", "$HOME/work/x", "/data/coco"],
)
def test_the_machine_checker_lets_ordinary_paths_pass(text: str) -> None:
    assert not machine_details(text)


def test_no_file_names_a_machine_or_a_package_index() -> None:
    wrong = {}
    for path in repository_files():
        try:
            text = path.read_text(encoding="utf-8")
        except UnicodeDecodeError:
            continue
        if found := machine_details(text):
            wrong[path.relative_to(ROOT).as_posix()] = found
    assert not wrong
