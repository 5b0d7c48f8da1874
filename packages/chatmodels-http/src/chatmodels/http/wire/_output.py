"""The form of an answer, enforced through a tool that the model has to call.

That is how structured output is asked for where a model or a schema has no native way.
"""

from chatmodels.core import ChatRequest

ANSWER_DESCRIPTION = "Give the answer in this form."
"""What the tool is described as, where the output has no description of its own."""


def answer_tool(request: ChatRequest) -> str:
    """Name the tool whose arguments are the answer; empty where no form is asked for.

    It is the output's name, with underscores where one of the caller's tools is called so.
    """
    if request.output is None:
        return ""
    name = request.output.name
    while any(tool.name == name for tool in request.tools):
        name += "_"
    return name
