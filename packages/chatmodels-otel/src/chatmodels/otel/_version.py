"""The version of this distribution, which the scopes of all signals carry."""

from typing import Final

# Written down, since what could look it up takes longer to import than all of telemetry.
VERSION: Final = "0.1.0"
