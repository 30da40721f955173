"""The Makefile and its set-up, run as a user runs them, with an installer that only takes notes."""

import fcntl
import importlib.util
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parent.parent
MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")

# Stands in for uv: notes its arguments, makes a venv whose Python is this one, and "installs".
FAKE_UV = """\
#!/bin/sh
echo "$@" >> uv.log
if [ "$1" = venv ]; then
    mkdir -p .venv/bin
    printf '#!/bin/sh\\nexec "{python}" "$@"\\n' > .venv/bin/python
    chmod +x .venv/bin/python
fi
if [ "$1" = pip ] && [ -e fail ]; then exit "$(cat fail)"; fi
"""


class Checkout:
    """A folder, with a blank in its name, that holds what set-up reads."""

    def __init__(self, folder: Path) -> None:
        self.root = folder / "a checkout"
        tools = folder / "tools"
        tools.mkdir()
        uv = tools / "uv"
        uv.write_text(FAKE_UV.format(python=sys.executable))
        uv.chmod(0o755)
        (self.root / "scripts").mkdir(parents=True)
        for name in ("Makefile", "pyproject.toml", "constraints.txt", "scripts/set_up.py"):
            shutil.copy(ROOT / name, self.root / name)
        self.environment = {**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}"}
        for name in ("MAKEFLAGS", "MFLAGS", "MAKELEVEL", "PYTHON", "DATA", "DATA_ROOT", "SEEDS"):
            self.environment.pop(name, None)

    def make(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        if not any(argument.startswith("PYTHON=") for argument in arguments):
            arguments = (f"PYTHON={sys.executable}", *arguments)
        return subprocess.run(
            ["make", *arguments],
            cwd=self.root,
            env=self.environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def installations(self) -> list[str]:
        log = self.root / "uv.log"
        lines = log.read_text().splitlines() if log.exists() else []
        return [line for line in lines if line.startswith("pip install")]

    def environments_created(self) -> int:
        return sum(
            line.startswith("venv ") for line in (self.root / "uv.log").read_text().splitlines()
        )

    def make_newer_than_the_stamps(self, name: str) -> None:
        stamps = (self.root / ".venv").glob(".stamp-*")
        later = max(stamp.stat().st_mtime for stamp in stamps) + 5
        os.utime(self.root / name, (later, later))


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    if shutil.which("make") is None:
        pytest.skip("make is not installed")
    return Checkout(tmp_path)


def test_help_has_a_line_for_every_target_and_is_the_default(checkout: Checkout) -> None:
    declared = re.search(r"^\.PHONY: ((?:.*\\\n)*.*)$", MAKEFILE, re.MULTILINE)
    assert declared is not None
    targets = declared.group(1).replace("\\\n", " ").split()
    by_default = checkout.make()
    assert by_default.stdout == checkout.make("help").stdout
    explained = re.findall(r"^  ([a-z0-9-]+)  +\S", by_default.stdout, re.MULTILINE)
    assert sorted(explained) == sorted(targets)
    assert not checkout.installations()


def test_every_rule_is_phony_or_a_stamp() -> None:
    rules = re.findall(r"^([a-z0-9./-]+):(?!=)", MAKEFILE, re.MULTILINE)
    declared = re.search(r"^\.PHONY: ((?:.*\\\n)*.*)$", MAKEFILE, re.MULTILINE)
    assert declared is not None
    phony = set(declared.group(1).replace("\\\n", " ").split())
    assert {rule for rule in rules if not rule.startswith(".")} == phony


def test_set_up_installs_exact_versions_once(checkout: Checkout) -> None:
    first = checkout.make("setup")
    assert first.returncode == 0, first.stderr
    assert checkout.installations() == [
        "pip install --python .venv/bin/python --constraint constraints.txt --editable .[suite]"
    ]
    second = checkout.make("setup")
    assert second.returncode == 0
    assert len(checkout.installations()) == 1


def test_a_second_call_at_the_same_time_waits_for_the_first(checkout: Checkout) -> None:
    with (checkout.root / ".venv.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        waiting = subprocess.Popen(
            ["make", f"PYTHON={sys.executable}", "setup"],
            cwd=checkout.root,
            env=checkout.environment,
            stdout=subprocess.PIPE,
            text=True,
        )
        assert waiting.stdout is not None
        assert "another set-up of this checkout is at work" in waiting.stdout.readline()
        assert checkout.installations() == []
    waiting.communicate()
    assert waiting.returncode == 0
    assert len(checkout.installations()) == 1


def test_a_stage_installs_what_it_needs_and_no_more(checkout: Checkout) -> None:
    for stage in ("run", "tools", "test", "lint"):
        done = checkout.make(f".venv/.stamp-{stage}")
        assert done.returncode == 0, done.stderr
    extras = [line.rsplit(" ", 1)[1] for line in checkout.installations()]
    tools = "suite,dashboard,demo,export,folder,ray,tensorboard,timm"
    assert extras == [".[suite]", f".[{tools}]", f".[{tools},test]", f".[{tools},test,lint]"]
    assert checkout.environments_created() == 1


@pytest.mark.parametrize("name", ["pyproject.toml", "constraints.txt"])
def test_set_up_is_redone_when_what_it_read_changes(checkout: Checkout, name: str) -> None:
    checkout.make("setup")
    checkout.make_newer_than_the_stamps(name)
    assert checkout.make("setup").returncode == 0
    assert len(checkout.installations()) == 2
    assert checkout.environments_created() == 1


@pytest.mark.parametrize("stage", ["run", "test"])
def test_a_failed_installation_leaves_no_stamp_and_the_next_call_goes_on(
    checkout: Checkout, stage: str
) -> None:
    if stage == "test":
        assert checkout.make("setup").returncode == 0
    (checkout.root / "fail").write_text("3")
    failed = checkout.make(f".venv/.stamp-{stage}")
    assert failed.returncode != 0
    assert "the installation failed (exit status 3)" in failed.stderr
    assert not list((checkout.root / ".venv").glob(".stamp-*"))

    (checkout.root / "fail").unlink()
    again = checkout.make(f".venv/.stamp-{stage}")
    assert again.returncode == 0, again.stderr
    assert "starting .venv over" in again.stdout
    installations = len(checkout.installations())
    assert checkout.make("setup", f".venv/.stamp-{stage}").returncode == 0
    assert len(checkout.installations()) == installations


def test_a_broken_environment_is_started_over(checkout: Checkout) -> None:
    (checkout.root / ".venv" / "bin").mkdir(parents=True)
    (checkout.root / ".venv" / "bin" / "python").symlink_to(checkout.root / "gone")
    done = checkout.make("setup")
    assert done.returncode == 0, done.stderr
    assert "starting it over" in done.stdout
    assert checkout.environments_created() == 1


def test_pip_is_used_where_uv_is_absent(checkout: Checkout) -> None:
    # A PATH of the system's folders alone, as far as none of them holds uv.
    folders = [f for f in os.defpath.split(os.pathsep) if f and not (Path(f) / "uv").exists()]
    checkout.environment["PATH"] = os.pathsep.join(folders)
    # pip without an index and without the build backend: it must fail, and say it is pip.
    checkout.environment.update(PIP_NO_INDEX="1", PIP_FIND_LINKS="")
    done = checkout.make("setup")
    assert done.returncode != 0
    assert "with pip" in done.stdout
    assert (checkout.root / ".venv" / "bin" / "pip").exists()
    assert not (checkout.root / ".venv" / ".stamp-run").exists()
    # pip took back what it had begun: the environment is kept.
    assert not (checkout.root / ".venv" / ".unfinished").exists()


def test_a_python_that_is_too_old_is_refused_in_one_line(checkout: Checkout) -> None:
    old = checkout.root / "old python"
    old.write_text("#!/bin/sh\nexit 1\n")
    old.chmod(0o755)
    for python in (old, checkout.root / "absent"):
        done = checkout.make("setup", f"PYTHON={python}")
        assert done.returncode != 0
        message = done.stderr.splitlines()[0]
        assert "Python 3.11 or newer is needed" in message
        assert str(python) in message
        assert "make PYTHON=" in message
        assert not (checkout.root / ".venv").exists()


def test_a_full_disk_is_refused_before_anything_is_installed(
    checkout: Checkout, tmp_path: Path
) -> None:
    # A module that Python imports at its start makes every disk look full.
    site = tmp_path / "site"
    site.mkdir()
    (site / "sitecustomize.py").write_text(
        "import shutil\n"
        "from types import SimpleNamespace\n"
        "shutil.disk_usage = lambda path: SimpleNamespace(free=7.9e9)\n"
    )
    checkout.environment["PYTHONPATH"] = str(site)
    done = checkout.make("setup")
    assert done.returncode != 0
    assert "8 GB of free disk are needed" in done.stderr
    assert "7.9 GB are free" in done.stderr
    assert not (checkout.root / ".venv").exists()


@pytest.mark.parametrize(
    ("arguments", "command"),
    [
        (["table3"], ".venv/bin/python -m benchmarks table3"),
        (
            ["ablation", "DATA=coco", "DATA_ROOT=/data/my coco", "SEEDS=5"],
            ".venv/bin/python -m benchmarks ablation"
            ' --data "coco" --data-root "/data/my coco" --seeds "5"',
        ),
        (
            ["table4", "DATA=voc2007", "TRAIN=devtrain", "RESULTS=out"],
            '.venv/bin/python -m benchmarks table4 --data "voc2007" --results "out"'
            ' --train "devtrain"',
        ),
        (["study-beam", "SEEDS=1"], '.venv/bin/python -m benchmarks study beam --seeds "1"'),
        (
            ["table3", "LAUNCHER=ray", "ADDRESS=head:6379"],
            '.venv/bin/python -m benchmarks table3 --launcher "ray" --address "head:6379"',
        ),
        (["data-coco"], '.venv/bin/python -m data_modules coco --root "data/coco2014"'),
        (
            ["test", "PYTEST_ARGS=-m 'not slow' tests"],
            ".venv/bin/python -m pytest -m 'not slow' tests",
        ),
    ],
    ids=["table3", "ablation-on-coco", "table4", "study", "ray", "data-coco", "test"],
)
def test_variables_reach_the_commands(
    checkout: Checkout, arguments: list[str], command: str
) -> None:
    assert checkout.make(".venv/.stamp-test").returncode == 0
    shown = checkout.make("--dry-run", *arguments).stdout.replace("\\\n", " ")
    assert " ".join(shown.split()) == command


SUITE_TARGETS = (
    *("table1", "table2", "table3", "table4", "tables", "ablation", "study-beam", "verify", "tune"),
    *("report", "figures", "wandb", "dashboard"),
)


@pytest.mark.parametrize("target", SUITE_TARGETS)
def test_the_suite_knows_every_option_it_is_given(checkout: Checkout, target: str) -> None:
    assert checkout.make(".venv/.stamp-tools").returncode == 0
    names = re.findall(r"^([A-Z_]+) \?=$", MAKEFILE, re.MULTILINE)
    assert {"DATA", "SEEDS", "LAUNCHER", "BACKBONE", "TABLE"} <= set(names)
    variables = [f"{name}=1" for name in names if name != "PYTEST_ARGS"]
    shown = checkout.make("--dry-run", target, *variables).stdout
    given = re.findall(r"--[a-z-]+", shown)
    words = target.split("-")[:1]
    answer = subprocess.run(
        [sys.executable, "-m", "benchmarks", *words, "--help"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
    )
    assert "--results" in given
    assert set(given) <= set(re.findall(r"--[a-z-]+", answer.stdout))


def test_the_modules_it_runs_exist() -> None:
    named = set(re.findall(r"(?:\$\(VENV_PYTHON\)|\.venv/bin/python) -m ([\w.]+)", MAKEFILE))
    assert {"benchmarks", "benchmarks.pretrain_mini", "data_modules.mini"} <= named
    named -= {"ruff", "mypy"}  # installed by `make lint`, not by `make test`
    assert [name for name in sorted(named) if importlib.util.find_spec(name) is None] == []
