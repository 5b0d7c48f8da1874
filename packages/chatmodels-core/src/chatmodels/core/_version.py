"""The version of the distribution, written here since reading its metadata takes milliseconds."""

from typing import Final

VERSION: Final = "0.1.0"
