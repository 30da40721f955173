"""The embedded data: drawn scenes in official formats, and single objects to pre-train on."""

from data_modules.mini.coco import ensure_mini_coco
from data_modules.mini.contact_sheet import contact_sheet, drawing_sheet
from data_modules.mini.datamodule import MiniCOCODataModule
from data_modules.mini.pictures import (
    CLASS_NAMES,
    single_object_picture,
    single_object_pictures,
)

__all__ = [
    "CLASS_NAMES",
    "MiniCOCODataModule",
    "contact_sheet",
    "drawing_sheet",
    "ensure_mini_coco",
    "single_object_picture",
    "single_object_pictures",
]
