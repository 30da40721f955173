"""What tests of several rooms share."""

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest


@pytest.fixture(scope="session")
def wandb_server() -> Any:
    """The module of the loopback server that stands in for Weights & Biases."""
    path = Path(__file__).parent / "data" / "wandb_server.py"
    spec = importlib.util.spec_from_file_location("wandb_server", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module
