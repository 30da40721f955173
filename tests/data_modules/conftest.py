"""The generators in tests/data, and the folder of real data sets where there is one."""

import importlib.util
import os
from pathlib import Path
from types import ModuleType

import pytest

_GENERATORS = Path(__file__).parents[1] / "data"


def _generator(name: str) -> ModuleType:
    # By its file: a package `tests` of somebody else may be installed.
    spec = importlib.util.spec_from_file_location(name, _GENERATORS / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


@pytest.fixture(autouse=True)
def own_home(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Keeps lists of skipped images out of the user's cache folder."""
    folder = tmp_path_factory.mktemp("home")
    monkeypatch.setenv("CNN_RNN_HOME", str(folder))
    return folder


@pytest.fixture(scope="session")
def tiny_coco() -> ModuleType:
    return _generator("tiny_coco")


@pytest.fixture
def coco_root(tiny_coco: ModuleType, tmp_path: Path) -> Path:
    root: Path = tiny_coco.write_coco(tmp_path / "coco")
    return root


@pytest.fixture(scope="session")
def tiny_voc() -> ModuleType:
    return _generator("tiny_voc")


@pytest.fixture
def voc_folder(tiny_voc: ModuleType, tmp_path: Path) -> Path:
    """`VOCdevkit/VOC2007` below `tmp_path`."""
    folder: Path = tiny_voc.write_voc(tmp_path)
    return folder


@pytest.fixture(scope="session")
def tiny_folder() -> ModuleType:
    return _generator("tiny_folder")


@pytest.fixture(scope="session")
def tiny_nuswide() -> ModuleType:
    return _generator("tiny_nuswide")


@pytest.fixture
def nuswide_root(tiny_nuswide: ModuleType, tmp_path: Path) -> Path:
    root: Path = tiny_nuswide.write_nuswide(tmp_path / "nuswide")
    return root


@pytest.fixture(scope="session")
def real_data() -> Path:
    """The folder in $CNN_RNN_REAL_DATA; skips where there is none."""
    named = os.environ.get("CNN_RNN_REAL_DATA")
    if not named or not Path(named).is_dir():
        pytest.skip("needs real data sets: set CNN_RNN_REAL_DATA to the folder that holds them")
    return Path(named)
