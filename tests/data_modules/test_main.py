import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from data_modules import __main__ as command
from data_modules.download import Source, read_catalogue
from data_modules.errors import DataError


@pytest.fixture(autouse=True)
def messages(caplog: pytest.LogCaptureFixture) -> Iterator[pytest.LogCaptureFixture]:
    with caplog.at_level(logging.INFO):
        yield caplog


def test_nuswide_prints_steps_and_the_files_that_are_missing(
    tmp_path: Path, messages: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "ConceptsList").mkdir()
    (tmp_path / "ConceptsList" / "Concepts81.txt").write_text("")
    assert command.main(["nuswide", "--root", str(tmp_path)]) == 1
    assert "Agreement and Disclaimer Form" in messages.text
    assert f"--data.init_args.root {tmp_path} " in messages.text
    assert "there    ConceptsList/Concepts81.txt" in messages.text
    assert "missing  ImageList/Imagelist.txt" in messages.text


def test_nuswide_is_content_when_all_is_there(
    tmp_path: Path, messages: pytest.LogCaptureFixture
) -> None:
    for entry in read_catalogue()["nuswide"].layout:
        path = tmp_path / entry.path
        for number in range(entry.entries if entry.entries > 1 else 0):
            (path / str(number)).mkdir(parents=True)
        if entry.entries == 1:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text("")
    assert command.main(["nuswide", "--root", str(tmp_path)]) == 0
    assert messages.text.count("missing") == 0


def test_the_root_and_the_options_reach_the_download(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = []

    def download(source: Source, root: Path, **options: bool) -> None:
        calls.append((source.name, root, options))

    monkeypatch.setattr(command, "download", download)
    assert command.main(["coco", "--root", str(tmp_path), "--keep-archives"]) == 0
    assert command.main(["voc2007", "--root", str(tmp_path), "--all"]) == 0
    assert calls == [
        ("coco", tmp_path, {"keep_archives": True, "extras": False}),
        ("voc2007", tmp_path, {"keep_archives": False, "extras": True}),
    ]


def test_an_error_is_one_line_and_status_2(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, messages: pytest.LogCaptureFixture
) -> None:
    def download(*_: object, **__: object) -> None:
        raise DataError("a.zip", "", "the file", "nothing", "try again")

    monkeypatch.setattr(command, "download", download)
    assert command.main(["coco", "--root", str(tmp_path)]) == 2
    assert messages.messages == ["error: a.zip: expected the file, got nothing; try again"]


def test_ctrl_c_is_no_traceback(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, messages: pytest.LogCaptureFixture
) -> None:
    def download(*_: object, **__: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(command, "download", download)
    assert command.main(["coco", "--root", str(tmp_path)]) == 130
    assert "goes on from here" in messages.text


def test_an_unknown_data_set_is_answered_with_those_that_are(
    capsys: pytest.CaptureFixture[str],
) -> None:
    with pytest.raises(SystemExit) as caught:
        command.main(["imagenet", "--root", "x"])
    assert caught.value.code == 2
    assert "coco" in capsys.readouterr().err
