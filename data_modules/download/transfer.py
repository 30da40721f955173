"""Bytes over HTTP until a file is whole: attempts, resumption, and what each answer means."""

import http.client
import logging
import re
import ssl
import time
import urllib.error
import urllib.request
from dataclasses import dataclass
from typing import Never

from tqdm import tqdm

from data_modules.download.part_file import PartFile

logger = logging.getLogger(__name__)

_CHUNK = 1 << 20
_PASSING = {408, 425, 429, 500, 502, 503, 504}  # HTTP states that waiting may mend
_LONGEST_WAIT = 60.0  # seconds, our choice


@dataclass(frozen=True)
class Patience:
    """How long to try.

    Attributes:
        timeout: seconds without a single byte after which a connection is given up.
        attempts: in a row that bring no new byte; then the next address is tried.
        backoff: seconds before the second attempt, doubled with each further one.
    """

    timeout: float = 30.0
    attempts: int = 6
    backoff: float = 1.0


class AddressError(Exception):
    """This address will not do; another may."""


class _PassingFaultError(Exception):
    """Try again."""


def transfer(url: str, part: PartFile, size: int | None, patience: Patience) -> None:
    """Brings a part file to its end; nothing is verified but its length.

    Args:
        url: http or https.
        part: goes on where it ends, if the server still has the same version.
        size: bytes of the whole; None takes what the server says.
        patience: of connections.

    Raises:
        AddressError: the server has no such file or another one, or `patience` is at its end.
        OSError: the disk is full.
    """
    longest, failures = part.length, 0
    with progress_bar(part.name, size) as bar:
        while True:
            try:
                _attempt(url, part, size, patience.timeout, bar)
                return
            except _PassingFaultError as fault:
                problem = str(fault)
            # Only bytes that were never there count: a server that cannot resume begins anew, and
            # may break off at the same place for ever.
            failures = 0 if part.length > longest else failures + 1
            longest = max(longest, part.length)
            if failures >= patience.attempts:
                raise AddressError(f"{problem} ({failures} attempts in a row)")
            wait = min(patience.backoff * 2 ** max(0, failures - 1), _LONGEST_WAIT)
            logger.info("%s: %s; trying again in %.0f s", part.name, problem, wait)
            time.sleep(wait)


def progress_bar(title: str, total: int | None) -> "tqdm[Never]":
    """A bar that counts bytes; silent where the output is no terminal."""
    return tqdm(desc=title, total=total, unit="B", unit_scale=True, disable=None)


def _attempt(
    url: str, part: PartFile, size: int | None, timeout: float, bar: "tqdm[Never]"
) -> None:
    """One connection.

    Raises:
        _PassingFaultError: it broke; what came is kept.
        AddressError: the server has no such file, or another one.
    """
    if size is not None and part.length == size:
        return
    have, validator = part.length, part.validator
    if validator is None or (size is not None and have > size):
        part.discard()
        have = 0
    headers = {"User-Agent": "cnn-rnn", "Accept-Encoding": "identity"}
    if have and validator:
        # If-Range: of another version, the server sends all from the beginning.
        headers |= {"Range": f"bytes={have}-", "If-Range": validator}
    with _open(urllib.request.Request(url, headers=headers), part, timeout) as response:
        start = _start(response, part, have)
        length = response.headers.get("Content-Length", "")
        total = start + int(length) if length.isdecimal() else None
        if size is not None and total is not None and total != size:
            kind = response.headers.get("Content-Type", "no type")
            raise AddressError(f"a file of {total:,} bytes ({kind}), not {size:,}")
        if not start:
            part.begin(_validator(response.headers))
        whole = total if size is None else size
        bar.total, bar.n = whole, start
        bar.refresh()
        _store(response, part, whole, bar)
    if whole is not None and part.length < whole:
        raise _PassingFaultError(f"the connection ended after {part.length:,} of {whole:,} bytes")
    if whole is not None and part.length > whole:
        part.discard()
        raise AddressError(f"more than {whole:,} bytes")


def _open(
    request: urllib.request.Request, part: PartFile, timeout: float
) -> http.client.HTTPResponse:
    try:
        response: http.client.HTTPResponse = urllib.request.urlopen(request, timeout=timeout)
    except urllib.error.HTTPError as error:
        error.close()
        if error.code == 416:  # the file on the server is not longer than what is here
            part.discard()
            raise _PassingFaultError("HTTP 416: nothing left to resume") from None
        problem = f"HTTP {error.code} {error.reason}"
        if error.code in _PASSING:
            raise _PassingFaultError(problem) from None
        raise AddressError(problem) from None
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        if isinstance(reason, ssl.SSLCertVerificationError):
            raise AddressError(f"a certificate that cannot be trusted ({reason})") from None
        raise _PassingFaultError(f"no answer ({_in_words(reason)})") from None
    return response


def _start(response: http.client.HTTPResponse, part: PartFile, have: int) -> int:
    """The position of the first byte that comes."""
    if response.status != 206:
        if have:
            logger.info("%s: the server does not resume it; starting again", part.name)
        return 0
    content_range = response.headers.get("Content-Range", "")
    if re.match(rf"bytes {have}-", content_range) is None:
        part.discard()
        raise _PassingFaultError(f"the bytes of another place ({content_range!r})")
    return have


def _store(
    response: http.client.HTTPResponse, part: PartFile, whole: int | None, bar: "tqdm[Never]"
) -> None:
    with part.path.open("ab") as stream:
        while chunk := _read(response):
            stream.write(chunk)
            bar.update(len(chunk))
            if whole is not None and stream.tell() > whole:
                return


def _read(response: http.client.HTTPResponse) -> bytes:
    try:
        # One piece as it comes: `read` loses what it holds when the connection breaks.
        return response.read1(_CHUNK)
    except (OSError, http.client.HTTPException) as error:
        raise _PassingFaultError(f"the connection broke ({_in_words(error)})") from None


def _validator(headers: http.client.HTTPMessage) -> str | None:
    etag = headers.get("ETag", "")
    # A weak tag (W/"...") does not promise equal bytes.
    return etag if etag.startswith('"') else headers.get("Last-Modified")


def _in_words(error: object) -> str:
    return str(error) or type(error).__name__
