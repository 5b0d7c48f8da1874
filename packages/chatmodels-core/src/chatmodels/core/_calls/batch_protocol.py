"""The interface of calls for many prompts at once."""

from collections.abc import AsyncIterable, Iterable, Sequence
from typing import TYPE_CHECKING, Any, Protocol, Unpack, overload, runtime_checkable

from chatmodels.core._calls.async_batch import AsyncBatchResults
from chatmodels.core._calls.batch import BatchResults, Progress
from chatmodels.core._calls.options import CallOptions, list_options
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


@runtime_checkable
class BatchModel(Protocol):
    """Calls a model for many prompts at once."""

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
    @list_options
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
        """Return the responses to many prompts, called in threads.

        Args:
            prompts: The prompts, or ready `ChatRequest`s.
            max_concurrency: Limit of calls that run at the same time, at least 1.
            on_progress: Receives the number of completed calls and of all calls, as each ends.
            output_type: The type of `parsed` of each response; see `generate`.
            options: The options and settings below, which apply to each call.

        Returns:
            A response for each prompt, in order; the error of a call that failed stands in its
            place.

        Raises:
            InvalidRequestError: The prompts are not a sequence, or `max_concurrency` is below 1.
        """
        ...

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
    @list_options
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
        """Return the responses to many prompts, called in tasks.

        Args:
            prompts: The prompts, or ready `ChatRequest`s.
            max_concurrency: Limit of calls that run at the same time, at least 1.
            on_progress: Receives the number of completed calls and of all calls, as each ends.
            output_type: The type of `parsed` of each response; see `agenerate`.
            options: The options and settings below, which apply to each call.

        Returns:
            A response for each prompt, in order; the error of a call that failed stands in its
            place.

        Raises:
            InvalidRequestError: The prompts are not a sequence, or `max_concurrency` is below 1.
        """
        ...

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
    @list_options
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
        """Return the responses to many prompts as they complete, called in threads.

        Args:
            prompts: The prompts, or ready `ChatRequest`s. They are read when a call can begin.
            max_concurrency: Limit of calls that run at the same time, at least 1.
            on_progress: Receives the number of completed calls and of all calls, as results are
                read; None for all calls if the prompts have no length.
            output_type: The type of `parsed` of each response; see `generate`.
            options: The options and settings below, which apply to each call.

        Returns:
            An iterator of `(index, result)`: the place of the prompt, and the response or the error
            of a call that failed. Its `close()` begins no further call.

        Raises:
            InvalidRequestError: The prompts are not iterable, or `max_concurrency` is below 1.
        """
        ...

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
    @list_options
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
        """Return the responses to many prompts as they complete, called in tasks.

        Args:
            prompts: The prompts, or ready `ChatRequest`s, of an async iterable too. They are read
                when a call can begin.
            max_concurrency: Limit of calls that run at the same time, at least 1.
            on_progress: Receives the number of completed calls and of all calls, as results are
                read; None for all calls if the prompts have no length.
            output_type: The type of `parsed` of each response; see `agenerate`.
            options: The options and settings below, which apply to each call.

        Returns:
            An async iterator of `(index, result)`: the place of the prompt, and the response or the
            error of a call that failed. Use it in an `async with` block, whose end cancels the
            calls that run.

        Raises:
            InvalidRequestError: The prompts are not iterable, or `max_concurrency` is below 1.
        """
        ...
