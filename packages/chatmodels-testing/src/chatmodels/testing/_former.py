"""Former names in `chatmodels.testing`, to be removed in 0.3."""

from warnings import warn

RENAMED = {
    "Answer": "SimulatedResponse",
    "Drip": "RepeatedBytes",
    "fitting": "example_value",
}


def warn_former(former: str, name: str, /) -> None:
    """Warn the caller of the calling function about a name that will be removed in 0.3."""
    warn(
        f"{former} is deprecated and will be removed in 0.3; use {name}",
        DeprecationWarning,
        stacklevel=3,
    )
