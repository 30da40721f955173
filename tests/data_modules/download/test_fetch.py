import hashlib
import random
from pathlib import Path
from typing import Any

import pytest

from data_modules.download.fetch import fetch
from data_modules.download.transfer import Patience
from data_modules.errors import DataError

BODY = random.Random(1).randbytes(50_000)
SHA256 = hashlib.sha256(BODY).hexdigest()
PATIENCE = Patience(timeout=10, attempts=2, backoff=0)
Server = Any
Answers = Any


@pytest.fixture
def url(server: Server) -> str:
    server.files["/a.zip"] = BODY
    address: str = server.url("/a.zip")
    return address


def test_a_verified_file_gets_its_name_and_its_sha256(url: str, tmp_path: Path) -> None:
    target = tmp_path / "new" / "a.zip"
    assert fetch([url], target, len(BODY), SHA256, PATIENCE) == SHA256
    assert target.read_bytes() == BODY
    assert (tmp_path / "new" / "a.zip.sha256").read_text() == f"{SHA256}  a.zip\n"
    assert sorted(path.name for path in target.parent.iterdir()) == ["a.zip", "a.zip.sha256"]


def test_without_a_published_sum_the_computed_one_is_recorded(url: str, tmp_path: Path) -> None:
    assert fetch([url], tmp_path / "a.zip", patience=PATIENCE) == SHA256
    assert (tmp_path / "a.zip.sha256").read_text() == f"{SHA256}  a.zip\n"


def test_wrong_bytes_never_get_the_name(
    server: Server, answers: Answers, url: str, tmp_path: Path
) -> None:
    server.plan = [answers.other_bytes(BODY[::-1])]
    with pytest.raises(DataError, match=rf"a\.zip: .* other bytes .* not {SHA256}\) from {url}"):
        fetch([url], tmp_path / "a.zip", len(BODY), SHA256, PATIENCE)
    assert list(tmp_path.iterdir()) == []


def test_damage_in_an_earlier_run_is_mended(
    server: Server, answers: Answers, url: str, tmp_path: Path
) -> None:
    server.plan = [answers.drop_after(1000), answers.status(404)]
    with pytest.raises(DataError, match=r"a\.zip\.part is kept"):
        fetch([url], tmp_path / "a.zip", len(BODY), SHA256, PATIENCE)
    (tmp_path / "a.zip.part").write_bytes(b"x" * 1000)
    fetch([url], tmp_path / "a.zip", len(BODY), SHA256, PATIENCE)
    assert (tmp_path / "a.zip").read_bytes() == BODY
    assert server.ranges[-2:] == ["bytes=1000-", None]


def test_the_second_address_goes_on_where_the_first_ended(
    server: Server, answers: Answers, url: str, tmp_path: Path
) -> None:
    server.files["/mirror"] = BODY
    server.plan = [answers.drop_after(1000), answers.status(404)]
    fetch([url, server.url("/mirror")], tmp_path / "a.zip", len(BODY), SHA256, PATIENCE)
    assert (tmp_path / "a.zip").read_bytes() == BODY
    assert [path for path, _ in server.requests] == ["/a.zip", "/a.zip", "/mirror"]
    assert server.ranges[-1] == "bytes=1000-"


def test_the_error_names_every_address_the_file_and_the_way_out(
    server: Server, url: str, tmp_path: Path
) -> None:
    other = server.url("/gone")
    del server.files["/a.zip"]
    with pytest.raises(DataError) as caught:
        fetch([url, other], tmp_path / "a.zip", 7, SHA256, PATIENCE)
    message = str(caught.value)
    assert message.startswith(f"{tmp_path / 'a.zip'}: expected a download of 7 bytes, got ")
    assert f"HTTP 404 Not Found from {url} and HTTP 404 Not Found from {other}" in message
    assert "run the command again" in message


def test_a_file_that_is_there_is_verified_and_not_fetched(
    server: Server, url: str, tmp_path: Path
) -> None:
    (tmp_path / "a.zip").write_bytes(BODY)
    assert fetch([url], tmp_path / "a.zip", len(BODY), SHA256) == SHA256
    assert server.requests == []


@pytest.mark.parametrize("content", [BODY[:-1], BODY[::-1]], ids=["shorter", "others"])
def test_another_file_of_that_name_is_refused_and_left(
    url: str, tmp_path: Path, content: bytes
) -> None:
    (tmp_path / "a.zip").write_bytes(content)
    with pytest.raises(DataError, match=r"a\.zip: .*delete it"):
        fetch([url], tmp_path / "a.zip", len(BODY), SHA256)
    assert (tmp_path / "a.zip").read_bytes() == content
