"""Runs jobs on a Ray cluster: the same runs as in local processes, with the results brought home.

A run on another machine writes into a folder of its own there; what it wrote comes back and is put
into the results folder here, so the machines need no common disk. They do need the data, at the
same path, and this project's sources, which are sent with the runs.
"""

from __future__ import annotations

import dataclasses
import importlib.util
import logging
import socket
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from benchmarks.store import write_atomically
from benchmarks.workers import JobEvent, JobFunction, Launcher

ANSWER_SECONDS = 5.0  # that an address gets to accept a connection; Ray itself waits over 90
POLL_SECONDS = 0.5
GPU_SHARE = (
    0.25  # of a device, that a run asks for where there are any: a head on features is small
)


class RayError(ValueError):
    """Ray cannot be used: says why, and what to do."""

    is_user_error = True


def ray_cluster(cores: int | None = None, address: str | None = None) -> Launcher:
    """A launcher on a Ray cluster; a job takes one core.

    A job with an attribute `results` (a run) gets a folder of its own in its place; the files that
    it leaves there are written into the real one here.

    Args:
        cores: of the Ray that is started here; by default all.
        address: `host:port` of a running cluster's head; None: Ray is started on this machine, and
            ended again.
    Raises:
        RayError: Ray is not installed, or nobody answers at the address.
    """
    if importlib.util.find_spec("ray") is None:
        raise RayError("Ray is not installed: pip install 'cnn-rnn[ray]'")
    if address is not None:
        _check_address(address)

    def launch(function: JobFunction, jobs: Sequence[Any]) -> Iterator[JobEvent]:
        if jobs:
            yield from _launch(cores, address, function, jobs)

    return launch


def _check_address(address: str) -> None:
    host, _, port = address.removeprefix("ray://").rpartition(":")
    if not host or not port.isdecimal():
        raise RayError(
            f"--address {address}: expected HOST:PORT of a Ray cluster's head (make: ADDRESS=), "
            "as `ray start --head` prints it"
        )
    try:
        socket.create_connection((host, int(port)), timeout=ANSWER_SECONDS).close()
    except OSError as error:
        raise RayError(
            f"--address {address}: no Ray cluster answers there ({error}); start one with "
            "`ray start --head`, or leave the address out to use this machine"
        ) from None


def _launch(
    cores: int | None, address: str | None, function: JobFunction, jobs: Sequence[Any]
) -> Iterator[JobEvent]:
    import ray
    from ray.util.queue import Empty, Queue

    where: dict[str, Any] = {"address": address}
    if address is None:  # "local" keeps a cluster out that the environment names
        where = {"address": "local", "num_cpus": cores, "include_dashboard": False}
    ray.init(
        **where,
        runtime_env=_environment(sources=address is not None),
        log_to_driver=False,
        logging_level=logging.ERROR,
    )
    try:
        words = Queue(actor_options={"num_cpus": 0})
        resources: Any = ray.cluster_resources  # untyped
        gpus = GPU_SHARE if resources().get("GPU") else 0
        remote = ray.remote(num_cpus=1, num_gpus=gpus, max_retries=0)(_work)
        running = {
            remote.remote(function, job, index, words): index for index, job in enumerate(jobs)
        }
        while running:
            finished, _ = ray.wait(list(running), timeout=POLL_SECONDS)
            while True:
                try:
                    index, word = words.get_nowait()
                except Empty:
                    break
                yield JobEvent(index, progress=word)
            for reference in finished:
                yield _event(running.pop(reference), reference, jobs)
    finally:
        ray.shutdown()  # ends the Ray that was started here, or leaves the cluster


def _event(index: int, reference: Any, jobs: Sequence[Any]) -> JobEvent:
    """What came of a job that is over; its files are written."""
    import ray

    try:
        result, files = ray.get(reference)
    except ray.exceptions.RayError as error:  # the job failed, or its process or machine died
        return JobEvent(index, error=str(error))
    for name, content in files.items():
        _write(jobs[index].results / name, content)
    return JobEvent(index, result=result)


def _write(file: Path, content: bytes) -> None:
    write_atomically(file, lambda opened: opened.write(content))


def _work(function: JobFunction, job: Any, index: int, words: Any) -> tuple[Any, dict[str, bytes]]:
    """Does a job on whatever machine this is: its result, and the files that it wrote."""

    def tell(word: str) -> None:
        words.put((index, word))

    if not hasattr(job, "results"):
        return function(job, tell), {}
    with tempfile.TemporaryDirectory(prefix="cnn-rnn-ray-") as name:
        folder = Path(name)
        result = function(dataclasses.replace(job, results=folder), tell)
        # A run's record goes last, as it says that the run is whole.
        written = sorted(folder.rglob("*"), key=lambda file: (file.suffix == ".json", file))
        return result, {
            file.relative_to(folder).as_posix(): file.read_bytes()
            for file in written
            if file.is_file()
        }


def _environment(sources: bool) -> dict[str, Any]:
    """What a process of Ray begins with; `sources`: this project's own are sent to it."""
    environment: dict[str, Any] = {"env_vars": {"OMP_NUM_THREADS": "1"}}
    if sources:
        import benchmarks
        import cnn_rnn
        import data_modules

        environment["py_modules"] = [
            str(Path(str(package.__file__)).parent)
            for package in (benchmarks, cnn_rnn, data_modules)
        ]
    return environment
