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


def test_attention_lights_the_image_up() -> None:
    image = torch.full((3, 2, 2), 200, dtype=torch.uint8)
    maps = torch.zeros(2, 2, 2)
    maps[1, 0, 1] = 7.0
    strip = attention_strip(image, maps)
    assert strip.shape == (2, 4, 3)
    assert strip[0].max(axis=1).tolist() == [70, 70, 70, 200]
