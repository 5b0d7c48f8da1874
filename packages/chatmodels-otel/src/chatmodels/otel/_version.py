"""The version of this distribution, which the scopes of all signals contain."""

from typing import Final

# A constant, since importing `importlib.metadata` takes longer than importing all of telemetry.
VERSION: Final = "0.1.0"
