"""A vendor with a batch API whose faults are chosen, and that notices rows which are sent twice."""

import json
from collections.abc import AsyncGenerator, Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from chatmodels.bulk import Job, run
from chatmodels.bulk._stopping import StopConditions
from chatmodels.core import (
    ChatModelError,
    ChatRequest,
    ChatResponse,
    ErrorCode,
    NetworkError,
    UnsupportedError,
    Usage,
    assistant,
)
from chatmodels.core.extending import (
    UNSETTLED,
    BatchAnswer,
    BatchLimits,
    BatchStatus,
    CallInfo,
    UnsettledBatch,
    error_class,
)
from chatmodels.providers.mock import MockChatModel

Outcome = Literal["answered", "expired", "missing", "overloaded", "malformed", "refused"]
Creation = Literal["created", "lost", "late", "broken", "busy", "full"]


@dataclass
class Plan:
    """The fate of one batch.

    Attributes:
        creation: Created; created without a response ("lost"), or with a proxy's ("late"); a broken
            connection before it is created; a 429 ("busy"); or a batch that is refused afterwards
            because too many rows wait ("full").
        polls: The number of polls for which it runs.
        outcomes: The outcomes of its rows, repeated.
        doubled: Whether each answer comes twice, and there are answers to unknown rows.
        shuffled: Whether the answers are in the reverse order.
        broken_after: The number of answers after which the first reading breaks off.
        failure: The error of a batch that is "full".
    """

    creation: Creation = "created"
    polls: int = 0
    outcomes: Sequence[Outcome] = ("answered",)
    doubled: bool = False
    shuffled: bool = False
    broken_after: int | None = None
    failure: tuple[ErrorCode, int] = (ErrorCode.RATE_LIMITED, 429)


@dataclass
class VendorBatch:
    """A batch at the vendor."""

    id: str
    name: str
    plan: Plan
    rows: dict[str, str]
    polls: int
    state: Literal["running", "ended", "full"] = "running"

    def outcomes(self) -> Iterator[tuple[str, Outcome]]:
        outcomes = self.plan.outcomes
        for number, id_ in enumerate(self.rows):
            yield id_, outcomes[number % len(outcomes)]

    def has(self, text: str) -> bool:
        """Report whether a row is under way here, or has an answer that can be read."""
        if self.state == "full":
            return False
        return any(
            self.rows[id_] == text
            and (self.state == "running" or outcome in ("answered", "refused"))
            for id_, outcome in self.outcomes()
        )


@dataclass
class Vendor:
    """The vendor.

    Attributes:
        plans: The plans of the next batches; those after them have none of the faults.
        limits: The limits of a batch.
        unsettled: Whether a listing does not show the name of a batch before it has ended.
        before: Is called before each request; it can raise an exception.
        batches: The batches.
        cancelled: The ids of those that were cancelled.
        decoded: The requests of the answers that were decoded.
        may_repeat: Whether rows can have the same text.
        text: The text of all responses; None for one with that of the row.
        decoding: Is called before an answer is decoded.
        refusing: Is called before a refusal is decoded.
        finding: Is called before a batch is looked for.
        retrieving: Is called before the status of a batch is returned.
        cancelling: Is called before a batch is cancelled.
        creating: Is called before a batch is created, with its rows.
        reading: Is called before each answer.
        calls: The number of calls without a batch.
    """

    plans: list[Plan] = field(default_factory=list[Plan])
    limits: BatchLimits = field(default_factory=lambda: BatchLimits(rows=1_000, bytes=1_000_000))
    unsettled: bool = False
    before: Callable[[], None] = lambda: None
    batches: list[VendorBatch] = field(default_factory=list[VendorBatch])
    cancelled: list[str] = field(default_factory=list[str])
    decoded: list[ChatRequest] = field(default_factory=list[ChatRequest])
    may_repeat: bool = False
    text: str | None = None
    decoding: Callable[[], None] = lambda: None
    refusing: Callable[[], None] = lambda: None
    finding: Callable[[], None] = lambda: None
    retrieving: Callable[[], None] = lambda: None
    cancelling: Callable[[], None] = lambda: None
    creating: Callable[[list[str]], None] = lambda texts: None
    reading: Callable[[], None] = lambda: None
    calls: int = 0

    def encode(self, id_: str, request: ChatRequest, /) -> bytes:
        text = request.messages[-1].text
        if text == "unsupported":
            raise UnsupportedError("no such row")
        return json.dumps({"id": id_, "text": text}).encode()

    async def create(self, name: str, rows: Sequence[bytes], /) -> BatchStatus:
        self.before()
        self.creating([json.loads(row)["text"] for row in rows])
        plan = self.plans.pop(0) if self.plans else Plan()
        match plan.creation:
            case "broken":
                raise NetworkError("no connection")
            case "busy":
                raise error_class(ErrorCode.RATE_LIMITED)("busy", status=429, retry_after=100)
            case _:
                pass
        texts = {row["id"]: row["text"] for row in map(json.loads, rows)}
        for text in texts.values():
            assert not self.has(text), f"{text} is sent twice"
        id_ = f"batch-{len(self.batches)}"
        batch = VendorBatch(id_, name, plan, texts, plan.polls)
        self.batches.append(batch)
        self.before()
        if plan.creation == "lost":
            raise NetworkError("the connection broke")
        if plan.creation == "late":
            raise NetworkError("a proxy waited too long", status=408)
        if plan.creation == "full":
            batch.state = "full"
        return BatchStatus(id=id_, state="queued")

    async def find(
        self, name: str, rows: int, since: float, others: Collection[str], /
    ) -> BatchStatus | UnsettledBatch | None:
        self.before()
        self.finding()
        is_possible = False
        for batch in self.batches:
            if batch.id in others or len(batch.rows) != rows:
                continue
            if not self.unsettled or self._poll(batch):
                if batch.name == name:
                    return BatchStatus(id=batch.id, state="running")
            else:
                is_possible = True
        return UNSETTLED if is_possible else None

    async def retrieve(self, id_: str, /) -> BatchStatus:
        self.before()
        self.retrieving()
        batch = self._batch(id_)
        if batch.state == "full":
            code, status = batch.plan.failure
            error = error_class(code)("too many rows wait", status=status)
            return BatchStatus(id=id_, state="ended", error=error)
        return BatchStatus(id=id_, state="ended" if self._poll(batch) else "running")

    async def cancel(self, id_: str, /) -> None:
        self.before()
        self.cancelling()
        self.cancelled.append(id_)
        batch = self._batch(id_)
        batch.polls = 0

    async def results(self, status: BatchStatus, /) -> AsyncGenerator[BatchAnswer]:
        self.before()
        batch = self._batch(status.id)
        found = [
            self._answer(batch, id_, outcome)
            for id_, outcome in batch.outcomes()
            if outcome != "missing"
        ]
        if batch.plan.shuffled:
            found.reverse()
        if batch.plan.doubled:
            first = next(iter(batch.rows))
            strangers = [f"{batch.name}-999999", "stranger", f"{batch.name}-", f"other-{first}"]
            found = [each for each in found for _ in range(2)]
            found[:0] = [BatchAnswer(id=id_, status=200, body=b'"?"') for id_ in strangers]
        stop, batch.plan.broken_after = batch.plan.broken_after, None
        for number, answer in enumerate(found):
            if number == stop:
                raise NetworkError("the connection broke")
            self.before()
            self.reading()
            yield answer

    def decode(self, answer: BatchAnswer, request: ChatRequest, /) -> ChatResponse[Any]:
        self.decoding()
        self.decoded.append(request)
        if answer.status != 200:
            self.refusing()
            raise error_class(ErrorCode(answer.body.decode()))("failed", status=answer.status)
        text = json.loads(answer.body)
        assert text == request.messages[-1].text, "the answer of another row"
        usage = Usage(input_tokens=1, output_tokens=1)
        return ChatResponse(message=assistant(self.text or f"re: {text}"), usage=usage, model="m")

    def has(self, text: str) -> bool:
        return not self.may_repeat and any(batch.has(text) for batch in self.batches)

    def _answer(self, batch: VendorBatch, id_: str, outcome: Outcome) -> BatchAnswer:
        match outcome:
            case "answered":
                return BatchAnswer(id=id_, status=200, body=json.dumps(batch.rows[id_]).encode())
            case "overloaded":
                return BatchAnswer(id=id_, status=503, body=b"provider_unavailable")
            case "malformed":
                return BatchAnswer(id=id_, status=502, body=b"response_invalid")
            case "refused":
                return BatchAnswer(id=id_, status=400, body=b"content_filtered")
            case _:
                return BatchAnswer(id=id_)

    def _poll(self, batch: VendorBatch) -> bool:
        batch.polls -= 1
        if batch.polls < 0 and batch.state == "running":
            batch.state = "ended"
        return batch.state != "running"

    def _batch(self, id_: str) -> VendorBatch:
        return next(batch for batch in self.batches if batch.id == id_)


class VendorModel(MockChatModel):
    """A model of the vendor; a call of a row that a batch has is noticed."""

    def __init__(self, vendor: Vendor, **options: Any) -> None:
        super().__init__("m", on_exhausted="echo", **options)
        self.vendor = vendor

    def batch_backend(self) -> Vendor:
        return self.vendor

    async def arespond(self, request: ChatRequest, call: CallInfo, /) -> ChatResponse[Any]:
        text = request.messages[-1].text
        assert not self.vendor.has(text), f"{text} is asked twice"
        self.vendor.calls += 1
        return ChatResponse(message=assistant(f"re: {text}"), model="m")


@dataclass
class FakeClock:
    """A clock that runs only while something waits for it."""

    time: float = 1_000_000.0
    waits: list[float] = field(default_factory=list[float])
    before: Callable[[], None] = lambda: None

    def now(self) -> float:
        return self.time

    async def sleep(self, seconds: float, stopping: StopConditions, /) -> None:
        self.before()
        self.waits.append(seconds)
        self.time += seconds

    def share(self) -> float:
        return 0.5


def failing(code: ErrorCode, status: int) -> Callable[[], None]:
    """Return a function that raises an error of the vendor."""

    def fail() -> None:
        error: ChatModelError = error_class(code)("refused by the vendor", status=status)
        raise error

    return fail


def texts(count: int) -> list[str]:
    """Return a source of a run, which has a row for each number."""
    return [f"row {number}" for number in range(count)]


def batched(vendor: Vendor, source: Any, to: Path, **options: Any) -> Job:
    """Answer the rows of a source in batches of the vendor."""
    return run(VendorModel(vendor), source, to=to, **{"via": "batch", **options})
