import torch

from benchmarks import answers, run_data, training
from benchmarks.data import DataSource
from benchmarks.spec import TableSpec
from cnn_rnn.tasks import CNNRNNTask


def test_answers_keep_the_order_of_the_data(tiny_table: TableSpec, tiny_source: DataSource) -> None:
    row = tiny_table.resolve(tiny_table.row("cnn_rnn"), tiny_source.name)
    features = run_data.open_for(row, tiny_source, 0)
    trained = training.train(row, tiny_source, features, 0, lambda _: None)
    said = answers.ask(trained.model, features, "test")
    images = features.datamodule.dataset("val2014")
    assert said.image_ids == images.image_ids
    assert torch.equal(said.target, images.targets)
    assert said.best_path is not None
    assert isinstance(trained.model, CNNRNNTask)
    alone = trained.model.predict(torch.from_numpy(features.features("val2014")[5:6].copy()))
    torch.testing.assert_close(said.scores[5:6], alone.scores)
