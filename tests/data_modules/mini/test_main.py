"""`python -m data_modules.mini`."""

from pathlib import Path

import pytest
from PIL import Image

from data_modules.mini.__main__ import main


def test_it_draws_the_data_and_the_sheets(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    sheets = tmp_path / "scenes.png", tmp_path / "drawings.png"
    main(
        f"--root {tmp_path} --num-train 4 --num-val 3 --image-size 32 "
        f"--contact-sheet {sheets[0]} --drawing-sheet {sheets[1]}".split()
    )
    assert len(list(tmp_path.glob("coco-*/val2014/*.jpg"))) == 3
    for sheet in sheets:
        with Image.open(sheet) as picture:
            assert picture.size[0] > 100
    assert capsys.readouterr().out == ""


def test_an_unknown_option_is_refused(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["--num"])
    assert "unrecognized" in capsys.readouterr().err
