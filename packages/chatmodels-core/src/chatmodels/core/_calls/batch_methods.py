"""The methods to call a model for many prompts, typed and documented once."""

from collections.abc import AsyncIterable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Unpack, overload

from chatmodels.core._calls.async_batch import AsyncBatchResults
from chatmodels.core._calls.batch import BatchResults, Progress
from chatmodels.core._calls.batch_protocol import BatchModel
from chatmodels.core._calls.options import CallOptions
from chatmodels.core._errors.classes import ChatModelError
from chatmodels.core._values.messages import Prompt
from chatmodels.core._values.request import ChatRequest, OutputSchema
from chatmodels.core._values.response import ChatResponse

if TYPE_CHECKING:
    from typing_extensions import TypeForm, TypeVar

    T = TypeVar("T", default=None)
else:
    from typing import TypeVar

    T = TypeVar("T")


class BatchMethods:
    """The public methods for many prompts; a subclass implements their untyped counterparts."""

    def _batch(
        self,
        prompts: Sequence[Prompt | ChatRequest],
        max_concurrency: int,
        on_progress: Progress | None,
        output_type: Any,
        options: CallOptions,
    ) -> list[ChatResponse[Any] | ChatModelError]: ...

    async def _abatch(
        self,
        prompts: Sequence[Prompt | ChatRequest],
        max_concurrency: int,
        on_progress: Progress | None,
        output_type: Any,
        options: CallOptions,
    ) -> list[ChatResponse[Any] | ChatModelError]: ...

    def _batch_as_completed(
        self,
        prompts: Iterable[Prompt | ChatRequest],
        max_concurrency: int,
        on_progress: Progress | None,
        output_type: Any,
        options: CallOptions,
    ) -> BatchResults[ChatResponse[Any] | ChatModelError]: ...

    def _abatch_as_completed(
        self,
        prompts: Iterable[Prompt | ChatRequest] | AsyncIterable[Prompt | ChatRequest],
        max_concurrency: int,
        on_progress: Progress | None,
        output_type: Any,
        options: CallOptions,
    ) -> AsyncBatchResults[ChatResponse[Any] | ChatModelError]: ...

    @overload
    def batch(
        self,
        prompts: Sequence[Prompt | ChatRequest],
        /,
        *,
        max_concurrency: int = 8,
        on_progress: Progress | None = None,
        output_type: type[T] | None = None,
        **options: Unpack[CallOptions],
    ) -> list[ChatResponse[T] | ChatModelError]: ...
    @overload
    def batch(
        self,
        prompts: Sequence[Prompt | ChatRequest],
        /,
        *,
        max_concurrency: int = 8,
        on_progress: Progress | None = None,
        output_type: "TypeForm[T]",
        **options: Unpack[CallOptions],
    ) -> list[ChatResponse[T] | ChatModelError]: ...
    @overload
    def batch(
        self,
        prompts: Sequence[Prompt | ChatRequest],
        /,
        *,
        max_concurrency: int = 8,
        on_progress: Progress | None = None,
        output_type: OutputSchema,
        **options: Unpack[CallOptions],
    ) -> list[ChatResponse[Any] | ChatModelError]: ...
    def batch(
        self,
        prompts: Sequence[Prompt | ChatRequest],
        /,
        *,
        max_concurrency: int = 8,
        on_progress: Progress | None = None,
        output_type: Any = None,
        **options: Unpack[CallOptions],
    ) -> list[ChatResponse[Any] | ChatModelError]:
        """Return the responses to many prompts, called in threads; see `ChatModel.batch`."""
        return self._batch(prompts, max_concurrency, on_progress, output_type, options)

    @overload
    async def abatch(
        self,
        prompts: Sequence[Prompt | ChatRequest],
        /,
        *,
        max_concurrency: int = 8,
        on_progress: Progress | None = None,
        output_type: type[T] | None = None,
        **options: Unpack[CallOptions],
    ) -> list[ChatResponse[T] | ChatModelError]: ...
    @overload
    async def abatch(
        self,
        prompts: Sequence[Prompt | ChatRequest],
        /,
        *,
        max_concurrency: int = 8,
        on_progress: Progress | None = None,
        output_type: "TypeForm[T]",
        **options: Unpack[CallOptions],
    ) -> list[ChatResponse[T] | ChatModelError]: ...
    @overload
    async def abatch(
        self,
        prompts: Sequence[Prompt | ChatRequest],
        /,
        *,
        max_concurrency: int = 8,
        on_progress: Progress | None = None,
        output_type: OutputSchema,
        **options: Unpack[CallOptions],
    ) -> list[ChatResponse[Any] | ChatModelError]: ...
    async def abatch(
        self,
        prompts: Sequence[Prompt | ChatRequest],
        /,
        *,
        max_concurrency: int = 8,
        on_progress: Progress | None = None,
        output_type: Any = None,
        **options: Unpack[CallOptions],
    ) -> list[ChatResponse[Any] | ChatModelError]:
        """Return the responses to many prompts, called in tasks; see `ChatModel.abatch`."""
        return await self._abatch(prompts, max_concurrency, on_progress, output_type, options)

    @overload
    def batch_as_completed(
        self,
        prompts: Iterable[Prompt | ChatRequest],
        /,
        *,
        max_concurrency: int = 8,
        on_progress: Progress | None = None,
        output_type: type[T] | None = None,
        **options: Unpack[CallOptions],
    ) -> BatchResults[ChatResponse[T] | ChatModelError]: ...
    @overload
    def batch_as_completed(
        self,
        prompts: Iterable[Prompt | ChatRequest],
        /,
        *,
        max_concurrency: int = 8,
        on_progress: Progress | None = None,
        output_type: "TypeForm[T]",
        **options: Unpack[CallOptions],
    ) -> BatchResults[ChatResponse[T] | ChatModelError]: ...
    @overload
    def batch_as_completed(
        self,
        prompts: Iterable[Prompt | ChatRequest],
        /,
        *,
        max_concurrency: int = 8,
        on_progress: Progress | None = None,
        output_type: OutputSchema,
        **options: Unpack[CallOptions],
    ) -> BatchResults[ChatResponse[Any] | ChatModelError]: ...
    def batch_as_completed(
        self,
        prompts: Iterable[Prompt | ChatRequest],
        /,
        *,
        max_concurrency: int = 8,
        on_progress: Progress | None = None,
        output_type: Any = None,
        **options: Unpack[CallOptions],
    ) -> BatchResults[ChatResponse[Any] | ChatModelError]:
        """Return the responses to many prompts, as they complete."""
        return self._batch_as_completed(prompts, max_concurrency, on_progress, output_type, options)

    @overload
    def abatch_as_completed(
        self,
        prompts: Iterable[Prompt | ChatRequest] | AsyncIterable[Prompt | ChatRequest],
        /,
        *,
        max_concurrency: int = 8,
        on_progress: Progress | None = None,
        output_type: type[T] | None = None,
        **options: Unpack[CallOptions],
    ) -> AsyncBatchResults[ChatResponse[T] | ChatModelError]: ...
    @overload
    def abatch_as_completed(
        self,
        prompts: Iterable[Prompt | ChatRequest] | AsyncIterable[Prompt | ChatRequest],
        /,
        *,
        max_concurrency: int = 8,
        on_progress: Progress | None = None,
        output_type: "TypeForm[T]",
        **options: Unpack[CallOptions],
    ) -> AsyncBatchResults[ChatResponse[T] | ChatModelError]: ...
    @overload
    def abatch_as_completed(
        self,
        prompts: Iterable[Prompt | ChatRequest] | AsyncIterable[Prompt | ChatRequest],
        /,
        *,
        max_concurrency: int = 8,
        on_progress: Progress | None = None,
        output_type: OutputSchema,
        **options: Unpack[CallOptions],
    ) -> AsyncBatchResults[ChatResponse[Any] | ChatModelError]: ...
    def abatch_as_completed(
        self,
        prompts: Iterable[Prompt | ChatRequest] | AsyncIterable[Prompt | ChatRequest],
        /,
        *,
        max_concurrency: int = 8,
        on_progress: Progress | None = None,
        output_type: Any = None,
        **options: Unpack[CallOptions],
    ) -> AsyncBatchResults[ChatResponse[Any] | ChatModelError]:
        """Return the responses to many prompts, as they complete."""
        return self._abatch_as_completed(
            prompts, max_concurrency, on_progress, output_type, options
        )


for _name in ("batch", "abatch", "batch_as_completed", "abatch_as_completed"):
    getattr(BatchMethods, _name).__doc__ = getattr(BatchModel, _name).__doc__
