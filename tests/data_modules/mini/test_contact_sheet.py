"""Contact sheets: the right pictures, with captions."""

from pathlib import Path

import numpy as np

from data_modules.mini.contact_sheet import contact_sheet, drawing_sheet


def test_a_contact_sheet_shows_the_pictures_that_were_asked_for(mini_coco: Path) -> None:
    sheet = contact_sheet(mini_coco, "val2014", 6, 0, zoom=1, columns=3)
    assert sheet.size == (3 * 102 + 6, 2 * 126 + 6)
    pixels = np.asarray(sheet)
    for row in range(2):
        for column in range(3):
            top, left = 6 + row * 126, 6 + column * 102
            assert pixels[top : top + 96, left : left + 96].std() > 10
            caption = pixels[top + 97 : top + 125, left : left + 96]
            assert caption.min() < 120, "no caption"
    assert sheet.tobytes() == contact_sheet(mini_coco, "val2014", 6, 0, zoom=1, columns=3).tobytes()
    assert sheet.tobytes() != contact_sheet(mini_coco, "val2014", 6, 1, zoom=1, columns=3).tobytes()


def test_more_pictures_than_there_are_shows_all(mini_coco: Path) -> None:
    sheet = contact_sheet(mini_coco, "val2014", 1000, 0, zoom=1, columns=10)
    assert sheet.height == 6 * 126 + 6


def test_a_drawing_sheet_shows_the_categories_by_name() -> None:
    sheet = drawing_sheet(["cat", "stop sign"], each=2, size=40, columns=4)
    assert sheet.size == (4 * 46 + 6, 70 + 6)
    assert drawing_sheet(size=24).height > 5 * 50
