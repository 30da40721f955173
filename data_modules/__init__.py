"""LightningDataModules for the data sets of the paper."""

from data_modules.base import MultiLabelDataModule
from data_modules.coco import COCODataModule
from data_modules.dataset import Batch, MultiLabelDataset, Sample, collate
from data_modules.errors import DataError
from data_modules.folder import FolderDataModule
from data_modules.nuswide import NUSWIDE1kDataModule, NUSWIDE81DataModule
from data_modules.photos import PhotoBatch, PhotoFolderDataModule, Photos, PhotoSample
from data_modules.records import BoxTable, ImageBoxes
from data_modules.voc2007 import VOC2007DataModule

__all__ = [
    "Batch",
    "BoxTable",
    "COCODataModule",
    "DataError",
    "FolderDataModule",
    "ImageBoxes",
    "MultiLabelDataModule",
    "MultiLabelDataset",
    "NUSWIDE1kDataModule",
    "NUSWIDE81DataModule",
    "PhotoBatch",
    "PhotoFolderDataModule",
    "PhotoSample",
    "Photos",
    "Sample",
    "VOC2007DataModule",
    "collate",
]
