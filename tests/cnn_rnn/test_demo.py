"""The demo's answers, and the whole page in a real browser."""

import builtins
import os
import shutil
import signal
import socket
import subprocess
import sys
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
from PIL import Image, ImageDraw

from cnn_rnn import CNNRNN
from cnn_rnn.cli import CommandLineError, main
from cnn_rnn.demo import Demo, Options, example_photos, open_page, parse
from cnn_rnn.demo_page import GradioMissingError
from cnn_rnn.demo_tree import percent

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"]
ARGUMENTS += ["--disable-background-networking", "--disable-component-update", "--disable-sync"]
SCENES = Path(str(resources.files("cnn_rnn") / "demo_scenes"))
PATIENCE = 120_000  # milliseconds; a busy machine is no failure

# Every address that the process asks for is written down; Ctrl+C ends it as in a terminal.
SERVED = """
import signal, sys
signal.signal(signal.SIGINT, signal.default_int_handler)
def heard(event, arguments):
    if event == "socket.connect" and isinstance(arguments[1], tuple):
        print("connects to", arguments[1][0], file=sys.stderr, flush=True)
    if event in ("socket.getaddrinfo", "socket.gethostbyname"):
        print("looks up", arguments[0], file=sys.stderr, flush=True)
sys.addaudithook(heard)
from cnn_rnn.cli import main
sys.exit(main(["demo", "--no-open", "--port", sys.argv[1]]))
"""


def test_the_command_line_is_read(tmp_path: Path) -> None:
    assert parse([]) == Options("mini", None, True, None)
    shutil.copy(next(SCENES.iterdir()), tmp_path / "a.JPG")
    (tmp_path / "notes.txt").write_text("no photo")
    arguments = ["--checkpoint", "best.ckpt", "--port", "9", "--no-open"]
    options = parse([*arguments, "--examples", str(tmp_path)])
    assert options == Options("best.ckpt", 9, False, tmp_path)
    assert example_photos(tmp_path) == [tmp_path / "a.JPG"]


def test_a_folder_without_photos_is_no_folder_of_examples(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(CommandLineError, match="no photo there"):
        parse(["--examples", str(tmp_path / "nowhere")])
    assert main(["demo", "--examples", str(tmp_path)]) == 2
    assert capsys.readouterr().err.startswith(f"error: {tmp_path}: no photo there")


def test_help_needs_neither_torch_nor_gradio() -> None:
    program = (
        "import sys\nfrom cnn_rnn.cli import main\n"
        "try:\n    main(['demo', '--help'])\n"
        "except SystemExit as ended:\n"
        "    sys.exit(ended.code or bool({'torch', 'gradio'} & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, check=False)
    assert done.returncode == 0
    assert b"--checkpoint" in done.stdout


def test_a_missing_gradio_says_how_to_install_it(monkeypatch: pytest.MonkeyPatch) -> None:
    real = builtins.__import__

    def without(name: str, *others: Any, **more: Any) -> Any:
        if name == "gradio":
            raise ModuleNotFoundError(name)
        return real(name, *others, **more)

    for name in ("GRADIO_ANALYTICS_ENABLED", "GRADIO_TEMP_DIR", "HF_HUB_OFFLINE"):
        monkeypatch.setenv(name, "")  # so that they are put back
    monkeypatch.setattr(builtins, "__import__", without)
    with pytest.raises(GradioMissingError, match=r"pip install 'cnn-rnn\[demo\]'"):
        open_page(Options("mini", None, False, None))


@pytest.fixture(scope="module")
def demo() -> Demo:
    return Demo(CNNRNN.load("mini"))


def test_no_photo_is_told_in_a_line(demo: Demo) -> None:
    for nothing in (None, ""):
        assert "No photo yet" in demo.answer(nothing)


def test_a_broken_photo_is_told_by_its_name(demo: Demo, tmp_path: Path) -> None:
    broken = tmp_path / "holiday.jpg"
    broken.write_bytes(b"GIF, says the user")
    answer = demo.answer(str(broken))
    assert 'role="alert"' in answer
    assert "holiday.jpg: not an image" in answer
    assert str(tmp_path) not in answer


def test_a_bug_leaves_the_page_alive(
    demo: Demo, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fail(*_: object) -> None:
        raise IndexError("of a bug")

    monkeypatch.setattr(demo.predictor, "predict", fail)
    assert "Sorry, this went wrong (IndexError: of a bug)." in demo.answer("a.jpg")
    assert "Traceback" in caplog.text


def test_the_beam_is_as_wide_as_was_asked(demo: Demo) -> None:
    scene = next(SCENES.iterdir())
    assert demo.answer(str(scene), 2).count("→ END") == 2
    assert demo.answer(str(scene), 5).count("→ END") == 5
    assert demo.beam_width == 5


@dataclass(frozen=True)
class Served:
    """A demo in a process of its own.

    Attributes:
        url: of the page.
        log: what its process said and whom it asked.
    """

    url: str
    log: Path


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    if CHROMIUM is None:
        pytest.skip("no chromium: the demo was not opened in a browser (apt install chromium)")
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    log = tmp_path_factory.mktemp("demo") / "log"
    with log.open("w") as errors:
        process = subprocess.Popen(
            [sys.executable, "-c", SERVED, str(port)],
            stdout=subprocess.PIPE,
            stderr=errors,
            text=True,
            env={**os.environ, "TMPDIR": str(log.parent)},
        )
    assert process.stdout is not None
    for line in process.stdout:
        if "the demo is at" in line:
            break
    else:
        pytest.fail(log.read_text())
    yield Served(f"http://127.0.0.1:{port}/", log)
    process.send_signal(signal.SIGINT)
    try:
        assert process.wait(PATIENCE / 1000) == 0
    finally:
        process.kill()
        process.stdout.close()
    # Photos that were dropped are gone, and nobody else was asked for anything.
    assert [path.name for path in log.parent.iterdir()] == ["log"]
    said = [line.split() for line in log.read_text().splitlines()]
    asked = {words[-1] for words in said if words[:2] in (["connects", "to"], ["looks", "up"])}
    assert asked <= {"127.0.0.1", "localhost", "None"}


@pytest.fixture
def browser(served: Served) -> Iterator[Any]:
    sync_api = pytest.importorskip("playwright.sync_api")
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


def opened(browser: Any, url: str, **how: Any) -> tuple[Any, list[str]]:
    """The page, and all that it asks others for or complains about."""
    page = browser.new_page(**how)
    page.set_default_timeout(PATIENCE)
    told: list[str] = []

    def asked(request: Any) -> None:
        if not request.url.startswith((url, "data:", f"blob:{url}")):
            told.append(request.url)

    page.on("console", lambda said: told.append(said.text) if said.type == "error" else None)
    page.on("pageerror", lambda error: told.append(str(error)))
    page.on("request", asked)
    page.goto(url)
    page.locator("#photo input[type=file]").wait_for(state="attached")
    return page, told


def test_a_browser_shows_what_the_model_says(
    served: Served, browser: Any, demo: Demo, tmp_path: Path
) -> None:
    picture = Image.new("RGB", (120, 90), "skyblue")
    draw = ImageDraw.Draw(picture)
    draw.rectangle((0, 60, 120, 90), "darkgreen")
    draw.ellipse((30, 30, 70, 80), "white", "black")
    photo = tmp_path / "drawn.png"
    picture.save(photo)
    predictor = CNNRNN.load("mini")
    predictor.task.beam_width = 3  # type: ignore[assignment]

    page, told = opened(browser, served.url)
    words = page.inner_text("body")
    assert "MINI" in words
    assert "please don't believe it" in words
    page.get_by_role("button", name="Find the labels").click()
    page.get_by_role("alert").get_by_text("No photo yet").wait_for()

    page.locator("#photo input[type=file]").set_input_files(photo)
    page.locator("#answer svg.beam").wait_for()
    assert page.locator("#answer .paths li").count() == 5
    page.get_by_label("number input for Beam width").fill("3")
    page.get_by_role("button", name="Find the labels").click()
    page.wait_for_function("document.querySelectorAll('#answer .paths li').length === 3")
    said = predictor.predict(photo)
    expected = [f"{label} {percent(chance)}" for label, chance in said.steps]
    chips = [
        " ".join(text.split()) for text in page.locator("#answer .labels li").all_inner_texts()
    ]
    assert chips == expected
    assert page.locator("#answer .steps img").count() == len(said.steps) + 1
    assert page.evaluate(
        "[...document.querySelectorAll('#answer img')].every(image => image.naturalWidth > 0)"
    )
    assert told == []


def test_a_phone_never_scrolls_sideways_and_a_scene_is_one_tap_away(
    served: Served, browser: Any, demo: Demo
) -> None:
    phone = {"width": 390, "height": 844}
    page, told = opened(browser, served.url, viewport=phone, color_scheme="dark")
    page.locator("button.gallery-item").first.click()
    page.locator("#answer svg.beam").wait_for()
    first = sorted(SCENES.iterdir())[0]
    labels = demo.predictor.predict(first).labels
    chips = page.locator("#answer .labels li").all_inner_texts()
    assert [chip.rpartition(" ")[0].strip() for chip in chips] == list(labels)
    assert page.evaluate("document.documentElement.scrollWidth") == 390
    assert told == []


def test_a_broken_file_is_a_line_on_the_page(served: Served, browser: Any, tmp_path: Path) -> None:
    broken = tmp_path / "holiday.jpg"
    broken.write_bytes(next(SCENES.iterdir()).read_bytes()[:900])
    page, _ = opened(browser, served.url)  # the browser itself complains about the picture
    page.locator("#photo input[type=file]").set_input_files(broken)
    page.get_by_role("alert").get_by_text("holiday.jpg: a truncated or damaged image").wait_for()


def test_only_this_machine_is_served(served: Served) -> None:
    with urllib.request.urlopen(served.url) as reply:
        assert b"fonts.googleapis" not in reply.read()
    port = int(served.url.rstrip("/").rpartition(":")[2])
    with socket.socket() as other, pytest.raises(OSError, match="refused"):
        other.connect(("127.0.0.2", port))
