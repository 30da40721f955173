"""A small mini-COCO, drawn once for this folder's tests, which only read it."""

from pathlib import Path

import pytest

from data_modules.mini.coco import ensure_mini_coco


@pytest.fixture(scope="session")
def mini_coco(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("mini")
    return ensure_mini_coco(root, num_train=240, num_val=60, progress=False)
