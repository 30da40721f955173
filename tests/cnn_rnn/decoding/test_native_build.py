import logging
import os
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from cnn_rnn.decoding import beam_search, native_build
from cnn_rnn.decoding.choice import _say_once
from cnn_rnn.decoding.native_build import NativeBuildError, load_library, why_not_available
from cnn_rnn.network import CNNRNN

needs_compiler = pytest.mark.skipif(
    why_not_available() is not None, reason=str(why_not_available())
)


@pytest.fixture(autouse=True)
def forgetful(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Each test builds anew, in a folder of its own."""
    monkeypatch.setenv("CNN_RNN_HOME", str(tmp_path / "home"))
    for function in (load_library, why_not_available, _say_once):
        function.cache_clear()
    yield
    for function in (load_library, why_not_available, _say_once):
        function.cache_clear()


@needs_compiler
def test_the_library_is_built_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    load_library()
    (built,) = (tmp_path / "home" / "native").iterdir()
    load_library.cache_clear()

    def refuse(*_: object) -> None:
        raise AssertionError("compiled again")

    monkeypatch.setattr(native_build, "_compile", refuse)
    load_library()
    assert [built] == list((tmp_path / "home" / "native").iterdir())


@needs_compiler
def test_other_sources_give_another_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    compiler = native_build._compiler()
    before = native_build._key(compiler)
    changed = tmp_path / "native"
    changed.mkdir()
    for path in native_build.SOURCES.iterdir():
        (changed / path.name).write_bytes(path.read_bytes() + b"\n")
    monkeypatch.setattr(native_build, "SOURCES", changed)
    assert native_build._key(compiler) != before


@needs_compiler
def test_sources_that_do_not_compile_say_what_the_compiler_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = tmp_path / "broken"
    broken.mkdir()
    (broken / "api.cpp").write_text("int broken(\n", encoding="utf-8")
    monkeypatch.setattr(native_build, "SOURCES", broken)
    with pytest.raises(NativeBuildError, match=r"api\.cpp .* failed: "):
        load_library()
    assert not list((tmp_path / "home" / "native").iterdir())


def test_without_a_compiler_auto_takes_the_batched_search_and_says_so_once(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
    random_cnn_rnn: Callable[..., CNNRNN],
) -> None:
    monkeypatch.setenv("PATH", os.devnull)
    monkeypatch.delenv("CXX", raising=False)
    network, features = random_cnn_rnn(9), torch.ones(2, 9)
    with caplog.at_level(logging.INFO, logger="cnn_rnn"):
        for _ in range(2):
            found = beam_search(network, features, 3, 4)
    assert caplog.text.count("batched instead of native, since no C++ compiler was found") == 1
    expected = beam_search(network, features, 3, 4, implementation="batched")
    assert torch.equal(found.label_ids, expected.label_ids)
    with pytest.raises(ValueError, match="no C\\+\\+ compiler was found"):
        beam_search(network, features, 3, 4, implementation="native")
