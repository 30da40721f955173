import fcntl
import hashlib
import io
import os
import resource
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from data_modules.download import Archive, LayoutEntry, Patience, Source, download, missing_files
from data_modules.download.official import needed_space
from data_modules.errors import DataError

PATIENCE = Patience(timeout=10, attempts=2, backoff=0)
Server = Any
Answers = Any


def zipped(**files: bytes) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as archive:
        for name, content in files.items():
            archive.writestr(f"set/{name}.jpg", content)
    return stream.getvalue()


@pytest.fixture
def source(server: Server) -> Source:
    contents = {"one.zip": zipped(a=b"1", b=b"2"), "two.zip": zipped(c=bytes(200_000))}
    server.files |= {f"/{name}": content for name, content in contents.items()}
    return Source(
        "tiny",
        "Tiny set",
        "http://example.org",
        tuple(
            Archive(
                name,
                (server.url(f"/{name}"),),
                300_000,
                {"set": 2},
                len(content),
                hashlib.sha256(content).hexdigest(),
            )
            for name, content in contents.items()
        ),
    )


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def paths(server: Server) -> list[str]:
    return [path for path, _ in server.requests]


@contextmanager
def files_of_at_most(size: int) -> Iterator[None]:
    """As on a full disk, without one."""
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)


def test_all_archives_come_to_the_root(source: Source, tmp_path: Path) -> None:
    assert download(source, tmp_path, patience=PATIENCE) == ["one.zip", "two.zip"]
    assert names(tmp_path) == ["archives", "set"]
    assert names(tmp_path / "set") == ["a.jpg", "b.jpg", "c.jpg"]
    assert names(tmp_path / "archives") == [
        "one.zip.sha256",
        "one.zip.unpacked.json",
        "two.zip.sha256",
        "two.zip.unpacked.json",
    ]


def test_archives_are_kept_on_request(source: Source, tmp_path: Path) -> None:
    download(source, tmp_path, keep_archives=True, patience=PATIENCE)
    assert {"one.zip", "two.zip"} <= set(names(tmp_path / "archives"))


def test_what_is_done_is_not_done_again(server: Server, source: Source, tmp_path: Path) -> None:
    download(source, tmp_path, patience=PATIENCE)
    assert download(source, tmp_path, patience=PATIENCE) == []
    assert paths(server) == ["/one.zip", "/two.zip"]


def test_files_put_there_by_hand_are_recognised(
    server: Server, source: Source, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "set").mkdir()
    for name in "abc":
        (tmp_path / "set" / f"{name}.jpg").write_bytes(b"by hand")
    assert download(source, tmp_path, patience=PATIENCE) == []
    assert "put there by other means" in caplog.text
    assert server.requests == []


def test_lost_files_are_fetched_again(source: Source, tmp_path: Path) -> None:
    download(source, tmp_path, patience=PATIENCE)
    (tmp_path / "set" / "a.jpg").unlink()
    (tmp_path / "set" / "b.jpg").unlink()
    download(source, tmp_path, patience=PATIENCE)
    assert names(tmp_path / "set") == ["a.jpg", "b.jpg", "c.jpg"]


def test_another_edition_in_the_catalogue_is_fetched(source: Source, tmp_path: Path) -> None:
    download(source, tmp_path, patience=PATIENCE)
    stamp = tmp_path / "archives" / "one.zip.unpacked.json"
    stamp.write_text(stamp.read_text().replace(source.archives[0].sha256 or "", "0" * 64))
    assert download(source, tmp_path, patience=PATIENCE) == ["one.zip"]


def test_it_goes_on_after_an_interruption(
    server: Server, answers: Answers, source: Source, tmp_path: Path
) -> None:
    server.plan = [answers.drop_after(100), *[answers.status(500)] * 2]
    with pytest.raises(DataError, match=r"one\.zip"):
        download(source, tmp_path, patience=PATIENCE)
    download(source, tmp_path, patience=PATIENCE)
    assert "bytes=100-" in server.ranges
    assert names(tmp_path / "set") == ["a.jpg", "b.jpg", "c.jpg"]


def test_an_archive_without_a_published_sum_says_so(
    source: Source, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    unknown = replace(source.archives[1], sha256=None, size=None, expects={"set": 1})
    with caplog.at_level("INFO"):
        download(replace(source, archives=(unknown,)), tmp_path, patience=PATIENCE)
    assert "no checksum is published" in caplog.text
    assert f"has the sha256 {source.archives[1].sha256}" in caplog.text


def test_an_archive_of_something_else_is_no_success(source: Source, tmp_path: Path) -> None:
    other = replace(source.archives[0], sha256=None, expects={"annotations": 1})
    with pytest.raises(DataError, match=r"one\.zip: expected annotations in it, got none"):
        download(replace(source, archives=(other,)), tmp_path, patience=PATIENCE)
    assert not (tmp_path / "archives" / "one.zip.unpacked.json").exists()


def test_extras_are_fetched_on_request(source: Source, tmp_path: Path) -> None:
    tools = replace(source, archives=(replace(source.archives[0], extra=True),))
    assert download(tools, tmp_path, patience=PATIENCE) == []
    assert download(tools, tmp_path, extras=True, patience=PATIENCE) == ["one.zip"]


def test_room_for_all_is_asked_for_before_the_first_byte(
    server: Server, source: Source, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data_modules.download.official.free_space", lambda _: 400_000_000)
    huge = replace(source.archives[0], unpacked=10**12)
    with pytest.raises(DataError, match=r"expected 1000\.0 GB free for one\.zip, got 0\.4 GB"):
        download(replace(source, archives=(huge,)), tmp_path, patience=PATIENCE)
    assert server.requests == []


def test_needed_space_is_the_peak(tmp_path: Path) -> None:
    archives = [Archive(f"{n}.zip", ("u",), 100, {}, size=60) for n in range(2)]
    assert needed_space(archives, tmp_path, keep_archives=True) == 60 + 100 + 60 + 100
    assert needed_space(archives, tmp_path, keep_archives=False) == 100 + 60 + 100
    (tmp_path / "archives").mkdir()
    (tmp_path / "archives" / "0.zip.part").write_bytes(bytes(50))
    assert needed_space(archives[:1], tmp_path, keep_archives=False) == 10 + 100


def test_a_full_disk_ends_in_one_message_and_goes_on_later(source: Source, tmp_path: Path) -> None:
    with (
        files_of_at_most(100_000),
        pytest.raises(DataError, match=r"expected a folder to write to, .*free some space"),
    ):
        download(source, tmp_path, patience=PATIENCE)
    assert download(source, tmp_path, patience=PATIENCE) == ["two.zip"]


def test_a_second_process_is_refused(server: Server, source: Source, tmp_path: Path) -> None:
    (tmp_path / "archives").mkdir()
    descriptor = os.open(tmp_path / "archives", os.O_RDONLY)
    fcntl.flock(descriptor, fcntl.LOCK_EX)
    try:
        with pytest.raises(DataError, match="another process that downloads to it"):
            download(source, tmp_path, patience=PATIENCE)
    finally:
        os.close(descriptor)
    assert server.requests == []


def test_a_root_that_is_a_file_is_said(source: Source, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(DataError, match="expected a folder to write to"):
        download(source, tmp_path / "file", patience=PATIENCE)


def test_missing_files_are_those_that_are_not_there(tmp_path: Path) -> None:
    layout = (
        LayoutEntry("a.txt", "a file"),
        LayoutEntry("b.txt", "a file"),
        LayoutEntry("photos", "two photos", 2),
    )
    source = Source("hand", "By hand", "page", layout=layout)
    (tmp_path / "a.txt").write_text("")
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "1.jpg").write_text("")
    assert [entry.path for entry in missing_files(source, tmp_path)] == ["b.txt", "photos"]
