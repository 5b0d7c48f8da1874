"""Agreement with `opentelemetry-util-genai`, which instruments the clients of some vendors.

It marks the context of a recorded call under a key. Other instrumentations that find the mark do
not record the call. The mark is an object of its own class, so that it can be set only if the
library is imported. Otherwise no instrumentation reads it: check `UTIL_GENAI in sys.modules` first.
"""

import sys

from opentelemetry.context import Context, create_key, get_current, set_value

KEY = "opentelemetry.genai.client.inference.context"
UTIL_GENAI = "opentelemetry.util.genai"
_MODULE = "opentelemetry.util.genai._inference_invocation"


_OURS = create_key("chatmodels.otel")


def is_recorded() -> bool:
    """Return whether another instrumentation records the call already.

    Marks of chatmodels are ignored: a policy, or a provider that consists of others, can call
    another model within a call, and that is a separate call.
    """
    context = get_current()
    return KEY in context and context[KEY] is not context.get(_OURS)


def mark_context(context: Context) -> Context:
    """Mark a context, so that instrumentations of what the provider uses do not record again."""
    mark = getattr(sys.modules.get(_MODULE), "InferenceData", None)
    # Another release can have it elsewhere; calls are then recorded twice.
    if mark is None:
        return context
    ours = mark()
    return set_value(_OURS, ours, set_value(KEY, ours, context))
