"""The official archives: resumable, verified, unpacked safely."""

from data_modules.download.catalogue import Archive, LayoutEntry, Source, read_catalogue
from data_modules.download.official import download, missing_files
from data_modules.download.transfer import Patience

__all__ = [
    "Archive",
    "LayoutEntry",
    "Patience",
    "Source",
    "download",
    "missing_files",
    "read_catalogue",
]
