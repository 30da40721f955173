"""LightningModules."""

from cnn_rnn.tasks.base import Batch, MultiLabelTask, Predictions, TrainingDivergedError
from cnn_rnn.tasks.baseline import BaselineTask
from cnn_rnn.tasks.cnn_rnn import CNNRNNTask
from cnn_rnn.tasks.hypotheses import HypothesisPoolingTask
from cnn_rnn.tasks.joint_embedding import JointEmbeddingTask

__all__ = [
    "BaselineTask",
    "Batch",
    "CNNRNNTask",
    "HypothesisPoolingTask",
    "JointEmbeddingTask",
    "MultiLabelTask",
    "Predictions",
    "TrainingDivergedError",
]
