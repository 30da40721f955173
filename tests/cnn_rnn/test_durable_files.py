import errno
from pathlib import Path

import pytest

from cnn_rnn.durable_files import in_words, is_full_disk, read_json, reserve, write_json


def test_what_was_written_is_read(tmp_path: Path) -> None:
    write_json(tmp_path / "a.json", {"n": 1})
    write_json(tmp_path / "a.json", {"n": 2, "names": ["ä"]})
    assert read_json(tmp_path / "a.json") == {"n": 2, "names": ["ä"]}
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


def test_old_content_stays_when_the_write_fails(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_json(tmp_path / "a.json", {"n": 1})

    def full(_: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(OSError, match="No space"):
        write_json(tmp_path / "a.json", {"n": 2})
    assert read_json(tmp_path / "a.json") == {"n": 1}
    assert [path.name for path in tmp_path.iterdir()] == ["a.json"]


@pytest.mark.parametrize("content", ["", '{"n": ', "[1, 2]", "\udcff"])
def test_a_file_that_holds_no_object_reads_as_none(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.json").write_text(content, encoding="utf-8", errors="surrogateescape")
    assert read_json(tmp_path / "a.json") is None


def test_an_absent_file_reads_as_none(tmp_path: Path) -> None:
    assert read_json(tmp_path / "a.json") is None


@pytest.mark.parametrize("supported", [True, False])
def test_reserved_file_has_the_size_and_keeps_its_content(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, supported: bool
) -> None:
    if not supported:

        def unsupported(*_: int) -> None:
            raise OSError(errno.EOPNOTSUPP, "Operation not supported")

        monkeypatch.setattr("os.posix_fallocate", unsupported)
    path = tmp_path / "a.bin"
    with path.open("wb") as file:
        file.write(b"head")
        file.flush()
        reserve(file.fileno(), 1000)
    assert path.read_bytes() == b"head" + bytes(996)


def test_a_full_disk_and_a_used_up_quota_are_recognised() -> None:
    assert is_full_disk(OSError(errno.ENOSPC, ""))
    assert is_full_disk(OSError(errno.EDQUOT, ""))
    assert not is_full_disk(OSError(errno.EIO, ""))


@pytest.mark.parametrize(
    ("num_bytes", "words"),
    [(0, "0 B"), (999, "999 B"), (1000, "1 KB"), (1_340_000_000, "1.34 GB"), (2e12, "2 TB")],
)
def test_sizes_have_three_digits(num_bytes: float, words: str) -> None:
    assert in_words(num_bytes) == words
