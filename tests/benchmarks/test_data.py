from benchmarks.data import REGIONS, DataSource


def test_a_source_survives_the_way_to_a_worker(tiny_source: DataSource) -> None:
    assert DataSource.from_json(tiny_source.to_json()) == tiny_source


def test_without_test_the_test_split_is_the_training_split(tiny_source: DataSource) -> None:
    assert tiny_source.without_test().open().split_names == ["train2014"]  # type: ignore[attr-defined]


def test_the_backbone_of_regions_gives_the_features_of_each(tiny_source: DataSource) -> None:
    image, regions = tiny_source.backbone_spec(), tiny_source.backbone_spec("regions")
    assert regions.feature_dim == REGIONS * image.feature_dim
    assert regions.identity() != image.identity()
