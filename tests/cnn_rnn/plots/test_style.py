"""The style of figures: files that do not change, no global state, labels that do not overlap."""

import subprocess
import sys
from pathlib import Path

import matplotlib
import pytest
from matplotlib.figure import Figure

from cnn_rnn.plots import style


def drawn() -> Figure:
    with style.styled():
        figure = style.new_figure()
        axes = figure.add_subplot()
        axes.plot([1, 2, 3], [1, 4, 9], color=style.COLOURS[0], label="squares")
        axes.set_xlabel("n")
        style.say_mini(figure)
    return figure


def test_the_same_figure_gives_the_same_bytes(tmp_path: Path) -> None:
    first = [file.read_bytes() for file in style.save(drawn(), tmp_path / "a")]
    again = [file.read_bytes() for file in style.save(drawn(), tmp_path / "b" / "a")]
    assert first == again
    assert first[0].startswith(b"\x89PNG")
    assert b"<svg" in first[1]


def test_files_carry_neither_date_nor_version(tmp_path: Path) -> None:
    for file in style.save(drawn(), tmp_path / "study.mini"):
        content = file.read_bytes()
        assert file.name in ("study.mini.png", "study.mini.svg")
        assert b"<dc:date>" not in content
        assert matplotlib.__version__.encode() not in content


def test_the_users_settings_are_left_alone(tmp_path: Path) -> None:
    with matplotlib.rc_context({"font.size": 31, "savefig.dpi": 7}):
        before = dict(matplotlib.rcParams)
        figure = drawn()
        style.save(figure, tmp_path / "a")
        assert dict(matplotlib.rcParams) == before
    assert figure.axes[0].xaxis.label.get_fontsize() == 8


def test_no_pyplot_is_loaded() -> None:
    code = "import sys; import cnn_rnn, cnn_rnn.plots; from cnn_rnn.plots import style;"
    code += "assert 'matplotlib' not in sys.modules;"
    code += "style.styled().__enter__(); style.new_figure().add_subplot();"
    code += "assert 'matplotlib.pyplot' not in sys.modules"
    subprocess.run([sys.executable, "-c", code], check=True)


def test_a_missing_matplotlib_is_answered_with_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "matplotlib", None)
    with pytest.raises(ImportError, match=r"pip install 'cnn-rnn\[plots\]'"):
        style.matplotlib()


def test_colours_differ_and_each_has_a_marker() -> None:
    assert len(set(style.COLOURS)) == len(style.COLOURS) == len(set(style.MARKERS))


@pytest.mark.parametrize(
    ("positions", "gap", "expected"),
    [
        ([], 1.0, []),
        ([3.0], 1.0, [3.0]),
        ([0.0, 5.0], 1.0, [0.0, 5.0]),
        ([5.0, 5.0], 2.0, [4.0, 6.0]),
        ([2.0, 1.0, 0.0], 1.0, [2.0, 1.0, 0.0]),
        ([1.0, 1.0, 1.0, 9.0], 1.0, [0.0, 1.0, 2.0, 9.0]),
    ],
)
def test_positions_move_apart_as_little_as_possible(
    positions: list[float], gap: float, expected: list[float]
) -> None:
    assert style.spread_out(positions, gap) == pytest.approx(expected)


def test_positions_stay_above_the_lowest_one_allowed() -> None:
    assert style.spread_out([1.0, 1.0, 8.0], 2.0, lowest=1.0) == [1.0, 3.0, 8.0]


def test_names_at_line_ends_do_not_overlap(tmp_path: Path) -> None:
    with style.styled():
        figure = style.new_figure()
        axes = figure.add_subplot()
        ends = [(3.0, 1.0), (3.0, 1.01), (3.0, 1.02), (3.0, 5.0)]
        for _, y in ends:
            axes.plot([1, 3], [y, y])
        style.label_line_ends(axes, ends, ["one", "two", "three", "four"], style.COLOURS[:4])
    style.save(figure, tmp_path / "a")
    boxes = [text.get_window_extent() for text in axes.texts]
    for index, box in enumerate(boxes):
        assert not any(box.overlaps(other) for other in boxes[index + 1 :])
