import pytest

from benchmarks.published import PublishedCell


@pytest.mark.parametrize(
    ("content", "value", "mark", "text"),
    [
        (59.0, 59.0, "", "59.0"),
        (57, 57.0, "", "57.0"),
        ("60.2~", 60.2, "~", "60.2~"),
        ("47.4?", 47.4, "?", "47.4?"),
        (None, None, "", "-"),
    ],
)
def test_a_cell_keeps_its_evidence_mark(
    content: object, value: float | None, mark: str, text: str
) -> None:
    cell = PublishedCell.parse(content)
    assert (cell.value, cell.mark) == (value, mark)
    assert str(cell) == text


@pytest.mark.parametrize("content", ["60.2!", "about 60", "", True, 101.0, -1.0, [60.2]])
def test_anything_else_is_refused(content: object) -> None:
    with pytest.raises(ValueError, match="got"):
        PublishedCell.parse(content)
