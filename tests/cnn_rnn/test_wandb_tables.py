import torch

from cnn_rnn.wandb_tables import attention_strip, projected


def test_the_projection_keeps_distances_of_what_lies_in_a_plane() -> None:
    generator = torch.Generator().manual_seed(0)
    plane = torch.randn(6, 2, generator=generator) @ torch.randn(2, 5, generator=generator)
    places = projected(plane)
    torch.testing.assert_close(torch.cdist(places, places), torch.cdist(plane, plane))
    assert places.var(dim=0)[0] >= places.var(dim=0)[1]


def test_the_projection_of_a_single_label_is_the_origin() -> None:
    assert projected(torch.tensor([[3.0, 4.0, 5.0]])).tolist() == [[0.0, 0.0]]


def test_the_image_glows_where_attention_is_and_is_dim_elsewhere() -> None:
    image = torch.full((3, 96, 64), 100, dtype=torch.uint8)
    maps = torch.zeros(2, 96, 64)
    maps[1, 20:30, 10:20] = 7.0
    strip = attention_strip(image, maps)
    assert strip.shape == (96, 128, 3)
    assert (strip[:, :64] == 60).all()
    assert strip[25, 64 + 15].tolist() == [187, 144, 21]
    assert strip[80, 64 + 50].tolist() == [60, 60, 60]


def test_a_tiny_image_has_a_strip_too() -> None:
    assert attention_strip(torch.zeros(3, 2, 2, dtype=torch.uint8), torch.ones(1, 2, 2)).any()
