"""What `lightning check` found, and how a person reads it."""

from collections.abc import Sequence
from dataclasses import dataclass, field

_FREQUENT = 10  # labels shown at either end
_BAR = 40  # characters of the longest bar


@dataclass(frozen=True)
class SplitReport:
    """One split.

    Attributes:
        name: of the split.
        images: that its annotations list.
        used: what was taken of the split, in words.
        histogram: how many images have each number of labels.
        label_counts: for each label, how many images have it.
        ignored: labels of images that are neither right nor wrong.
        missing: a message for each file that is not there or empty.
        broken: a message for each file that is no readable image.
        official: the numbers of images of the official edition, in words; "" where there is none.
    """

    name: str
    images: int
    used: str
    histogram: dict[int, int]
    label_counts: list[int]
    ignored: int
    missing: list[str]
    broken: list[str]
    official: str = ""

    @property
    def mean_labels(self) -> float:
        """Labels an image."""
        return sum(number * count for number, count in self.histogram.items()) / self.images

    def frequent(self, label_names: Sequence[str], least: bool = False) -> list[tuple[str, int]]:
        """The ten most (or least) frequent labels with their counts; ties in label order."""
        pairs = list(zip(label_names, self.label_counts, strict=True))
        return sorted(pairs, key=lambda pair: pair[1] if least else -pair[1])[:_FREQUENT]


@dataclass(frozen=True)
class CheckReport:
    """All that was found.

    Attributes:
        title: of the data set.
        root: its folder.
        label_names: in the order of the columns; empty if nothing could be read.
        splits: those that could be read.
        errors: what is broken.
        warnings: what differs from the official edition or from what one would expect.
        on_error: of the data module: `skip` leaves bad files out, `skip_missing` missing ones, so
            that they are no errors.
    """

    title: str
    root: str
    label_names: list[str]
    splits: list[SplitReport]
    errors: list[str] = field(default_factory=list)
    warnings: list[str] = field(default_factory=list)
    on_error: str = "raise"

    @property
    def exit_code(self) -> int:
        """0 if nothing is broken, 1 otherwise."""
        return 1 if self.errors or self._bad_files() else 0

    def _bad_files(self) -> int:
        """Files that stop a training run."""
        missing = sum(len(split.missing) for split in self.splits)
        broken = sum(len(split.broken) for split in self.splits)
        counted = {"raise": missing + broken, "skip_missing": broken, "skip": 0}
        return counted[self.on_error]

    def text(self, limit: int | None = 20) -> str:
        """The report in words.

        Args:
            limit: messages shown of each kind; None shows all.
        """
        lines = [f"{self.title} in {self.root}"]
        if self.label_names:
            names = ", ".join(self.label_names)
            lines.append(f"{len(self.label_names)} labels, in this order: {names}")
        for split in self.splits:
            lines += ["", *_split_lines(split, self.label_names, limit)]
        for title, messages in (("warning", self.warnings), ("error", self.errors)):
            if messages:
                lines += ["", *_listed(f"{_count(len(messages), title)}:", messages, limit)]
        return "\n".join([*lines, "", self._verdict()])

    def __str__(self) -> str:
        """The report in words, shortened."""
        return self.text()

    def _verdict(self) -> str:
        files = self._bad_files()
        if self.exit_code:
            what = [_count(files, "bad file")] if files else []
            what += [_count(len(self.errors), "error")] if self.errors else []
            return f"not fit for use: {', '.join(what)}"
        left_out = sum(len(split.missing) + len(split.broken) for split in self.splits)
        notes = [f"{_count(left_out, 'file')} left out (on_error)"] if left_out else []
        notes += [_count(len(self.warnings), "warning")] if self.warnings else []
        return f"fine, with {', '.join(notes)}" if notes else "fine"


def _split_lines(split: SplitReport, label_names: Sequence[str], limit: int | None) -> list[str]:
    official = f"; official: {split.official}" if split.official else ""
    lines = [f"{split.name}: {split.images:,} images ({split.used}){official}"]
    whole = split.images - len(split.missing) - len(split.broken)
    lines.append(
        f"  files: {whole:,} readable, {len(split.missing):,} missing, {len(split.broken):,} broken"
    )
    lines += _listed("  missing:", split.missing, limit) if split.missing else []
    lines += _listed("  broken:", split.broken, limit) if split.broken else []
    ignored = f", {split.ignored:,} neither right nor wrong" if split.ignored else ""
    lines.append(f"  labels an image: {split.mean_labels:.3f} in the mean{ignored}")
    longest = max(split.histogram.values())
    for number, count in sorted(split.histogram.items()):
        bar = "#" * round(_BAR * count / longest)
        lines.append(f"    {number:4}  {count:9,}  {bar}".rstrip())
    for title, least in (("most", False), ("least", True)):
        pairs = split.frequent(label_names, least)
        lines.append(f"  {title} frequent: " + ", ".join(f"{name} {n:,}" for name, n in pairs))
    return lines


def _listed(title: str, messages: Sequence[str], limit: int | None) -> list[str]:
    indent = " " * (len(title) - len(title.lstrip()) + 2)
    shown = messages if limit is None else messages[:limit]
    more = len(messages) - len(shown)
    rest = [f"{indent}... and {more:,} more"] if more else []
    return [title, *(f"{indent}{message}" for message in shown), *rest]


def _count(number: int, noun: str) -> str:
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
