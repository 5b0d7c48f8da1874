"""The methods to call a model with, typed and documented once for all kinds of models."""

from typing import TYPE_CHECKING, Any, Unpack, overload

from chatmodels.core._calls.batch_methods import BatchMethods
from chatmodels.core._calls.options import CallOptions
from chatmodels.core._calls.protocols import ChatModel
from chatmodels.core._calls.stream import AsyncChatStream, ChatStream
from chatmodels.core._values.messages import Prompt
from chatmodels.core._values.metadata import Explanation
from chatmodels.core._values.request import ChatRequest, OutputSchema
from chatmodels.core._values.response import ChatResponse
from chatmodels.core._values.token_count import TokenCount

if TYPE_CHECKING:
    from typing_extensions import TypeForm, TypeVar

    T = TypeVar("T", default=None)
else:
    from typing import TypeVar

    T = TypeVar("T")


class CallMethods(BatchMethods):
    """The public call methods; a subclass implements their untyped counterparts."""

    def _generate(
        self, prompt: Prompt | ChatRequest, output_type: Any, options: CallOptions
    ) -> ChatResponse[Any]: ...

    async def _agenerate(
        self, prompt: Prompt | ChatRequest, output_type: Any, options: CallOptions
    ) -> ChatResponse[Any]: ...

    def _stream(
        self, prompt: Prompt | ChatRequest, output_type: Any, options: CallOptions
    ) -> ChatStream[Any]: ...

    def _astream(
        self, prompt: Prompt | ChatRequest, output_type: Any, options: CallOptions
    ) -> AsyncChatStream[Any]: ...

    def _explain(
        self, prompt: Prompt | ChatRequest, output_type: Any, options: CallOptions
    ) -> Explanation: ...

    def _count_tokens(
        self, prompt: Prompt | ChatRequest, output_type: Any, options: CallOptions
    ) -> TokenCount: ...

    async def _acount_tokens(
        self, prompt: Prompt | ChatRequest, output_type: Any, options: CallOptions
    ) -> TokenCount: ...

    @overload
    def generate(
        self,
        prompt: Prompt | ChatRequest,
        /,
        *,
        output_type: type[T] | None = None,
        **options: Unpack[CallOptions],
    ) -> ChatResponse[T]: ...
    @overload
    def generate(
        self,
        prompt: Prompt | ChatRequest,
        /,
        *,
        output_type: "TypeForm[T]",
        **options: Unpack[CallOptions],
    ) -> ChatResponse[T]: ...
    @overload
    def generate(
        self,
        prompt: Prompt | ChatRequest,
        /,
        *,
        output_type: OutputSchema,
        **options: Unpack[CallOptions],
    ) -> ChatResponse[Any]: ...
    def generate(
        self,
        prompt: Prompt | ChatRequest,
        /,
        *,
        output_type: Any = None,
        **options: Unpack[CallOptions],
    ) -> ChatResponse[Any]:
        """Return the response to a prompt; see `ChatModel.generate`."""
        return self._generate(prompt, output_type, options)

    @overload
    async def agenerate(
        self,
        prompt: Prompt | ChatRequest,
        /,
        *,
        output_type: type[T] | None = None,
        **options: Unpack[CallOptions],
    ) -> ChatResponse[T]: ...
    @overload
    async def agenerate(
        self,
        prompt: Prompt | ChatRequest,
        /,
        *,
        output_type: "TypeForm[T]",
        **options: Unpack[CallOptions],
    ) -> ChatResponse[T]: ...
    @overload
    async def agenerate(
        self,
        prompt: Prompt | ChatRequest,
        /,
        *,
        output_type: OutputSchema,
        **options: Unpack[CallOptions],
    ) -> ChatResponse[Any]: ...
    async def agenerate(
        self,
        prompt: Prompt | ChatRequest,
        /,
        *,
        output_type: Any = None,
        **options: Unpack[CallOptions],
    ) -> ChatResponse[Any]:
        """Return the response to a prompt without blocking; see `ChatModel.agenerate`."""
        return await self._agenerate(prompt, output_type, options)

    @overload
    def stream(
        self,
        prompt: Prompt | ChatRequest,
        /,
        *,
        output_type: type[T] | None = None,
        **options: Unpack[CallOptions],
    ) -> ChatStream[T]: ...
    @overload
    def stream(
        self,
        prompt: Prompt | ChatRequest,
        /,
        *,
        output_type: "TypeForm[T]",
        **options: Unpack[CallOptions],
    ) -> ChatStream[T]: ...
    @overload
    def stream(
        self,
        prompt: Prompt | ChatRequest,
        /,
        *,
        output_type: OutputSchema,
        **options: Unpack[CallOptions],
    ) -> ChatStream[Any]: ...
    def stream(
        self,
        prompt: Prompt | ChatRequest,
        /,
        *,
        output_type: Any = None,
        **options: Unpack[CallOptions],
    ) -> ChatStream[Any]:
        """Return a stream of events, read by blocking; see `ChatModel.stream`."""
        return self._stream(prompt, output_type, options)

    @overload
    def astream(
        self,
        prompt: Prompt | ChatRequest,
        /,
        *,
        output_type: type[T] | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncChatStream[T]: ...
    @overload
    def astream(
        self,
        prompt: Prompt | ChatRequest,
        /,
        *,
        output_type: "TypeForm[T]",
        **options: Unpack[CallOptions],
    ) -> AsyncChatStream[T]: ...
    @overload
    def astream(
        self,
        prompt: Prompt | ChatRequest,
        /,
        *,
        output_type: OutputSchema,
        **options: Unpack[CallOptions],
    ) -> AsyncChatStream[Any]: ...
    def astream(
        self,
        prompt: Prompt | ChatRequest,
        /,
        *,
        output_type: Any = None,
        **options: Unpack[CallOptions],
    ) -> AsyncChatStream[Any]:
        """Return a stream of events, read by awaiting; see `ChatModel.astream`."""
        return self._astream(prompt, output_type, options)

    def explain(
        self,
        prompt: Prompt | ChatRequest,
        /,
        *,
        output_type: object = None,
        **options: Unpack[CallOptions],
    ) -> Explanation:
        """Show the request that `generate` would send; see `ChatModel.explain`."""
        return self._explain(prompt, output_type, options)

    def count_tokens(
        self,
        prompt: Prompt | ChatRequest,
        /,
        *,
        output_type: object = None,
        **options: Unpack[CallOptions],
    ) -> TokenCount:
        """Count the input tokens of a call; see `ChatModel.count_tokens`."""
        return self._count_tokens(prompt, output_type, options)

    async def acount_tokens(
        self,
        prompt: Prompt | ChatRequest,
        /,
        *,
        output_type: object = None,
        **options: Unpack[CallOptions],
    ) -> TokenCount:
        """Count the input tokens of a call; see `ChatModel.acount_tokens`."""
        return await self._acount_tokens(prompt, output_type, options)


for _name in (
    "generate",
    "agenerate",
    "stream",
    "astream",
    "explain",
    "count_tokens",
    "acount_tokens",
):
    getattr(CallMethods, _name).__doc__ = getattr(ChatModel, _name).__doc__
