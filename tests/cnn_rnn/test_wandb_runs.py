import os
import subprocess
import sys
from pathlib import Path

PROGRAM = "import sys; from cnn_rnn.cli import main; sys.exit(main())"


def test_a_run_is_kept_offline_with_all_its_files_under_results(folder: Path) -> None:
    home = folder / "user"
    home.mkdir()
    kept = ("PATH", "CNN_RNN_HOME", "PYTHONPATH", "OMP_NUM_THREADS")
    environment = {name: os.environ[name] for name in kept if name in os.environ}
    for variable in ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME"):
        environment[variable] = str(home)
    before = {path.name for path in folder.iterdir()}
    done = subprocess.run(
        [sys.executable, "-c", PROGRAM, "fit", "--config", "tiny.yaml", "--config", "wandb.yaml"],
        env=environment,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    said = done.stdout + done.stderr
    assert done.returncode == 0, said
    (run,) = (folder / "results" / "wandb").glob("offline-run-*")
    (record,) = run.glob("*.wandb")
    content = record.read_bytes()
    assert b"val/loss" in content
    assert b"hidden_dim" in content
    assert "wandb sync" in said
    assert run.name in said
    assert list(home.rglob("*wandb*")) == []
    assert {path.name for path in folder.iterdir()} == before
    # The run's own folder has its config and checkpoints as without W&B.
    assert (folder / "results" / "tiny" / "version_1" / "checkpoints" / "best.ckpt").is_file()
