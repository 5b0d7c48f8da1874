"""The library for Parquet files, which is an extra."""

from importlib import import_module
from typing import Any

from chatmodels.core import InvalidRequestError


def import_pyarrow() -> Any:
    """Import pyarrow, with its module for Parquet.

    Raises:
        InvalidRequestError: It is not installed.
    """
    try:
        import_module("pyarrow.parquet")
        return import_module("pyarrow")
    except ImportError as error:
        raise InvalidRequestError(
            "Parquet files need pyarrow; run: pip install 'chatmodels-bulk[parquet]'"
        ) from error
