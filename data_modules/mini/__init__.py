"""The embedded data: drawn scenes in official formats, and single objects to pre-train on."""

from data_modules.mini.coco import ensure_mini_coco
from data_modules.mini.contact_sheet import contact_sheet, drawing_sheet
from data_modules.mini.datamodule import MiniCOCODataModule
from data_modules.mini.nuswide import ensure_mini_nuswide
from data_modules.mini.nuswide_datamodule import (
    MiniNUSWIDE1kDataModule,
    MiniNUSWIDE81DataModule,
)
from data_modules.mini.pictures import (
    CLASS_NAMES,
    single_object_picture,
    single_object_pictures,
)
from data_modules.mini.voc import ensure_mini_voc2007
from data_modules.mini.voc_datamodule import MiniVOC2007DataModule

__all__ = [
    "CLASS_NAMES",
    "MiniCOCODataModule",
    "MiniNUSWIDE1kDataModule",
    "MiniNUSWIDE81DataModule",
    "MiniVOC2007DataModule",
    "contact_sheet",
    "drawing_sheet",
    "ensure_mini_coco",
    "ensure_mini_nuswide",
    "ensure_mini_voc2007",
    "single_object_picture",
    "single_object_pictures",
]
