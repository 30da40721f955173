"""The argument parser of the command line: a mistake is answered in one line."""

import difflib
import inspect
import re
import sys
from collections.abc import Iterator
from dataclasses import fields
from typing import Any, NoReturn

from lightning.pytorch import LightningDataModule, LightningModule
from lightning.pytorch.cli import LightningArgumentParser

from cnn_rnn.backbones import BackboneSpec

_NOISE = re.compile(
    r"Subtypes: |Errors:$|Given value|Does not validate against|Expected a <class 'NoneType'>"
    r"|Expected a path but "
)
_UNKNOWN = re.compile(r"unrecognized arguments: (--[^\s=]+)|Option '([^']+)' is not accepted", re.I)


class OneLineParser(LightningArgumentParser):
    """Prints `error: ...` and, where a name looks mistyped, the right one; exits with status 2."""

    def error(self, message: str, ex: Exception | None = None) -> NoReturn:
        """Says what is wrong and exits.

        Args:
            message: jsonargparse's, of one or several lines.
            ex: what caused it.
        """
        line = one_line(message)
        unknown = _UNKNOWN.search(line)
        if unknown:
            name = unknown[1] or unknown[2]
            known = set(_option_strings(self)) if unknown[1] else set(_parameters())
            close = difflib.get_close_matches(name, sorted(known), n=1)
            line += f"; did you mean {close[0]}?" if close else ""
        sys.stderr.write(f"error: {line}\n")
        raise SystemExit(2) from ex


def one_line(message: str) -> str:
    """What a message of jsonargparse says, without the types it tried before."""
    lines = (line.strip().removeprefix("- ") for line in message.splitlines())
    return " ".join(line for line in lines if line and not _NOISE.match(line))


def _option_strings(parser: Any) -> Iterator[str]:
    """Options of a parser and of its subcommands."""
    for action in parser._actions:
        yield from action.option_strings
        if isinstance(action.choices, dict):
            for subparser in action.choices.values():
                yield from _option_strings(subparser)


def _parameters() -> Iterator[str]:
    """Parameters of every model and data module that was imported, and of backbones."""
    yield from (field.name for field in fields(BackboneSpec))
    classes: list[type] = [LightningModule, LightningDataModule]
    while classes:
        subclasses: list[type] = classes.pop().__subclasses__()
        classes += subclasses
        for subclass in subclasses:
            yield from inspect.signature(subclass).parameters
