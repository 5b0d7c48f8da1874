"""Former names in `chatmodels.http` and `chatmodels.http.wire`, to be removed in 0.3."""

import sys
from warnings import warn

_RENAMED = {
    "chatmodels.http": {
        "Answer": "HttpResponse",
        "AsyncAnswer": "AsyncHttpResponse",
        "Head": "RequestHead",
        "Patience": "Deadlines",
    },
    "chatmodels.http.wire": {
        "known_usage": "merge_usage",
        "misplaced": "describe_part",
        "put": "set_path",
        "reject_body": "raise_for_body",
    },
}


def former_name(module: str, name: str, /) -> object:
    """Return the value of a renamed name, with a warning that contains the new name.

    Raises:
        AttributeError: The module has never had the name.
    """
    new = _RENAMED[module].get(name)
    if new is None:
        raise AttributeError(f"module {module!r} has no attribute {name!r}", name=name)
    warn(
        f"{module}.{name} is deprecated and will be removed in 0.3; use {new}",
        DeprecationWarning,
        stacklevel=3,
    )
    return getattr(sys.modules[module], new)
