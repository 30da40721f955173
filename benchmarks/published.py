"""A cell that the paper prints, and how sure we are that it prints it."""

from __future__ import annotations

import re
from dataclasses import dataclass

EVIDENCE = {
    "": "seen in the paper's text, or quoted by a later publication that was read",
    "~": "recollected, and consistent with the arithmetic (F1 of P and R, row means), but not seen",
    "?": "recollected; not checkable, or inconsistent",
}
NOTHING_PRINTED = "-"


@dataclass(frozen=True)
class PublishedCell:
    """One number of a published table.

    Attributes:
        value: in percent; None where the paper prints nothing.
        mark: the evidence: one of the keys of `EVIDENCE`; empty without a value.
    """

    value: float | None = None
    mark: str = ""

    @classmethod
    def parse(cls, content: object) -> PublishedCell:
        """A cell from its YAML form: 59.0, "60.2~", "47.4?" or null.

        Raises:
            ValueError: another form, or a value outside 0..100.
        """
        if content is None:
            return cls()
        found = re.fullmatch(r"(\d+(?:\.\d+)?)([~?]?)", str(content))
        if isinstance(content, bool) or not found or not 0 <= float(found[1]) <= 100:
            raise ValueError(
                f"a percentage such as 59.0, with ~ or ? behind it where it was not seen "
                f"(60.2~), or null where the paper prints nothing; got {content!r}"
            )
        return cls(float(found[1]), found[2])

    def __str__(self) -> str:
        """As in the table: `60.2~`."""
        return NOTHING_PRINTED if self.value is None else f"{self.value:.1f}{self.mark}"
