"""Keeps docs/bad_input.md and the tests that it names together."""

import re
from pathlib import Path

import pytest

TESTS = Path(__file__).parent
SECTIONS = (TESTS.parents[1] / "docs" / "bad_input.md").read_text().split("\n## ")[1:]


@pytest.mark.parametrize("section", SECTIONS, ids=[part.partition(" (")[0] for part in SECTIONS])
def test_every_row_names_a_test_in_a_file_of_its_heading(section: str) -> None:
    heading, _, table = section.partition("\n")
    files = re.findall(r"`(test_\w+\.py)`", heading)
    there = set(
        re.findall(r"^def (test_\w+)\(", "".join((TESTS / f).read_text() for f in files), re.M)
    )
    rows = [line for line in table.splitlines() if line.startswith("| ")][1:]
    named = [row.rsplit("|", 2)[1].strip(" `") for row in rows]
    assert len(rows) >= 5
    assert set(named) <= there
    assert len(set(named)) == len(named)
