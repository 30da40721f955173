import subprocess
import sys
from pathlib import Path

import pytest

from benchmarks import provenance

# What a run of each kind loads, by itself: a path model, a ranking row, an estimator.
LOADED = """
import sys
from benchmarks import provenance, runs, training, answers, evaluate, run_data, history
import cnn_rnn.tasks, cnn_rnn.baselines, data_modules.mini
import torch
from cnn_rnn.tasks import CNNRNNTask
task = CNNRNNTask(["a", "b"], [2, 1], {"name": "vgg16_mini", "weights": None}).eval()
task.predict(torch.randn(3, task.backbone_spec.feature_dim))
packages = ("cnn_rnn", "data_modules", "benchmarks")
ours = {name for name in sys.modules if name.split(".")[0] in packages}
print(*sorted(ours - set(provenance.run_modules())))
"""


def test_the_code_version_covers_all_that_a_run_loads() -> None:
    done = subprocess.run(
        [sys.executable, "-c", LOADED], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.split() == []


def test_the_code_version_leaves_out_what_only_shows_results() -> None:
    names = set(provenance.run_modules())
    assert {"benchmarks.training", "cnn_rnn.network", "cnn_rnn.decoding.native"} <= names
    assert not {name for name in names if name.startswith("cnn_rnn.plots")}
    assert not names & {"benchmarks.report", "benchmarks.page", "cnn_rnn.export", "cnn_rnn.cli"}


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
