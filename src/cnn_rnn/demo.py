"""`cnn-rnn demo`: a page on this machine alone that predicts a photo and shows how."""

from __future__ import annotations

import argparse
import logging
import os
import tempfile
import threading
from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

from cnn_rnn.cli import CommandLineError, user_message

if TYPE_CHECKING:
    from cnn_rnn.predictor import Predictor

HOST = "127.0.0.1"
_PICTURES = (".jpg", ".jpeg", ".png", ".webp", ".bmp")  # what browsers show
_MOST_EXAMPLES = 24

logger = logging.getLogger(__name__)


class Options(NamedTuple):
    """What was asked for on the command line.

    Attributes:
        checkpoint: a file, or `mini`.
        port: of the page; None: the first free one from 7860 on.
        opens: whether the browser is opened.
        examples: a folder of photos to pick from; None: the drawn scenes for the mini model.
    """

    checkpoint: str
    port: int | None
    opens: bool
    examples: Path | None


class Demo:
    """Answers the page: one photo at a time.

    Args:
        predictor: the model.
    """

    def __init__(self, predictor: Predictor) -> None:
        self.predictor = predictor
        self._one_at_a_time = threading.Lock()  # the beam's width is the task's own

    @property
    def beam_width(self) -> int | None:
        """Of the task; None of a ranking model."""
        width: int | None = getattr(self.predictor.task, "beam_width", None)
        return width

    def answer(self, photo: str | None, beam_width: int | None = None) -> str:
        """The HTML that shows what the model says; a mistake is a line of it, not an exception.

        Args:
            photo: a file; None where none was given.
            beam_width: N of the search; None: as it is.
        """
        from cnn_rnn.demo_html import error, shown
        from cnn_rnn.demo_view import look

        if not photo:
            return error("No photo yet: drop one into the field, or pick a scene.")
        try:
            with self._one_at_a_time:
                if beam_width is not None and self.beam_width is not None:
                    self.predictor.task.beam_width = int(beam_width)  # type: ignore[assignment]
                return shown(look(self.predictor, photo))
        except Exception as failure:  # the page stays, whatever happens
            message = user_message(failure)
            if message is None:
                logger.exception("The photo %s could not be shown", photo)
                message = f"Sorry, this went wrong ({type(failure).__name__}: {failure})."
            return error(message.replace(str(photo), Path(photo).name))


class Page(NamedTuple):
    """A page that is being served.

    Attributes:
        url: where.
        blocks: Gradio's.
        folder: of the photos that were dropped; it goes when the page does.
    """

    url: str
    blocks: Any
    folder: tempfile.TemporaryDirectory[str]

    def wait(self) -> None:
        """Until the user interrupts; then closes the page and removes the photos."""
        try:
            threading.Event().wait()
        except KeyboardInterrupt:
            pass
        finally:
            self.blocks.close(verbose=False)
            self.folder.cleanup()


def parse(arguments: Sequence[str]) -> Options:
    """Reads the command line.

    Raises:
        CommandLineError: no such folder of examples, or no photo in it.
        SystemExit: after --help or a mistake.
    """
    parser = argparse.ArgumentParser(
        prog="cnn-rnn demo",
        description="A page on this machine: drop a photo, see its labels step by step.",
        allow_abbrev=False,
    )
    parser.add_argument("--checkpoint", default="mini", help="a .ckpt file, or mini (default)")
    parser.add_argument("--port", type=int, help="default: the first free one from 7860 on")
    parser.add_argument(
        "--open", action=argparse.BooleanOptionalAction, default=True, help="open the browser"
    )
    parser.add_argument("--examples", type=Path, help="a folder of photos to pick from")
    given = parser.parse_args(arguments)
    if given.examples is not None and not example_photos(given.examples):
        raise CommandLineError(
            f"{given.examples}: no photo there ({', '.join(_PICTURES)}); name another folder"
        )
    return Options(given.checkpoint, given.port, given.open, given.examples)


def example_photos(folder: Path) -> list[Path]:
    """The photos right in a folder, by name; the first 24; none where there is no folder."""
    found = sorted(folder.iterdir()) if folder.is_dir() else []
    return [path for path in found if path.suffix.lower() in _PICTURES][:_MOST_EXAMPLES]


def open_page(options: Options) -> Page:
    """Loads the model and serves the page, to this machine only.

    Raises:
        GradioMissingError: Gradio is not installed; says how to install it.
        CheckpointError: the checkpoint cannot be used.
        CommandLineError: the port is taken.
    """
    folder = tempfile.TemporaryDirectory(prefix="cnn-rnn-demo-", ignore_cleanup_errors=True)
    os.environ["GRADIO_ANALYTICS_ENABLED"] = "False"
    os.environ["GRADIO_TEMP_DIR"] = folder.name
    os.environ["HF_HUB_OFFLINE"] = "1"
    from cnn_rnn.demo_page import build, gradio_library, serve

    gradio_library()  # first: a missing one is said before anything is loaded
    predictor = _loaded(options.checkpoint)
    scenes = Path(str(resources.files("cnn_rnn") / "demo_scenes"))
    examples = example_photos(options.examples or scenes) if _has_examples(options) else []
    blocks = build(Demo(predictor), options.checkpoint, examples)
    try:
        url = serve(blocks, HOST, options.port, options.opens)
    except OSError as error:
        raise CommandLineError(
            f"--port {options.port or '7860 to 7959'}: taken already; give another one ({error})"
        ) from None
    return Page(url, blocks, folder)


def _has_examples(options: Options) -> bool:
    return options.examples is not None or options.checkpoint == "mini"


def _loaded(checkpoint: str) -> Predictor:
    from cnn_rnn.predictor import Predictor

    predictor = Predictor.load(checkpoint)
    _ = predictor.backbone  # reads its weights now: a missing file is said before the page opens
    return predictor
