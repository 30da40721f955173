"""Region hypotheses of an image, for hypotheses-CNN-pooling (the HCP row of section 4.4, Table 4).

HCP (Wei et al.) draws several hundred hypotheses from a learned objectness measure and fine-tunes
on them; this is a light form. The whole image is the first hypothesis. The others are windows of a
fixed grid (`WINDOWS`, a quarter of a window apart), ranked by edges as in Edge Boxes (Zitnick and
Dollar, 2014): a window that holds contours scores, one whose border cuts through contours loses.

    score = (edges inside the window - edges in a ring about its border) / (width + height)^1.5

Edges are the absolute differences of neighbouring grey values, summed in integers, so that the
same pixels give the same windows on every machine. The best window is taken, those that overlap a
taken one by more than half (intersection over union) wait until none else is left, and so on.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import torch
from torch import Tensor
from torchvision.ops import box_iou
from torchvision.transforms.v2 import functional

METHOD = "edge-windows-1"  # raised whenever the same image would give other windows
# Width and height of the windows, in parts of the image's: our choice, no learning behind it.
WINDOWS = (
    (0.75, 0.75),
    (0.5, 0.5),
    (0.5, 0.75),
    (0.75, 0.5),
    (0.35, 0.35),
    (0.35, 0.7),
    (0.7, 0.35),
)
OVERLAP = 0.5  # above which one of two windows waits
RING = 0.125  # half the width of the ring, in parts of the window's sides
ELONGATION = 1.5  # the exponent of Edge Boxes
GREY = (77, 150, 29)  # of 256: the usual weights of red, green and blue


def propose(images: Tensor, num_regions: int) -> Tensor:
    """The region hypotheses of each image; the first is the whole image.

    Args:
        images: (B, 3, H, W) uint8, or float in [0, 1]; at least 16 pixels each way.
        num_regions: R, 1..`max_regions`.
    Returns:
        (B, R, 4) int64: left, top, right, bottom in pixels, right and bottom exclusive; distinct.
    Raises:
        ValueError: R is out of range, or the images are too small.
    """
    height, width = images.shape[-2:]
    if min(height, width) < 16:
        raise ValueError(f"regions need images of 16 pixels or more, got {height} x {width}")
    windows = _windows(height, width).to(images.device)  # (M, 4)
    if not 1 <= num_regions <= len(windows) + 1:
        raise ValueError(f"expected 1..{len(windows) + 1} regions, got {num_regions}")
    scores = _scores(images, windows)  # (B, M)
    # Ranks are distinct, so that ties cannot be broken differently elsewhere.
    rank = scores.argsort(dim=1, descending=True, stable=True).argsort(dim=1)
    overlaps = box_iou(windows.float(), windows.float()) > OVERLAP  # (M, M)
    waits, taken = (
        torch.zeros_like(rank, dtype=torch.bool),
        torch.zeros_like(rank, dtype=torch.bool),
    )
    whole = windows.new_tensor([0, 0, width, height]).expand(len(images), 4)
    chosen = [whole]
    for _ in range(num_regions - 1):
        best = (rank + len(windows) * (waits + 2 * taken.long())).argmin(dim=1)  # (B,)
        chosen.append(windows[best])
        waits |= overlaps[best]
        taken[torch.arange(len(images)), best] = True
    return torch.stack(chosen, dim=1)


def max_regions(height: int, width: int) -> int:
    """The largest R for images of this size."""
    return len(_windows(height, width)) + 1


def crop(images: Tensor, boxes: Tensor, size: int | tuple[int, int]) -> Tensor:
    """One region of each image, resized as data modules resize (bilinear, antialiased).

    Args:
        images: (B, 3, H, W).
        boxes: (B, 4) int64, as `propose` gives them.
        size: of the crops, in pixels: the side of a square, or height and width.
    Returns:
        (B, 3, S, S) or (B, 3, *size), of the images' dtype.
    """
    sides = [size, size] if isinstance(size, int) else list(size)
    crops = [
        functional.resized_crop(image, top, left, bottom - top, right - left, sides, antialias=True)
        for image, (left, top, right, bottom) in zip(images, boxes.tolist(), strict=True)
    ]
    return torch.stack(crops)


@lru_cache(maxsize=8)
def _windows(height: int, width: int) -> Tensor:
    """(M, 4) int64: every window of the grid, without the whole image."""
    found: dict[tuple[int, int, int, int], None] = {}
    for part_x, part_y in WINDOWS:
        across, down = round(width * part_x), round(height * part_y)
        for top in _starts(height, down):
            for left in _starts(width, across):
                found[left, top, left + across, top + down] = None
    return torch.tensor(list(found))


def _starts(length: int, window: int) -> list[int]:
    """Evenly spaced, about a quarter of the window apart, from border to border."""
    steps = max(1, round((length - window) / (window / 4)))
    return [round(step * (length - window) / steps) for step in range(steps + 1)]


def _scores(images: Tensor, windows: Tensor) -> Tensor:
    """(B, M) float64."""
    height, width = images.shape[-2:]
    sums = _edge_sums(images)
    sides = windows[:, 2:] - windows[:, :2]  # (M, 2)
    ring = (sides * RING).long()
    inner = torch.cat([windows[:, :2] + ring, windows[:, 2:] - ring], dim=1)
    limit = windows.new_tensor([width, height])
    outer = torch.cat(
        [(windows[:, :2] - ring).clamp(min=0), torch.minimum(windows[:, 2:] + ring, limit)], dim=1
    )
    inside, within_inner, within_outer = (_sum(sums, box) for box in (windows, inner, outer))
    straddling = within_outer - within_inner
    return (inside - straddling).double() / sides.sum(dim=1).double().pow(ELONGATION)


def _edge_sums(images: Tensor) -> Tensor:
    """(B, H+1, W+1) int64: sums of the edges above and to the left of each corner."""
    if images.is_floating_point():
        images = (images * 255).round()
    pixels: Any = images.to(torch.int32).unbind(dim=1)
    grey = sum(weight * channel for weight, channel in zip(GREY, pixels, strict=True)) // 256
    edges = torch.zeros_like(grey)
    edges[:, :, 1:] += (grey[:, :, 1:] - grey[:, :, :-1]).abs()
    edges[:, 1:, :] += (grey[:, 1:, :] - grey[:, :-1, :]).abs()
    return torch.nn.functional.pad(edges.cumsum(dim=1).cumsum(dim=2), (1, 0, 1, 0))


def _sum(sums: Tensor, boxes: Tensor) -> Tensor:
    """(B, M): the edges in each box."""
    left, top, right, bottom = boxes.unbind(dim=1)
    total: Tensor = (
        sums[:, bottom, right] - sums[:, top, right] - sums[:, bottom, left] + sums[:, top, left]
    )
    return total
