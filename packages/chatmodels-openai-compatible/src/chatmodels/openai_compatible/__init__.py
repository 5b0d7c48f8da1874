"""OpenAI's chat completions API, for the providers of chatmodels that are compatible with it.

The Responses API is in the subpackage `chatmodels.openai_compatible.responses`.
"""

from typing import TYPE_CHECKING

from chatmodels.core.extending import import_lazily, publish
from chatmodels.openai_compatible._codec import chat_completions_codec
from chatmodels.openai_compatible._dialect import ANY_SERVER, COMMON_SETTINGS, Dialect, Input
from chatmodels.openai_compatible._header_options import headers_from_options
from chatmodels.openai_compatible._openai_models import (
    TOOL_FAMILIES,
    TOOLS_REMEDY,
    reasons_by_default,
    tool_rules,
)
from chatmodels.openai_compatible._schemas import OPENAI_SCHEMAS

if TYPE_CHECKING:
    from chatmodels.openai_compatible._batch_files import (
        BATCH_LABEL,
        BatchFile,
        BatchLine,
        CompatibleBatches,
    )
    from chatmodels.openai_compatible._batches import (
        BATCH_LIMITS,
        BATCH_STATES,
        OpenAIBatches,
    )
    from chatmodels.openai_compatible._counting import INPUT_TOKENS, TOKENIZE
    from chatmodels.openai_compatible._grammars import GRAMMAR_SCHEMAS
    from chatmodels.openai_compatible._parallel_calls import split_parallel_calls
    from chatmodels.openai_compatible._provider import CompatibleProvider
    from chatmodels.openai_compatible._vendor import compatible_provider

__all__ = [
    "ANY_SERVER",
    "BATCH_LABEL",
    "BATCH_LIMITS",
    "BATCH_STATES",
    "COMMON_SETTINGS",
    "GRAMMAR_SCHEMAS",
    "INPUT_TOKENS",
    "OPENAI_SCHEMAS",
    "TOKENIZE",
    "TOOLS_REMEDY",
    "TOOL_FAMILIES",
    "BatchFile",
    "BatchLine",
    "CompatibleBatches",
    "CompatibleProvider",
    "Dialect",
    "Input",
    "OpenAIBatches",
    "chat_completions_codec",
    "compatible_provider",
    "headers_from_options",
    "reasons_by_default",
    "split_parallel_calls",
    "tool_rules",
]

_LAZY = {
    "BATCH_LABEL": "_batch_files",
    "BATCH_LIMITS": "_batches",
    "BATCH_STATES": "_batches",
    "BatchFile": "_batch_files",
    "BatchLine": "_batch_files",
    "CompatibleBatches": "_batch_files",
    "CompatibleProvider": "_provider",
    "GRAMMAR_SCHEMAS": "_grammars",
    "INPUT_TOKENS": "_counting",
    "OpenAIBatches": "_batches",
    "TOKENIZE": "_counting",
    "compatible_provider": "_vendor",
    "split_parallel_calls": "_parallel_calls",
}
"""Names that are imported on first use, because most calls do not need them."""

publish(globals(), lazy=_LAZY)


if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        if name in _LAZY:
            return import_lazily(globals(), _LAZY, name)
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
