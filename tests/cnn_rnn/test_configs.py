from pathlib import Path
from typing import Any

import pytest
import yaml

from cnn_rnn.cli import main, packaged_configs

Captured = pytest.CaptureFixture[str]


def print_config(arguments: list[str], capfd: Captured) -> dict[str, Any]:
    with pytest.raises(SystemExit) as exit_info:
        main([*arguments, "--print_config"])
    assert exit_info.value.code == 0
    printed: dict[str, Any] = yaml.safe_load(capfd.readouterr().out)
    return printed


LOGGING = ("csv.yaml", "tensorboard.yaml", "wandb.yaml")  # stand behind another


@pytest.mark.parametrize("name", [name for name in packaged_configs() if name not in LOGGING])
def test_every_packaged_config_is_printed_without_data_or_weights(
    name: str, cli_state: None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: Captured
) -> None:
    monkeypatch.chdir(tmp_path)
    for variable in ("CNN_RNN_HOME", "TORCH_HOME"):
        monkeypatch.setenv(variable, str(tmp_path / "home"))
    printed = print_config(["fit", "--config", name], capfd)
    assert printed["model"]["class_path"].startswith("cnn_rnn.tasks.")
    assert printed["data"]["class_path"].startswith("data_modules.")
    assert printed["trainer"]["logger"]["init_args"]["name"] == Path(name).stem
    assert list(tmp_path.iterdir()) == []


def test_wandb_is_added_to_the_logger_of_another_config(folder: Path, capfd: Captured) -> None:
    printed = print_config(["fit", "--config", "tiny.yaml", "--config", "wandb.yaml"], capfd)
    own, wandb = printed["trainer"]["logger"]
    assert own["init_args"]["name"] == "tiny"
    assert wandb["class_path"] == "cnn_rnn.wandb_runs.OfflineFirstLogger"
    assert wandb["init_args"]["offline"] is None  # offline unless the environment asks
    callbacks = [one["class_path"].rpartition(".")[2] for one in printed["trainer"]["callbacks"]]
    assert callbacks == ["LearningRateMonitor", "Throughput", "WandbPanels"]


def test_later_configs_and_options_override_earlier_ones(folder: Path, capfd: Captured) -> None:
    (folder / "more.yaml").write_text("model: {init_args: {cell: gru, beam_width: 3}}")
    printed = print_config(
        ["fit", "--config", "tiny.yaml", "--config", "more.yaml", "--model.beam_width", "7"], capfd
    )
    model = printed["model"]["init_args"]
    assert (model["cell"], model["beam_width"], model["hidden_dim"]) == ("gru", 7, 16)
    assert printed["trainer"]["max_epochs"] == 2
