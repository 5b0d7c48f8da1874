"""Agreement with `opentelemetry-util-genai`, which instruments the clients of some vendors.

It marks the context of a call that is being recorded under a key, and whoever finds the mark
records nothing. The mark is an object of its own class, so nothing can be set unless it is
imported; and if it is not imported, nobody looks: ask `UTIL_GENAI in sys.modules` first.
"""

import sys

from opentelemetry.context import Context, get_current, set_value

KEY = "opentelemetry.genai.client.inference.context"
UTIL_GENAI = "opentelemetry.util.genai"
_MODULE = "opentelemetry.util.genai._inference_invocation"


def is_recorded() -> bool:
    """Tell whether a surrounding instrumentation records the call already."""
    return KEY in get_current()


def marked(context: Context) -> Context:
    """Mark a context, so that instrumentations of what the provider uses do not record again."""
    mark = getattr(sys.modules.get(_MODULE), "InferenceData", None)
    # Another release may have it elsewhere: calls are then recorded twice, as without agreement.
    return context if mark is None else set_value(KEY, mark(), context)
