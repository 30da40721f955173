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
    try:
        raw = file.read_bytes()
    except FileNotFoundError:
        raise DataError(file, "", content, "nothing: it is missing", how_to_get) from None
    except (OSError, ValueError) as error:
        raise DataError(file, "", f"{content} that can be read", str(error), how_to_get) from None
    lines = []
    for number, line in enumerate(raw.removeprefix(b"\xef\xbb\xbf").split(b"\n"), start=1):
        try:
            text = line.decode().strip()
        except UnicodeDecodeError:
            fix = "save the file as UTF-8"
            raise DataError(file, number, "UTF-8 text", shown(line), fix) from None
        if text:
            lines.append((number, text))
    return lines
