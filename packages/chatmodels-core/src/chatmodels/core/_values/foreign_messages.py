"""Recognise messages of other libraries, to name their converter in errors."""

from collections.abc import Mapping


def converter_for(value: object, /) -> str | None:
    """Name the converter for a message of another library; None if it does not look like one."""
    kind = type(value)
    if isinstance(value, Mapping):
        return f"{_OF_VENDORS} convert dictionaries"
    if hasattr(kind, "content_blocks"):
        return f"{_OF_LANGCHAIN} converts messages of LangChain"
    if hasattr(kind, "to_messages"):
        return f"{_OF_LANGCHAIN} converts the to_messages() of a prompt of LangChain"
    if hasattr(value, "role") and hasattr(value, "content"):
        return f"{_OF_VENDORS} convert objects of the vendors' SDKs"
    return None


_OF_VENDORS = "messages_from_openai() and messages_from_anthropic() of chatmodels.core.interop"
_OF_LANGCHAIN = "messages_from_langchain() of chatmodels.core.interop"
