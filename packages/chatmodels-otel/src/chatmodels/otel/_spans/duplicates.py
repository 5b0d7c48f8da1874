"""Agreement with `opentelemetry-util-genai`, which instruments the clients of some vendors.

It marks the context of a call that is being recorded under a key, and whoever finds the mark
records nothing. The mark is an object of its own class, so nothing can be set unless it is
imported; and if it is not imported, nobody looks: ask `UTIL_GENAI in sys.modules` first.
"""

import sys

from opentelemetry.context import Context, create_key, get_current, set_value

KEY = "opentelemetry.genai.client.inference.context"
UTIL_GENAI = "opentelemetry.util.genai"
_MODULE = "opentelemetry.util.genai._inference_invocation"


_OURS = create_key("chatmodels.otel")


def is_recorded() -> bool:
    """Tell whether an instrumentation around ours records the call already.

    A mark of our own does not count: a policy, or a provider made of others, asks another model
    within a call, which is a call of its own.
    """
    context = get_current()
    return KEY in context and context[KEY] is not context.get(_OURS)


def marked(context: Context) -> Context:
    """Mark a context, so that instrumentations of what the provider uses do not record again."""
    mark = getattr(sys.modules.get(_MODULE), "InferenceData", None)
    # Another release may have it elsewhere: calls are then recorded twice, as without agreement.
    if mark is None:
        return context
    ours = mark()
    return set_value(_OURS, ours, set_value(KEY, ours, context))
