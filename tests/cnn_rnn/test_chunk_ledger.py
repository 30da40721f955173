from pathlib import Path

from cnn_rnn.chunk_ledger import ChunkLedger


def test_recorded_chunks_are_seen_by_everybody(tmp_path: Path) -> None:
    mine, theirs = ChunkLedger(tmp_path, 3), ChunkLedger(tmp_path, 3)
    mine.record({2: 7}, seal=1)
    assert theirs.checksums() == {2: 7}
    assert theirs.missing() == [0, 1]


def test_the_seal_exists_only_when_all_chunks_do(tmp_path: Path) -> None:
    ledger = ChunkLedger(tmp_path, 2)
    assert ledger.seal() is None
    ledger.record({0: 1}, seal=5)
    assert ledger.seal() is None
    ledger.record({0: 1, 1: 1}, seal=6)
    assert ledger.seal() == 6


def test_a_claimed_chunk_cannot_be_claimed_again(tmp_path: Path) -> None:
    mine, theirs = ChunkLedger(tmp_path, 2), ChunkLedger(tmp_path, 2)
    assert mine.claim(0)
    assert mine.holds(0)
    assert not theirs.claim(0)
    assert theirs.claim(1)


def test_a_released_chunk_can_be_claimed(tmp_path: Path) -> None:
    mine, theirs = ChunkLedger(tmp_path, 2), ChunkLedger(tmp_path, 2)
    assert mine.claim(0)
    assert mine.claim(1)
    mine.release_all()
    assert not mine.holds(0)
    assert theirs.claim(0)
    assert theirs.claim(1, wait=True)


def test_a_finished_chunk_cannot_be_claimed(tmp_path: Path) -> None:
    ledger = ChunkLedger(tmp_path, 2)
    ledger.record({0: 1}, seal=0)
    assert not ledger.claim(0)
    assert not ledger.claim(0, wait=True)
    assert ledger.claim(1)


def test_locks_go_with_the_last_chunk(tmp_path: Path) -> None:
    ledger = ChunkLedger(tmp_path, 1)
    assert ledger.claim(0)
    ledger.record({0: 1}, seal=0)
    ledger.release(0)
    assert [path.name for path in tmp_path.iterdir()] == ["progress.json"]
