"""The packaged sweep with the real `wandb sweep` and `wandb agent`, against a loopback server."""

import os
import subprocess
import sys
from importlib import resources
from pathlib import Path
from typing import Any

import pytest
import yaml

from cnn_rnn.cli import main

BIN = Path(sys.executable).parent
SWEEP = Path(str(resources.files("cnn_rnn") / "configs" / "sweeps" / "lr_width_order.yaml"))


def options() -> dict[str, Any]:
    """A value of each parameter, the last one or the largest."""
    parameters = yaml.safe_load(SWEEP.read_text())["parameters"]
    return {name: said.get("max", said.get("values", [0])[-1]) for name, said in parameters.items()}


def test_every_parameter_of_the_sweep_is_an_option_of_the_command_line(
    folder: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    given = options()
    words = [f"--{name}={value}" for name, value in given.items()]
    with pytest.raises(SystemExit):
        main(["fit", "--config", "tiny.yaml", *words, "--print_config"])
    printed = yaml.safe_load(capfd.readouterr().out)["model"]["init_args"]
    assert {name: printed[name.rpartition(".")[2]] for name in given} == given


def test_an_agent_of_the_sweep_trains_online(folder: Path, wandb_server: Any) -> None:
    sweep = folder / "sweep.yaml"  # the same on tiny data
    sweep.write_text(SWEEP.read_text().replace("- mini.yaml", "- tiny.yaml"))
    told = {
        "model.init_args.lr": {"value": 0.002},
        "model.init_args.order": {"value": "rare_first"},
    }
    with wandb_server.serving() as serving:
        environment = {
            **{name: value for name, value in os.environ.items() if not name.startswith("WANDB_")},
            "PATH": f"{BIN}{os.pathsep}{os.environ['PATH']}",
            "WANDB_BASE_URL": serving.url,
            "WANDB_API_KEY": wandb_server.API_KEY,
            **{f"WANDB_{kind}_DIR": str(folder / "own") for kind in ("DATA", "CACHE", "CONFIG")},
        }
        serving.commands = [{"type": "run", "run_id": "one", "program": "lightning", "args": told}]
        for words in (["sweep", sweep], ["agent", "--count", "1", "me/cnn-rnn/sweep0"]):
            done = subprocess.run(
                [BIN / "wandb", *words],
                env=environment,
                stdin=subprocess.DEVNULL,
                capture_output=True,
                text=True,
                check=False,
            )
            assert done.returncode == 0, done.stdout + done.stderr
    assert yaml.safe_load(serving.sweep)["parameters"].keys() == options().keys()
    assert serving.refused == []
    assert set(serving.uploads) == set(serving.expected)
    heads = serving.variables("UpsertBucket")
    assert {(said["name"], said["sweep"]) for said in heads if said["sweep"]} == {("one", "sweep0")}
    config = yaml.safe_load(serving.uploads["run/config.yaml"])
    assert (config["lr"]["value"], config["order"]["value"]) == (0.002, "rare_first")
    assert "val/c_f1" in {key for line in serving.lines("wandb-history.jsonl") for key in line}
