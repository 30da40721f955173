import ast
import subprocess
from pathlib import Path

import pytest

import benchmarks
from benchmarks import provenance

PACKAGE = Path(str(benchmarks.__file__)).parent


def _imported(name: str) -> set[str]:
    """The modules of `benchmarks` that one of them imports, anywhere in its text."""
    names: set[str] = set()
    for node in ast.walk(ast.parse((PACKAGE / f"{name}.py").read_text())):
        if isinstance(node, ast.ImportFrom) and node.module == "benchmarks":
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and str(node.module).startswith("benchmarks."):
            names.add(str(node.module).split(".")[1])
    return names


def test_the_code_version_covers_all_that_a_run_imports() -> None:
    reached, waiting = {"__init__"}, ["runs"]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting += _imported(name)
    assert sorted(provenance.RUN_MODULES) == sorted(reached)


def test_the_hash_of_sources_changes_with_content_and_name_and_not_with_place(
    tmp_path: Path,
) -> None:
    def digest(folder: str, **contents: str) -> str:
        root = tmp_path / folder
        root.mkdir()
        for name, content in contents.items():
            (root / f"{name}.py").write_text(content)
        return provenance.sources_hash((root, file) for file in root.glob("*.py"))

    first = digest("a", one="1", two="2")
    assert digest("elsewhere", one="1", two="2") == first
    others = [digest("b", one="1", two="3"), digest("c", one="1", too="2"), digest("d", one="12")]
    assert len({first, *others}) == 4


def test_the_commit_of_a_repository_is_known_and_whether_it_was_changed(tmp_path: Path) -> None:
    def git(*words: str) -> str:
        author = ["-c", "user.name=A", "-c", "user.email=a@example.org"]
        command = ["git", *author, *words]
        return subprocess.run(
            command, cwd=tmp_path, check=True, capture_output=True, text=True
        ).stdout

    git("init", "--quiet")
    file = tmp_path / "__init__.py"
    file.write_text("")
    assert provenance.commit(tmp_path) == {"id": "unknown", "dirty": None}  # not its own file yet
    git("add", "__init__.py")
    git("commit", "--quiet", "-m", "first")
    head = git("rev-parse", "HEAD").strip()
    assert provenance.commit(tmp_path) == {"id": head, "dirty": False}
    file.write_text("changed = True\n")
    assert provenance.commit(tmp_path) == {"id": head, "dirty": True}


def test_without_a_repository_or_without_git_the_commit_is_unknown(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    unknown = {"id": "unknown", "dirty": None}
    assert provenance.commit(tmp_path) == unknown
    monkeypatch.setenv("PATH", "")
    assert provenance.commit() == unknown


def test_machine_and_versions_are_told() -> None:
    machine, versions = provenance.machine(), provenance.versions()
    assert machine["cpu"]
    assert machine["cores"] >= 1
    assert versions["python"].count(".") == 2
    assert versions["torch"] != provenance.UNKNOWN
