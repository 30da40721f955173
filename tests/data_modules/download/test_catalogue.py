import re
from pathlib import Path

import pytest

from data_modules.download import read_catalogue
from data_modules.download.catalogue import has_entries

CATALOGUE = read_catalogue()
ARCHIVES = [archive for source in CATALOGUE.values() for archive in source.archives]
YAML = """
set:
  title: A set
  page: http://example.org
  archives:
    - {{name: {name}, urls: {urls}, size: 1, sha256: null, unpacked: 1, expects: {{a: 1}}}}
"""


def test_every_data_set_of_the_paper_has_a_source() -> None:
    assert list(CATALOGUE) == ["coco", "coco2017", "voc2007", "nuswide"]


def test_every_source_can_be_fetched_or_has_steps() -> None:
    for source in CATALOGUE.values():
        assert bool(source.archives) != bool(source.steps and source.layout)


@pytest.mark.parametrize("archive", ARCHIVES, ids=lambda archive: archive.name)
def test_an_archive_is_described_in_full(archive: object) -> None:
    from data_modules.download import Archive

    assert isinstance(archive, Archive)
    assert all(re.fullmatch(rf"https?://[^ ]+/{re.escape(archive.name)}", u) for u in archive.urls)
    assert archive.expects
    assert archive.unpacked >= (archive.size or 0)
    if not archive.extra:
        assert archive.size
        assert archive.sha256 is not None
        assert re.fullmatch("[0-9a-f]{64}", archive.sha256)


def test_counts_are_those_of_the_owners() -> None:
    expects = {archive.name: archive.expects for archive in ARCHIVES}
    assert expects["train2014.zip"] == {"train2014": 82_783}
    assert expects["val2014.zip"] == {"val2014": 40_504}
    assert expects["VOCtrainval_06-Nov-2007.tar"]["VOCdevkit/VOC2007/JPEGImages"] == 5_011
    assert expects["VOCtest_06-Nov-2007.tar"]["VOCdevkit/VOC2007/JPEGImages"] == 4_952


@pytest.mark.parametrize("name", ["a.rar", "../a.zip", "/a.zip", "folder/a.tar"])
def test_an_archive_that_cannot_be_unpacked_is_refused(name: str) -> None:
    with pytest.raises(ValueError, match=r"expected the name of a \.zip or \.tar file"):
        read_catalogue(YAML.format(name=name, urls="[http://example.org]"))


def test_an_archive_without_address_is_refused() -> None:
    with pytest.raises(ValueError, match="expected at least one address"):
        read_catalogue(YAML.format(name="a.zip", urls="[]"))


def test_has_entries_tells_files_and_folders_apart(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    (tmp_path / "folder").mkdir()
    (tmp_path / "folder" / "1").write_text("")
    assert has_entries(tmp_path / "file", 1)
    assert not has_entries(tmp_path / "file", 2)
    assert has_entries(tmp_path / "folder", 1)
    assert not has_entries(tmp_path / "folder", 2)
    assert not has_entries(tmp_path / "nothing", 1)
