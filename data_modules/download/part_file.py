"""A download that is not whole yet: its bytes, and which version on the server they are of."""

import json
from pathlib import Path


class PartFile:
    """`<name>.part`, and `<name>.part.json` beside it.

    Args:
        target: what the file is called once it is whole.

    Attributes:
        path: of the bytes.
        name: of the whole file.
    """

    def __init__(self, target: Path) -> None:
        self.path = target.with_name(f"{target.name}.part")
        self.name = target.name
        self._memory = target.with_name(f"{target.name}.part.json")

    @property
    def length(self) -> int:
        """Bytes that are there; 0 where there is no file."""
        return self.path.stat().st_size if self.path.exists() else 0

    @property
    def validator(self) -> str | None:
        """The ETag or date of the version that the bytes are of; None where it is not known."""
        try:
            memory = json.loads(self._memory.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return None
        validator = memory.get("validator") if isinstance(memory, dict) else None
        return validator if isinstance(validator, str) else None

    def begin(self, validator: str | None) -> None:
        """Forgets all bytes, and notes the version of those to come before the first is kept."""
        self.discard()
        if validator:
            self._memory.write_text(json.dumps({"validator": validator}), encoding="utf-8")

    def discard(self) -> None:
        """Removes all that is there."""
        self.path.unlink(missing_ok=True)
        self._memory.unlink(missing_ok=True)

    def finish(self, target: Path) -> None:
        """Gives the whole file its name."""
        self._memory.unlink(missing_ok=True)
        self.path.replace(target)
