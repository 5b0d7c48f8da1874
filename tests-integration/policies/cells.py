"""Plays a fault of the transport to a call through a policy, and finds what is wrong."""

import asyncio
import threading
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from typing import NamedTuple

import anyio
import anyio.lowlevel
import anyio.to_thread

from chatmodels.core import ChatModel, ChatModelError, ChatResponse, Timeout
from chatmodels.core.extending import error_class
from chatmodels.testing import WIRE_FAULTS, FaultServer, WireFault
from fault_matrix import PATIENT, PROMPT, RIGHT, SECRET, SHAPES, SHORT_LIMITS, Cell
from policies.stage import Clock, Outcome, Played, Recorder, Stage
from policies.subjects import SUBJECTS, Subject
from vendors import model_of

DIALECTS = {
    "anthropic": "openai",
    "bedrock": "mistral",
    "cohere": "google",
    "google": "ollama",
    "mistral": "openai responses",
    "ollama": "anthropic",
    "openai": "cohere",
    "openai responses": "bedrock",
}
"""A provider of each wire format and of its backup model; others have Anthropic's as a backup."""

STRIDE = 67
"""The distance of cells that are played by default: it has no factor in common with their number,
so that all policies, providers and forms of calls alternate."""

PATIENCE = 60.0
"""Seconds until a connection that is not closed is a failure."""

JOIN = 60.0
"""Seconds until a thread that does not end is a failure."""


class PolicyCell(NamedTuple):
    """One fault that meets one policy in one form of a call to one provider."""

    fault: WireFault
    policy: str
    provider: str
    shape: str

    def __str__(self) -> str:
        return f"{self.fault.name} {self.policy} {self.provider} {self.shape}"

    @property
    def applies(self) -> bool:
        """True if the fault applies to this form of call in the wire format of this provider."""
        if self.fault.name in SUBJECTS[self.policy].inapplicable:
            return False
        return Cell(self.fault, self.provider, self.shape).applies

    def problem(self) -> str | None:
        """Play the fault, and return what is wrong with its outcome; None if nothing is."""
        threads = set(threading.enumerate())
        problem = anyio.run(self._played)
        newer = set(threading.enumerate()) - threads
        if alive := [thread for thread in newer if thread.join(JOIN) or thread.is_alive()]:
            return f"threads are left: {alive}"
        return problem

    async def _played(self) -> str | None:
        tasks = asyncio.all_tasks()
        with ExitStack() as stack:
            server = stack.enter_context(FaultServer(keep_alive=False, pace=0.001))
            backup_server = stack.enter_context(FaultServer(keep_alive=False))
            other = DIALECTS.get(self.provider, "anthropic")
            backup = model_of(other, backup_server, timeout=PATIENT)
            root = server.refusing_url if self.fault.refused else server.url
            model = model_of(self.provider, root, api_key=SECRET, timeout=PATIENT)
            stage = Stage(server, self.fault, backup, backup_server, Clock())
            problem = await _Play(self, stage, model).problem()
            if problem is None:
                await _closed(server, backup_server)
        left = asyncio.all_tasks() - tasks
        return problem or (f"tasks are left: {left}" if left else None)


class _Play:
    """A cell while it is played."""

    def __init__(self, cell: PolicyCell, stage: Stage, model: ChatModel) -> None:
        self.fault = cell.fault
        self.shape = cell.shape
        self.stage = stage
        self.recorder = Recorder()
        self.subject: Subject = SUBJECTS[cell.policy](stage)
        self.model = self.subject.around(model).with_observers(self.recorder)

    async def problem(self) -> str | None:
        self.stage.server.fault = self.fault
        played = await self._call(SHORT_LIMITS if self.fault.silent else PATIENT)
        self.stage.server.fault = None
        if problem := self._wrong(played):
            return problem
        left = self.stage.server.wait_until_left
        if self.fault.silent and not await anyio.to_thread.run_sync(left, PATIENCE):
            return "the connection is still open"
        if held := self.subject.held(played):
            return f"the policy: {held}"
        if self.fault.refused:
            return None
        if wrong := await self.subject.then(played, self._call):
            return f"the policy afterwards: {wrong}"
        self.subject.advance(played)
        after = await self._call()
        if not self._is_right(after.outcome):
            return f"the call afterwards failed: {after.outcome!r}"
        return None

    async def _call(self, limits: Timeout = PATIENT) -> Played:
        sent, replaced = self.stage.sent(), self.stage.replaced()
        outcome = await self._outcome(limits)
        await anyio.to_thread.run_sync(self.stage.server.wait_until_played)
        sent, replaced = self.stage.sent() - sent, self.stage.replaced() - replaced
        return Played(outcome, self.recorder.calls[-1], sent, replaced)

    async def _outcome(self, limits: Timeout) -> Outcome:
        model, options = self.model, self.subject.options | {"timeout": limits}
        try:
            match self.shape:
                case "generate":
                    return model.generate(PROMPT, **options)
                case "agenerate":
                    return await model.agenerate(PROMPT, **options)
                case "stream":
                    return model.stream(PROMPT, **options).collect()
                case _:
                    return await model.astream(PROMPT, **options).collect()
        except Exception as error:
            return error

    def _is_right(self, outcome: Outcome) -> bool:
        if not isinstance(outcome, ChatResponse):
            return False
        return bool(self.subject.options) or outcome.text == RIGHT

    def _wrong(self, played: Played) -> str | None:
        """Return what is wrong with the outcome and the counts of the call that met the fault."""
        outcome, call = played.outcome, played.call
        failed = call.failed_attempts
        expected = self.fault.expected("stream" if self.shape.endswith("stream") else "whole")
        if others := [each for each in failed if each.code not in expected.codes]:
            return f"other codes: {others}"
        if isinstance(outcome, ChatResponse):
            if not self._is_right(outcome):
                return f"a wrong response: {outcome.text!r}"
            if not expected.success and not failed:
                return f"a success: {outcome.text!r}"
            facts = (outcome.timing.attempts, outcome.failed_attempts, call.outcome)
            if facts != (len(failed) + 1, failed, "completed"):
                return f"counts of a success: {facts}, not {failed}"
        elif not isinstance(outcome, ChatModelError):
            return f"a foreign exception: {outcome!r}"
        else:
            if not isinstance(outcome, error_class(outcome.code)) or SECRET in repr(outcome):
                return f"another error: {outcome!r}"
            last = [attempt.code for attempt in failed[-1:]]
            facts = (outcome.failed_attempts, call.outcome, [outcome.code])
            if facts != (failed, "failed", last):
                return f"counts of a failure: {facts}, not {failed}"
        if self.recorder.ends != 1 or call.attempts != len(failed) + played.succeeded:
            return f"{self.recorder.ends} ends, {call.attempts} attempts, {failed}"
        return self._miscounted(played)

    def _miscounted(self, played: Played) -> str | None:
        call, fault = played.call, self.fault
        received = played.sent + played.replaced
        if fault.silent or fault.refused:  # the time can be up before the server has a request
            return f"{received} requests" if received > call.attempts else None
        if received != call.attempts:
            return f"{call.attempts} attempts, {received} requests"
        due = 1
        has_begun = not played.succeeded and call.first_event_at is not None
        if call.failed_attempts and not has_begun:
            due += self.subject.repeats(call.failed_attempts[0])
        return f"{call.attempts} attempts, not {due}" if call.attempts != due else None


def policy_cells(
    faults: Sequence[WireFault],
    policies: Sequence[str] = tuple(SUBJECTS),
    providers: Sequence[str] = tuple(DIALECTS),
    shapes: Sequence[str] = SHAPES,
) -> Iterator[PolicyCell]:
    """Yield all cells that apply."""
    for provider in providers:
        for policy in policies:
            for shape in shapes:
                for fault in faults:
                    cell = PolicyCell(fault, policy, provider, shape)
                    if cell.applies:
                        yield cell


async def _closed(*servers: FaultServer) -> None:
    """Wait until no connection is open, except for an idle one that the next call would use."""
    with anyio.fail_after(PATIENCE):
        while any(server.connections > 1 for server in servers):
            await anyio.lowlevel.checkpoint()


def some_policy_cells() -> list[PolicyCell]:
    """Return two whole and two streamed calls for each fault, with alternating policies."""
    chosen: dict[PolicyCell, None] = {}
    for shapes in (SHAPES[:2], SHAPES[2:]):
        number = 0
        for fault in WIRE_FAULTS.values():
            found = list(policy_cells([fault], shapes=shapes))
            for _ in range(min(2, len(found))):
                chosen[found[number % len(found)]] = None
                number += STRIDE
    return list(chosen)
