import gzip
import zlib

import pytest

from chatmodels.http import TransferError
from chatmodels.http._coding import decoder


@pytest.mark.parametrize(
    ("coding", "body"),
    [
        ("gzip", gzip.compress(b"hello" * 100)),
        ("X-GZip", gzip.compress(b"hello" * 100)),
        ("deflate", zlib.compress(b"hello" * 100)),
    ],
    ids=["gzip", "x-gzip", "deflate"],  # the bytes hold the time: each worker would see others
)
def test_a_coding_is_undone_piece_by_piece(coding: str, body: bytes) -> None:
    undo = decoder(coding)
    assert undo is not None
    assert b"".join(undo(bytes([byte])) for byte in body) == b"hello" * 100


@pytest.mark.parametrize("coding", [None, "", "identity"])
def test_there_may_be_nothing_to_undo(coding: str | None) -> None:
    assert decoder(coding) is None


def test_a_coding_that_was_not_asked_for_is_refused() -> None:
    with pytest.raises(TransferError, match="the body is coded with 'br', which was not asked for"):
        decoder("br")


def test_a_body_that_is_not_what_it_says_is_broken() -> None:
    undo = decoder("gzip")
    assert undo is not None
    with pytest.raises(TransferError, match="the body is not the gzip that it says"):
        undo(b"plain text")
