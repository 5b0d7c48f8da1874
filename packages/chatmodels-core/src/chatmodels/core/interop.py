"""Convert conversations from and to the message formats of other libraries.

Each converter is explicit: a prompt that consists of dictionaries is refused, because the same
keys mean different things in different formats.

>>> from chatmodels.core.interop import messages_from_openai
>>> messages_from_openai([{"role": "user", "content": "Which city is this?"}])
(Message(role='user', parts=(TextPart(text='Which city is this?'),)),)
"""

from chatmodels.core._interop.anthropic_reading import messages_from_anthropic
from chatmodels.core._interop.anthropic_writing import messages_to_anthropic
from chatmodels.core._interop.langchain_reading import messages_from_langchain
from chatmodels.core._interop.langchain_writing import messages_to_langchain
from chatmodels.core._interop.openai_reading import messages_from_openai
from chatmodels.core._interop.openai_writing import messages_to_openai
from chatmodels.core._public import publish

__all__ = [
    "messages_from_anthropic",
    "messages_from_langchain",
    "messages_from_openai",
    "messages_to_anthropic",
    "messages_to_langchain",
    "messages_to_openai",
]

publish(globals())
