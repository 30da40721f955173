import importlib
import os
import socket
import sys
import textwrap
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import pytest

from benchmarks import ray_launcher, store
from benchmarks.ray_launcher import RayError, ray_cluster
from benchmarks.workers import JobEvent

ray = pytest.importorskip("ray", reason="Ray is not installed: pip install 'cnn-rnn[ray]'")

JOBS = textwrap.dedent(
    """
    import os
    from dataclasses import dataclass
    from pathlib import Path

    @dataclass(frozen=True)
    class Run:
        name: str
        results: Path

    def work(job, tell):
        if job.name == "die":
            os._exit(7)
        if job.name == "raise":
            raise ValueError("no good")
        tell("half way")
        folder = job.results / "runs"
        folder.mkdir(parents=True)
        (folder / f"{job.name}.ckpt").write_bytes(b"weights")
        (folder / f"{job.name}.json").write_text("{}")
        (folder / f"{job.name}.npz").write_bytes(b"arrays of " + job.name.encode())
        return str(job.results), os.getpid(), os.environ["OMP_NUM_THREADS"]
    """
)


@pytest.fixture
def jobs(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A module that Ray's processes can import: they inherit the path."""
    (tmp_path / "jobs_for_ray.py").write_text(JOBS)
    monkeypatch.syspath_prepend(str(tmp_path))
    monkeypatch.delitem(sys.modules, "jobs_for_ray", raising=False)
    path = os.pathsep.join([str(tmp_path), *filter(None, [os.environ.get("PYTHONPATH")])])
    monkeypatch.setenv("PYTHONPATH", path)
    monkeypatch.setenv("RAY_USAGE_STATS_ENABLED", "0")
    return importlib.import_module("jobs_for_ray")


@pytest.fixture
def cluster(jobs: Any) -> Iterator[str]:
    """The address of a cluster on this machine that is not the test's own process."""
    from ray.cluster_utils import Cluster

    started: Any = Cluster(initialize_head=True, head_node_args={"num_cpus": 2})
    yield started.address
    started.shutdown()


def _ends(events: list[JobEvent]) -> dict[int, JobEvent]:
    return {event.index: event for event in events if event.progress is None}


def test_runs_are_done_on_ray_and_their_files_come_home_the_record_last(
    jobs: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    results = tmp_path / "results"
    came: list[Path] = []

    def write(file: Path, write: Callable[[IO[bytes]], object]) -> None:
        came.append(file)
        store.write_atomically(file, write)

    monkeypatch.setattr(ray_launcher, "write_atomically", write)
    runs = [jobs.Run(name, results) for name in ("one", "raise", "die", "two")]
    events = list(ray_cluster()(jobs.work, runs))
    ends = _ends(events)
    assert sorted(ends) == [0, 1, 2, 3]
    for index, name in ((0, "one"), (3, "two")):
        folder, process, threads = ends[index].result
        assert folder != str(results)
        assert process != os.getpid()
        assert threads == "1"
        assert (results / "runs" / f"{name}.npz").read_bytes() == b"arrays of " + name.encode()
        assert (results / "runs" / f"{name}.json").read_text() == "{}"
        of_run = [file.suffix for file in came if file.stem == name]
        assert sorted(of_run) == [".ckpt", ".json", ".npz"]
        assert of_run[-1] == ".json"  # an interruption between two files leaves no whole run
    assert "no good" in str(ends[1].error)
    assert ends[2].error is not None
    assert len(list((results / "runs").iterdir())) == 6
    assert {event.index for event in events if event.progress == "half way"} == {0, 3}
    assert not ray.is_initialized()


def test_a_running_cluster_is_used_and_left_running(
    jobs: Any, cluster: str, tmp_path: Path
) -> None:
    for name in ("first", "second"):
        (event,) = _ends(
            list(ray_cluster(address=cluster)(jobs.work, [jobs.Run(name, tmp_path)]))
        ).values()
        assert event.error is None
        assert (tmp_path / "runs" / f"{name}.json").exists()


def test_a_dead_address_is_refused_at_once_with_the_remedy() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{unused.getsockname()[1]}"
        with pytest.raises(RayError, match=f"{address}: no Ray cluster answers there") as caught:
            ray_cluster(address=address)
    assert "ray start --head" in str(caught.value)


@pytest.mark.parametrize("address", ["head", "head:", ":6379", "head:port"])
def test_an_address_without_host_or_port_is_refused(address: str) -> None:
    with pytest.raises(RayError, match="expected HOST:PORT"):
        ray_cluster(address=address)


def test_nothing_is_started_for_no_jobs() -> None:
    assert list(ray_cluster()(print, [])) == []
    assert not ray.is_initialized()
