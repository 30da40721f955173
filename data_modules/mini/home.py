"""Where the embedded data lives: `$CNN_RNN_HOME`, or the user's cache folder."""

import os
from pathlib import Path

import platformdirs


def mini_home() -> Path:
    """`mini` under `$CNN_RNN_HOME` or, where that is not set, under the user's cache folder."""
    home = os.environ.get("CNN_RNN_HOME")
    base = Path(home).expanduser() if home else platformdirs.user_cache_path("cnn-rnn")
    return base / "mini"
