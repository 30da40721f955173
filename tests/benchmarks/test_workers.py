import importlib
import multiprocessing
import os
import subprocess
import sys
import textwrap
from pathlib import Path

import pytest

from benchmarks.workers import JobEvent, in_this_process, local_processes

JOBS = textwrap.dedent(
    """
    import multiprocessing, os, time

    def job(what, tell):
        if what == "die":
            os._exit(7)
        if what == "killed":
            os.kill(os.getpid(), 9)
        if what == "raise":
            raise ValueError("no good")
        if what == "sleep":
            print("asleep", flush=True)
            time.sleep(60)
            print("survived", flush=True)
        if what == "read":
            with multiprocessing.Pool(1) as readers:
                return readers.map(len, ["four"])
        tell("half way")
        return what * 2, os.getpid()
    """
)


@pytest.fixture
def jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder to run in, with a module `jobs_to_do` that spawned processes can import."""
    (tmp_path / "jobs_to_do.py").write_text(JOBS)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.chdir(tmp_path)
    monkeypatch.delitem(sys.modules, "jobs_to_do", raising=False)
    return tmp_path


def test_a_job_may_have_processes_of_its_own(jobs: Path) -> None:
    job = importlib.import_module("jobs_to_do").job
    (event,) = local_processes(1)(job, ["read"])
    assert event.result == [4]


def _ends(events: list[JobEvent]) -> dict[int, JobEvent]:
    ends = [event for event in events if event.progress is None]
    assert len({event.index for event in ends}) == len(ends)
    return {event.index: event for event in ends}


def test_every_job_is_done_by_the_processes_and_speaks_meanwhile(jobs: Path) -> None:
    job = importlib.import_module("jobs_to_do").job
    events = list(local_processes(2)(job, [1, 2, 3, 4, 5]))
    ends = _ends(events)
    assert {index: event.result[0] for index, event in ends.items()} == {
        index: 2 * (index + 1) for index in range(5)
    }
    pids = {event.result[1] for event in ends.values()}
    assert os.getpid() not in pids
    assert len(pids) <= 2
    assert sorted(e.index for e in events if e.progress == "half way") == [0, 1, 2, 3, 4]


def test_a_job_that_raises_or_dies_fails_alone(jobs: Path) -> None:
    job = importlib.import_module("jobs_to_do").job
    ends = _ends(list(local_processes(1)(job, ["raise", "die", "killed", 4])))
    assert "ValueError: no good" in str(ends[0].error)
    assert ends[1].error == "its process died with exit code 7"
    assert ends[2].error == "its process died with exit code -9; was the memory used up?"
    assert ends[3].error is None
    assert ends[3].result[0] == 8


def test_whoever_stops_listening_ends_the_processes(jobs: Path) -> None:
    job = importlib.import_module("jobs_to_do").job
    events = local_processes(2)(job, [1, "sleep", "sleep"])
    next(events)
    before = multiprocessing.active_children()
    assert before
    events.close()  # type: ignore[attr-defined]
    assert all(not child.is_alive() for child in before)


def test_processes_end_with_a_parent_that_is_killed(jobs: Path) -> None:
    script = textwrap.dedent(
        """
        import jobs_to_do
        from benchmarks.workers import local_processes
        if __name__ == "__main__":
            list(local_processes(1)(jobs_to_do.job, ["sleep"]))
        """
    )
    (jobs / "parent.py").write_text(script)
    path = f"{Path(__file__).parents[2]}{os.pathsep}{jobs}"
    with subprocess.Popen(
        [sys.executable, "parent.py"],
        env={**os.environ, "PYTHONPATH": path},
        stdout=subprocess.PIPE,
        text=True,
    ) as parent:
        assert parent.stdout is not None
        assert parent.stdout.readline() == "asleep\n"
        parent.kill()
        # The pipe ends when the last process that holds it does.
        assert parent.stdout.read() == ""


def test_no_jobs_need_no_processes() -> None:
    assert list(local_processes(3)(print, [])) == []


def test_at_least_one_worker_is_needed() -> None:
    with pytest.raises(ValueError, match="at least 1 worker, got 0"):
        local_processes(0)


def test_without_processes_jobs_fail_alone_as_well(jobs: Path) -> None:
    job = importlib.import_module("jobs_to_do").job
    ends = _ends(list(in_this_process(job, ["raise", 4])))
    assert "no good" in str(ends[0].error)
    assert ends[1].result == (8, os.getpid())
