"""`csv.yaml` and `tensorboard.yaml`: what can be seen without W&B."""

import csv
from pathlib import Path

from cnn_rnn.cli import main

LOGGED = {"train/loss", "val/loss", "val/c_f1", "val/map", "lr-RMSprop"}
OPTIONS = ["--trainer.log_every_n_steps", "1", "--trainer.max_epochs", "1"]
THROUGHPUT = "throughput/images_per_second"


def test_csv_has_losses_metrics_learning_rate_and_throughput(folder: Path) -> None:
    assert main(["fit", "--config", "tiny.yaml", "--config", "csv.yaml", *OPTIONS]) == 0
    run = folder / "results" / "tiny" / "version_1"
    with (run / "metrics.csv").open() as file:
        rows = list(csv.DictReader(file))
    assert {name for row in rows for name, text in row.items() if text} >= {*LOGGED, THROUGHPUT}
    assert (run / "checkpoints" / "best.ckpt").is_file()


def test_tensorboard_has_them_beside_the_csv(folder: Path) -> None:
    from tensorboard.backend.event_processing.event_accumulator import EventAccumulator

    assert main(["fit", "--config", "tiny.yaml", "--config", "tensorboard.yaml", *OPTIONS]) == 0
    events = EventAccumulator(str(folder / "results" / "tensorboard" / "version_0"))
    events.Reload()
    assert {*LOGGED, THROUGHPUT} <= set(events.Tags()["scalars"])
    assert [event.step for event in events.Scalars("train/loss")] == [0, 1, 2]
    assert (folder / "results" / "tiny" / "version_1" / "metrics.csv").is_file()
