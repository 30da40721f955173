"""The embedded data: drawn scenes in official formats, and single objects to pre-train on."""

from data_modules.mini.coco import ensure_mini_coco

__all__ = ["ensure_mini_coco"]
