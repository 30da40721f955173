"""Text files by line, for formats that are lists: every message can name the line."""

from pathlib import Path

from data_modules.errors import DataError, shown


def read_lines(file: Path, content: str, how_to_get: str) -> list[tuple[int, str]]:
    r"""The lines of a file that hold anything but blanks, with their numbers from 1 on.

    Lines end in \n or \r\n; a byte order mark is dropped; blanks at both ends are dropped.

    Args:
        file: UTF-8 text.
        content: what the file is, for the message when it is missing.
        how_to_get: what to do then.

    Raises:
        DataError: the file is missing, cannot be read, or has bytes that are no UTF-8.
    """
    raw = _read(file, content, how_to_get)
    lines = []
    for number, line in enumerate(raw.split(b"\n"), start=1):
        text = _decoded(file, number, line).strip()
        if text:
            lines.append((number, text))
    return lines


def read_text(file: Path, content: str, how_to_get: str) -> str:
    """A whole UTF-8 file without its byte order mark; raises as `read_lines` does."""
    raw = _read(file, content, how_to_get)
    return "\n".join(
        _decoded(file, number, line) for number, line in enumerate(raw.split(b"\n"), start=1)
    )


def _read(file: Path, content: str, how_to_get: str) -> bytes:
    try:
        return file.read_bytes().removeprefix(b"\xef\xbb\xbf")
    except FileNotFoundError:
        raise DataError(file, "", content, "nothing: it is missing", how_to_get) from None
    except (OSError, ValueError) as error:
        raise DataError(file, "", f"{content} that can be read", str(error), how_to_get) from None


def _decoded(file: Path, number: int, line: bytes) -> str:
    try:
        return line.decode()
    except UnicodeDecodeError:
        fix = "save the file as UTF-8"
        raise DataError(file, number, "UTF-8 text", shown(line), fix) from None
