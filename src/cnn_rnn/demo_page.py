"""The demo's page in Gradio: a photo in, `Demo.answer` out. Nothing is fetched from elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from importlib import resources
from pathlib import Path
from typing import Any

from cnn_rnn.demo import Demo
from cnn_rnn.demo_html import EMPTY, about

TITLE = "CNN-RNN: the labels of a photo, step by step"
_LARGEST = "40mb"  # of a photo's file
_FONTS = ("system-ui", "-apple-system", "Segoe UI", "Roboto", "sans-serif")


class GradioMissingError(ImportError):
    """Gradio is not installed; says how to install it."""

    is_user_error = True


def build(demo: Demo, checkpoint: str, examples: Sequence[Path]) -> Any:
    """The page, not yet served.

    Args:
        demo: answers.
        checkpoint: as the user named it.
        examples: photos to pick from.
    Returns:
        `gradio.Blocks`.
    Raises:
        GradioMissingError: Gradio is not installed; says how to install it.
    """
    gradio = gradio_library()
    width = demo.beam_width
    with gradio.Blocks(title=TITLE, analytics_enabled=False) as blocks:
        gradio.HTML(f"<h1>{TITLE}</h1>{about(demo.predictor, checkpoint)}", padding=True)
        with gradio.Row():
            with gradio.Column(scale=1, min_width=280):
                photo = gradio.Image(
                    label="Photo",
                    type="filepath",
                    image_mode=None,
                    sources=["upload", "clipboard"],
                    height=300,
                    elem_id="photo",
                    buttons=[],
                )
                # The file as it was dropped: Gradio's own reading would turn and re-encode it, and
                # tell a broken one in words of its own.
                photo.preprocess = lambda payload: payload and payload.path
                beam = gradio.Slider(
                    1, 10, value=width or 1, step=1, label="Beam width", visible=width is not None
                )
                button = gradio.Button("Find the labels", variant="primary")
                if examples:
                    picked = gradio.Examples(
                        [[str(path)] for path in examples], [photo], label="Or pick a scene"
                    )
            with gradio.Column(scale=3, min_width=320):
                answer = gradio.HTML(EMPTY, elem_id="answer", padding=True, apply_default_css=False)
        inputs, how = [photo, beam], {"show_progress": "minimal", "concurrency_id": "model"}
        answering = demo.answer if width is not None else lambda file, _: demo.answer(file)
        button.click(answering, inputs, answer, api_name="labels", **how)
        photo.upload(answering, inputs, answer, api_visibility="private", **how)
        beam.release(answering, inputs, answer, api_visibility="private", **how)
        photo.clear(lambda: EMPTY, None, answer, api_visibility="private")
        if examples:
            picked.load_input_event.then(answering, inputs, answer, api_visibility="private", **how)
    return blocks


def serve(blocks: Any, host: str, port: int | None, opens: bool) -> str:
    """Serves the page in threads of this process; gives its address.

    Raises:
        OSError: the port is taken.
    """
    gradio = gradio_library()
    theme = gradio.themes.Default(
        primary_hue="blue", font=_FONTS, font_mono=("ui-monospace", "monospace")
    )
    _, url, _ = blocks.launch(
        server_name=host,
        server_port=port,
        share=False,
        inbrowser=opens,
        quiet=True,
        prevent_thread_lock=True,
        ssr_mode=False,
        pwa=False,
        mcp_server=False,
        enable_monitoring=False,
        footer_links=[],
        max_file_size=_LARGEST,
        theme=theme,
        css=(resources.files("cnn_rnn") / "demo.css").read_text(encoding="utf-8"),
    )
    return str(url)


def gradio_library() -> Any:
    """The library, on first use.

    Raises:
        GradioMissingError: it is not installed; says how to install it.
    """
    try:
        import gradio
    except ImportError as error:
        raise GradioMissingError("the demo needs Gradio: pip install 'cnn-rnn[demo]'") from error
    return gradio
