import io
import random
import stat
import tarfile
import zipfile
from collections.abc import Callable, Sequence
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from data_modules.download.unpack import unpack
from data_modules.errors import DataError

Files = Sequence[tuple[str, bytes]]
PHOTO = random.Random(2).randbytes(40_000)
GOOD: Files = [("set/", b""), ("set/a.jpg", PHOTO), ("set/deep/b.txt", b"1\n"), ("c é.txt", b"")]
LIMIT = 1_000_000


def write_zip(file: Path, files: Files, compression: int = zipfile.ZIP_DEFLATED) -> Path:
    with zipfile.ZipFile(file, "w", compression) as archive:
        for name, content in files:
            info = zipfile.ZipInfo("placeholder")
            info.filename = name  # the constructor mends some names
            info.compress_type = compression
            archive.writestr(info, content)
    return file


def write_tar(file: Path, files: Files) -> Path:
    with tarfile.open(file, "w") as archive:
        for name, content in files:
            info = tarfile.TarInfo(name)
            info.size = len(content)
            if name.endswith("/"):
                info.type = tarfile.DIRTYPE
            archive.addfile(info, io.BytesIO(content))
    return file


WRITERS: dict[str, Callable[[Path, Files], Path]] = {"zip": write_zip, "tar": write_tar}


def write(kind: str, folder: Path, files: Files) -> Path:
    return WRITERS[kind](folder / f"archive.{kind}", files)


def tree(root: Path) -> dict[str, bytes]:
    return {
        path.relative_to(root).as_posix(): path.read_bytes()
        for path in sorted(root.rglob("*"))
        if path.is_file()
    }


def assert_refused(archive: Path, tmp_path: Path, match: str, limit: int = LIMIT) -> None:
    """The error names the archive, and nothing was written: neither inside nor outside."""
    before = sorted(tmp_path.rglob("*"))
    with pytest.raises(DataError, match=match) as caught:
        unpack(archive, tmp_path / "root", limit)
    assert str(caught.value).startswith(str(archive))
    left = set(tmp_path.rglob("*")) - set(before) - {tmp_path / "root"}
    assert left == set()


@pytest.mark.parametrize("kind", WRITERS)
def test_files_come_out_as_they_went_in(kind: str, tmp_path: Path) -> None:
    result = unpack(write(kind, tmp_path, GOOD), tmp_path / "root", LIMIT)
    assert tree(tmp_path / "root") == {name: data for name, data in GOOD if name != "set/"}
    assert result == (3, 40_002)
    assert sorted(path.name for path in (tmp_path / "root").iterdir()) == ["c é.txt", "set"]


@pytest.mark.parametrize("kind", WRITERS)
def test_a_leading_dot_is_the_target_itself(kind: str, tmp_path: Path) -> None:
    unpack(write(kind, tmp_path, [("./", b""), ("./a", b"1")]), tmp_path / "root", LIMIT)
    assert tree(tmp_path / "root") == {"a": b"1"}


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize(
    "name",
    [
        "../outside",
        "set/../../outside",
        "set/..",
        "/tmp/outside",
        "//server/outside",
        "..\\outside",
        "C:\\outside",
        "C:outside",
        "set\nname",
        "\x1b[2J",
        "",
        ".",
    ],
    ids=ascii,
)
def test_a_name_that_may_lead_outside_is_refused(kind: str, name: str, tmp_path: Path) -> None:
    archive = write(kind, tmp_path, [("good", b"1"), (name, b"2")])
    assert_refused(archive, tmp_path, "nothing was unpacked")


def test_a_name_with_a_zero_byte_is_refused(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "a.zip", [("goodXbad", b"1")])
    archive.write_bytes(archive.read_bytes().replace(b"goodXbad", b"good\0bad"))
    assert_refused(archive, tmp_path, "a name that no file should have")


@pytest.mark.parametrize("kind", WRITERS)
@pytest.mark.parametrize(
    "names",
    [("a", "a"), ("a", "A"), ("a", "a/b"), ("a/b", "a"), ("x/ä", "X/Ä"), ("a", "./a"), ("a/", "a")],
    ids=str,
)
@pytest.mark.filterwarnings("ignore:Duplicate name")
def test_a_name_that_comes_twice_is_refused(
    kind: str, names: tuple[str, str], tmp_path: Path
) -> None:
    archive = write(kind, tmp_path, [(name, b"" if name == "a/" else b"1") for name in names])
    assert_refused(archive, tmp_path, "expected each name once")


@pytest.mark.parametrize(
    "kind",
    [
        tarfile.SYMTYPE,
        tarfile.LNKTYPE,
        tarfile.CHRTYPE,
        tarfile.BLKTYPE,
        tarfile.FIFOTYPE,
        b"Z",
    ],
)
def test_a_tar_with_a_link_or_device_is_refused(kind: bytes, tmp_path: Path) -> None:
    archive = tmp_path / "a.tar"
    with tarfile.open(archive, "w") as tar:
        info = tarfile.TarInfo("evil")
        info.type = kind
        info.linkname = "/etc/passwd"
        tar.addfile(info)
    assert_refused(archive, tmp_path, "plain files and folders only")


@pytest.mark.parametrize("kind", [stat.S_IFLNK, stat.S_IFCHR, stat.S_IFBLK, stat.S_IFIFO])
def test_a_zip_with_a_link_or_device_is_refused(kind: int, tmp_path: Path) -> None:
    archive = tmp_path / "a.zip"
    with zipfile.ZipFile(archive, "w") as opened:
        info = zipfile.ZipInfo("evil")
        info.external_attr = (kind | 0o777) << 16
        opened.writestr(info, "/etc/passwd")
    assert_refused(archive, tmp_path, "plain files and folders only")


def test_a_tar_that_goes_through_its_own_link_is_refused(tmp_path: Path) -> None:
    archive = tmp_path / "a.tar"
    with tarfile.open(archive, "w") as tar:
        link = tarfile.TarInfo("folder")
        link.type, link.linkname = tarfile.SYMTYPE, str(tmp_path)
        tar.addfile(link)
        inner = tarfile.TarInfo("folder/outside")
        inner.size = 1
        tar.addfile(inner, io.BytesIO(b"1"))
    assert_refused(archive, tmp_path, "plain files and folders only")


def test_an_encrypted_zip_is_refused(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "a.zip", [("a", b"1")])
    data = bytearray(archive.read_bytes())
    data[data.index(b"PK\x01\x02") + 8] |= 1
    archive.write_bytes(data)
    assert_refused(archive, tmp_path, "an encrypted one")


def test_a_compression_without_bounds_on_its_cost_is_refused(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "a.zip", [("a", b"1")], zipfile.ZIP_LZMA)
    assert_refused(archive, tmp_path, "compression 14")


@pytest.mark.parametrize("kind", WRITERS)
def test_more_bytes_than_the_catalogue_allows_are_a_bomb(kind: str, tmp_path: Path) -> None:
    archive = write(kind, tmp_path, [("a", bytes(60)), ("b", bytes(60))])
    assert_refused(archive, tmp_path, "at most 100 bytes of files, got 120: a bomb", limit=100)


@pytest.mark.parametrize("kind", WRITERS)
def test_more_files_than_allowed_are_a_bomb(kind: str, tmp_path: Path) -> None:
    archive = write(kind, tmp_path, [(str(number), b"") for number in range(4)])
    with pytest.raises(DataError, match="at most 3 files"):
        unpack(archive, tmp_path / "root", LIMIT, max_files=3)


def test_a_zip_that_claims_less_than_it_holds_is_refused(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "a.zip", [("a", bytes(100_000))])
    data = bytearray(archive.read_bytes())
    for signature, offset in ((b"PK\x03\x04", 22), (b"PK\x01\x02", 24)):
        place = data.index(signature) + offset
        data[place : place + 4] = (10).to_bytes(4, "little")
    archive.write_bytes(data)
    assert_refused(archive, tmp_path, "damaged")


@pytest.mark.parametrize("kind", WRITERS)
def test_a_truncated_archive_is_refused(kind: str, tmp_path: Path) -> None:
    archive = write(kind, tmp_path, GOOD)
    # Of a tar the padding at the end may go; the end mark may not.
    archive.write_bytes(archive.read_bytes()[:20_000])
    assert_refused(archive, tmp_path, "damaged")


def test_a_zip_with_a_flipped_bit_is_refused(tmp_path: Path) -> None:
    archive = write_zip(tmp_path / "a.zip", GOOD, zipfile.ZIP_STORED)
    data = bytearray(archive.read_bytes())
    data[20_000] ^= 1
    archive.write_bytes(data)
    assert_refused(archive, tmp_path, "damaged")


def test_a_tar_with_a_damaged_header_is_not_taken_as_its_end(tmp_path: Path) -> None:
    archive = write_tar(tmp_path / "a.tar", [("a", b"1"), ("b", b"2")])
    data = bytearray(archive.read_bytes())
    data[1024] ^= 0xFF  # the first byte of the second header
    archive.write_bytes(data)
    assert_refused(archive, tmp_path, "damaged .*no end of the archive at byte 1,024")


def test_a_compressed_tar_is_no_tar(tmp_path: Path) -> None:
    archive = tmp_path / "a.tar"
    with tarfile.open(archive, "w:gz") as tar:
        tar.addfile(tarfile.TarInfo("a"))
    assert_refused(archive, tmp_path, "damaged")


def test_an_html_page_is_no_archive(tmp_path: Path) -> None:
    for suffix in WRITERS:
        archive = tmp_path / f"a.{suffix}"
        archive.write_text("<html>" * 1000)
        assert_refused(archive, tmp_path, "damaged")


@pytest.mark.parametrize("kind", WRITERS)
@settings(
    max_examples=150,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(data=st.data())
def test_no_other_error_escapes_whatever_the_bytes(
    kind: str, data: st.DataObject, tmp_path_factory: pytest.TempPathFactory
) -> None:
    folder = tmp_path_factory.mktemp("fuzz")
    archive = write(kind, folder, [("a/b", b"12345" * 20), ("é", b"")])
    content = bytearray(archive.read_bytes()[:4096])
    places = st.tuples(st.integers(0, len(content) - 1), st.integers(0, 255))
    for place, value in data.draw(st.lists(places, min_size=1, max_size=8)):
        content[place] = value
    archive.write_bytes(content[: data.draw(st.integers(0, len(content)))])
    try:
        unpack(archive, folder / "root", LIMIT)
    except DataError:
        assert not (folder / "root").exists() or list((folder / "root").iterdir()) == []
    outside = {path.name for path in folder.iterdir()}
    assert outside <= {archive.name, "root"}
