import logging
import os
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import torch

from cnn_rnn.decoding import beam_search, native_build
from cnn_rnn.decoding.choice import _say_once
from cnn_rnn.decoding.native_build import NativeBuildError, load_library, why_not_available
from cnn_rnn.decoding.native_lstm import prefer_large_pages
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


def flags_of_the_mapping_at(address: int) -> list[str]:
    """What Linux notes of the memory there; "hg" is the advice to take large pages."""
    inside = False
    for line in Path("/proc/self/smaps").read_text(encoding="utf-8").splitlines():
        first = line.split()[0]
        if re.fullmatch("[0-9a-f]+-[0-9a-f]+", first):
            start, end = (int(part, 16) for part in first.split("-"))
            inside = start <= address < end
        elif inside and first == "VmFlags:":
            return line.split()[1:]
    raise AssertionError(f"nothing is mapped at {address:x}")


@needs_compiler
@pytest.mark.skipif(
    not Path("/sys/kernel/mm/transparent_hugepage").is_dir()
    or not Path("/proc/self/smaps").is_file(),
    reason="the system has no large pages",
)
def test_large_pages_are_asked_for_behind_the_first_of_a_table_alone() -> None:
    table = torch.empty(64 << 20, dtype=torch.uint8)  # always a mapping of its own
    prefer_large_pages(table)
    start = table.data_ptr()
    assert "hg" not in flags_of_the_mapping_at(start + (2 << 20) - 1)
    assert "hg" in flags_of_the_mapping_at(start + (8 << 20))
    assert "hg" not in flags_of_the_mapping_at(start + table.nbytes - 1)
    prefer_large_pages(torch.empty(1))  # has no room for one
