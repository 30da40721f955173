"""Where unpacked files land: beside what is there, over nothing, and on another disk too."""

import os
import zipfile
from pathlib import Path

import pytest

from data_modules.download.unpack import unpack
from data_modules.errors import DataError

LIMIT = 1_000_000


def write_zip(file: Path, files: dict[str, bytes]) -> Path:
    with zipfile.ZipFile(file, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return file


def tree(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def test_two_archives_share_folders(tmp_path: Path) -> None:
    root = tmp_path / "root"
    unpack(write_zip(tmp_path / "1.zip", {"kit/a": b"1", "same": b"3"}), root, LIMIT)
    unpack(write_zip(tmp_path / "2.zip", {"kit/b": b"2", "same": b"3"}), root, LIMIT)
    assert tree(root) == {"kit/a": b"1", "kit/b": b"2", "same": b"3"}


@pytest.mark.parametrize("there", [b"mine", None], ids=["other bytes", "a folder"])
def test_what_is_there_is_never_overwritten(there: bytes | None, tmp_path: Path) -> None:
    root = tmp_path / "root"
    path = root / "kit" / "z"
    path.parent.mkdir(parents=True)
    if there is None:
        path.mkdir()
    else:
        path.write_bytes(there)
    archive = write_zip(tmp_path / "a.zip", {"kit/a": b"1", "kit/z": b"2"})
    with pytest.raises(DataError, match=r"kit/z: expected the bytes in a\.zip"):
        unpack(archive, root, LIMIT)
    assert tree(root) == ({} if there is None else {"kit/z": b"mine"})


def test_the_owners_link_to_another_place_is_followed(tmp_path: Path) -> None:
    elsewhere = tmp_path / "big disk"
    elsewhere.mkdir()
    root = tmp_path / "root"
    root.mkdir()
    (root / "train2014").symlink_to(elsewhere)
    unpack(write_zip(tmp_path / "a.zip", {"train2014/1.jpg": b"1"}), root, LIMIT)
    assert tree(elsewhere) == {"1.jpg": b"1"}
    assert (root / "train2014").is_symlink()


def test_another_disk_gets_whole_files(tmp_path: Path) -> None:
    other = Path("/dev/shm")
    if not other.is_dir() or other.stat().st_dev == tmp_path.stat().st_dev:
        pytest.skip("needs a second file system at /dev/shm")
    elsewhere = other / f"cnn-rnn-test-{os.getpid()}"
    elsewhere.mkdir()
    root = tmp_path / "root"
    root.mkdir()
    (root / "train2014").symlink_to(elsewhere)
    try:
        unpack(write_zip(tmp_path / "a.zip", {"train2014/1.jpg": b"1"}), root, LIMIT)
        assert tree(elsewhere) == {"1.jpg": b"1"}
    finally:
        for path in elsewhere.iterdir():
            path.unlink()
        elsewhere.rmdir()


def test_what_a_killed_run_left_is_cleared_away(tmp_path: Path) -> None:
    left = tmp_path / "root" / ".unpacking-a.zip" / "half"
    left.parent.mkdir(parents=True)
    left.write_bytes(b"1")
    unpack(write_zip(tmp_path / "a.zip", {"a": b"1"}), tmp_path / "root", LIMIT)
    assert tree(tmp_path / "root") == {"a": b"1"}


def test_a_full_disk_is_seen_before_the_first_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("data_modules.download.unpack.free_space", lambda _: 10)
    archive = write_zip(tmp_path / "a.zip", {"a": bytes(20)})
    with pytest.raises(DataError, match="20 free bytes to unpack into, got 10"):
        unpack(archive, tmp_path / "root", LIMIT)
    assert not (tmp_path / "root").exists()
