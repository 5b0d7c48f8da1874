"""Structured output through a tool that the model has to call.

Output is requested in this way if a model or a schema has no native one. Decoders of vendors read
the call like any other; `Codec.reader` turns it back into text.
"""

from chatmodels.core import ChatRequest

ANSWER_DESCRIPTION = "Give the answer in this form."
"""The description of the tool, if the output has none of its own."""

OUTPUT_FROM_TOOL = (
    "the output was requested as the arguments of a tool that the model had to call, since the "
    "model, the schema or the other tools do not allow native structured output"
)
"""The warning of responses whose output is the call of the tool."""


def answer_tool(request: ChatRequest) -> str:
    """Return the name of the tool whose arguments are the output; empty if none is requested.

    It is the output's name, with underscores if one of the caller's tools has the same name.
    """
    if request.output is None:
        return ""
    name = request.output.name
    while any(tool.name == name for tool in request.tools):
        name += "_"
    return name
