import random
import socket
from pathlib import Path
from typing import Any

import pytest

from data_modules.download.part_file import PartFile
from data_modules.download.transfer import AddressError, Patience, transfer

BODY = random.Random(0).randbytes(300_000)
PATIENCE = Patience(timeout=10, attempts=2, backoff=0)
Server = Any
Answers = Any


@pytest.fixture
def part(tmp_path: Path) -> PartFile:
    return PartFile(tmp_path / "a.zip")


@pytest.fixture
def url(server: Server) -> str:
    server.files["/a.zip"] = BODY
    address: str = server.url("/a.zip")
    return address


def test_a_file_arrives_whole(url: str, part: PartFile) -> None:
    transfer(url, part, len(BODY), PATIENCE)
    assert part.path.read_bytes() == BODY


def test_a_dropped_connection_goes_on_where_it_ended(
    server: Server, answers: Answers, url: str, part: PartFile
) -> None:
    server.plan = [answers.drop_after(100_000), answers.drop_after(50_000)]
    transfer(url, part, len(BODY), PATIENCE)
    assert part.path.read_bytes() == BODY
    assert server.ranges == [None, "bytes=100000-", "bytes=150000-"]


def test_more_drops_than_attempts_are_survived_while_bytes_come(
    server: Server, answers: Answers, url: str, part: PartFile
) -> None:
    server.plan = [answers.drop_after(30_000) for _ in range(8)]
    transfer(url, part, len(BODY), PATIENCE)
    assert part.path.read_bytes() == BODY
    assert len(server.requests) == 9


def test_an_earlier_run_is_gone_on_with(
    server: Server, answers: Answers, url: str, part: PartFile
) -> None:
    server.plan = [answers.drop_after(1000), answers.status(404)]
    with pytest.raises(AddressError, match="HTTP 404"):
        transfer(url, part, len(BODY), PATIENCE)
    transfer(url, part, len(BODY), PATIENCE)
    assert server.ranges[-1] == "bytes=1000-"
    assert part.path.read_bytes() == BODY


def test_a_new_version_on_the_server_is_begun_anew(
    server: Server, answers: Answers, url: str, part: PartFile
) -> None:
    server.plan = [answers.drop_after(1000), answers.status(404)]
    with pytest.raises(AddressError):
        transfer(url, part, None, PATIENCE)
    server.files["/a.zip"] = BODY[::-1]
    transfer(url, part, None, PATIENCE)
    assert server.ranges[-1] == "bytes=1000-"
    assert part.path.read_bytes() == BODY[::-1]


def test_a_server_that_ignores_range_is_read_from_the_beginning(
    server: Server, answers: Answers, url: str, part: PartFile
) -> None:
    server.plan = [answers.drop_after(1000), answers.without_range]
    transfer(url, part, len(BODY), PATIENCE)
    assert part.path.read_bytes() == BODY


def test_a_server_that_always_drops_at_one_place_is_given_up(
    server: Server, answers: Answers, url: str, part: PartFile
) -> None:
    server.plan = [answers.drop_after(1000, resumable=False) for _ in range(10)]
    with pytest.raises(AddressError, match=r"after 1,000 of 300,000 bytes \(2 attempts in a row\)"):
        transfer(url, part, len(BODY), PATIENCE)
    assert len(server.requests) == 3


def test_bytes_of_unknown_version_are_not_gone_on_with(
    server: Server, url: str, part: PartFile
) -> None:
    part.path.write_bytes(b"of whom?")
    transfer(url, part, len(BODY), PATIENCE)
    assert part.path.read_bytes() == BODY
    assert server.ranges == [None]


def test_the_bytes_of_another_place_are_not_appended(
    server: Server, answers: Answers, url: str, part: PartFile
) -> None:
    server.plan = [answers.drop_after(1000), answers.other_place]
    transfer(url, part, len(BODY), PATIENCE)
    assert part.path.read_bytes() == BODY


def test_a_range_behind_the_end_is_begun_anew(server: Server, url: str, part: PartFile) -> None:
    part.begin('"any"')
    part.path.write_bytes(BODY + b"more")
    server.plan = [lambda handler, _: handler.head(416, 0)]
    transfer(url, part, None, PATIENCE)
    assert part.path.read_bytes() == BODY


def test_a_part_that_is_too_long_is_begun_anew(server: Server, url: str, part: PartFile) -> None:
    part.begin('"any"')
    part.path.write_bytes(BODY + b"more")
    transfer(url, part, len(BODY), PATIENCE)
    assert part.path.read_bytes() == BODY
    assert server.ranges == [None]


def test_a_whole_part_asks_nothing(server: Server, url: str, part: PartFile) -> None:
    part.path.write_bytes(BODY)
    transfer(url, part, len(BODY), PATIENCE)
    assert server.requests == []


def test_a_silent_server_is_left_and_asked_again(
    server: Server, answers: Answers, url: str, part: PartFile
) -> None:
    server.plan = [answers.fall_silent]
    transfer(url, part, len(BODY), Patience(timeout=0.2, attempts=3, backoff=0))
    assert part.path.read_bytes() == BODY
    assert len(server.requests) >= 2


@pytest.mark.parametrize("code", [429, 500, 503])
def test_a_passing_state_is_asked_again(
    server: Server, answers: Answers, url: str, part: PartFile, code: int
) -> None:
    server.plan = [answers.status(code)]
    transfer(url, part, len(BODY), PATIENCE)
    assert part.path.read_bytes() == BODY


@pytest.mark.parametrize("code", [401, 403, 404, 410])
def test_a_lasting_state_is_not_asked_again(
    server: Server, answers: Answers, url: str, part: PartFile, code: int
) -> None:
    server.plan = [answers.status(code)]
    with pytest.raises(AddressError, match=f"HTTP {code}"):
        transfer(url, part, len(BODY), PATIENCE)
    assert len(server.requests) == 1


def test_a_server_that_keeps_failing_is_given_up(
    server: Server, answers: Answers, url: str, part: PartFile
) -> None:
    server.plan = [answers.status(500) for _ in range(10)]
    with pytest.raises(AddressError, match=r"HTTP 500 .* \(2 attempts in a row\)"):
        transfer(url, part, len(BODY), PATIENCE)
    assert len(server.requests) == 2


def test_a_login_page_is_not_stored(
    server: Server, answers: Answers, url: str, part: PartFile
) -> None:
    server.plan = [answers.other_bytes(b"<html>please log in</html>", "text/html")]
    with pytest.raises(AddressError, match=r"26 bytes \(text/html\), not 300,000"):
        transfer(url, part, len(BODY), PATIENCE)
    assert part.length == 0


def test_an_endless_answer_is_refused(
    server: Server, answers: Answers, url: str, part: PartFile
) -> None:
    server.files["/a.zip"] = BODY + b"more"
    server.plan = [answers.without_length]
    with pytest.raises(AddressError, match="more than 300,000 bytes"):
        transfer(url, part, len(BODY), PATIENCE)
    assert part.length == 0


def test_a_length_that_nobody_tells_is_taken_as_it_comes(
    server: Server, answers: Answers, url: str, part: PartFile
) -> None:
    server.plan = [answers.without_length]
    transfer(url, part, None, PATIENCE)
    assert part.path.read_bytes() == BODY


def test_nobody_listening_is_said(part: PartFile) -> None:
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        address = f"http://127.0.0.1:{silent.getsockname()[1]}/a.zip"
        with pytest.raises(AddressError, match=r"no answer .* \(2 attempts in a row\)"):
            transfer(address, part, len(BODY), PATIENCE)
