import json
from pathlib import Path

import pytest

from benchmarks.speed.machine import load_note, write_results


@pytest.fixture(autouse=True)
def two_cores_one_thread(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 2)
    monkeypatch.setattr("torch.get_num_threads", lambda: 1)


@pytest.mark.parametrize(
    ("at_start", "at_end", "word"),
    [(0.1, 1.2, "quiet"), (0.9, 1.9, "quiet"), (1.0, 1.0, "busy"), (0.1, 2.5, "busy")],
)
def test_the_note_tells_a_quiet_machine_from_a_busy_one(
    at_start: float, at_end: float, word: str
) -> None:
    note = load_note(at_start, at_end)
    assert note.startswith(word)
    assert f"{at_start:.2f} at the start, {at_end:.2f} at the end" in note


def test_a_system_that_tells_no_load_is_named() -> None:
    assert "does not tell" in load_note(None, 1.0)


def test_results_carry_the_load_of_both_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.getloadavg", lambda: (7.25, 5.0, 3.0))
    output = tmp_path / "new" / "speed.json"
    write_results(output, [{"B": 1}], 0.5, clock="cpu")
    result = json.loads(output.read_text(encoding="utf-8"))
    assert (result["load_at_start"], result["load"], result["clock"]) == (0.5, 7.25, "cpu")
    assert result["note"].startswith("busy with other work: load average 0.50 at the start, 7.25")
    assert result["rows"] == [{"B": 1}]
    assert [path.name for path in output.parent.iterdir()] == ["speed.json"]
