"""LightningModules."""

from cnn_rnn.tasks.base import Batch, MultiLabelTask, Predictions, TrainingDivergedError
from cnn_rnn.tasks.baseline import BaselineTask
from cnn_rnn.tasks.cnn_rnn import CNNRNNTask

__all__ = [
    "BaselineTask",
    "Batch",
    "CNNRNNTask",
    "MultiLabelTask",
    "Predictions",
    "TrainingDivergedError",
]
