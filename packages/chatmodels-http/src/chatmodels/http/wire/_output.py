"""The warning of structured output that was requested through a tool."""

OUTPUT_FROM_TOOL = (
    "the output was requested as the arguments of a tool that the model had to call, since the "
    "model, the schema or the other tools do not allow native structured output"
)
"""The warning of responses whose output is a call of the tool."""
