"""Plays the faults of the transport to the models of all providers, in the four shapes of a call.

    ./run faults
    ./run faults --provider bedrock --shape astream --fault gzip --client httpx
    ./run faults --policies
    ./run faults --policies retry cache --provider openai

Each cell is one fault, one provider and one shape. The outcome must be one that the fault permits,
and a call on the same model afterwards must succeed. With `--policies`, each cell has a policy too;
those that are named, or all of them.
"""

import argparse
import sys
import time
from collections.abc import Iterator, Sequence
from contextlib import AsyncExitStack
from typing import Any, NamedTuple

import anyio
import anyio.to_thread
import httpx
import httpx2

from chatmodels.core import ChatModel, ChatModelError, ChatResponse, Timeout
from chatmodels.core.extending import error_class
from chatmodels.testing import WIRE_FAULTS, Expected, FaultServer, WireFault
from vendors import VENDORS, model_of

SHAPES = ("generate", "agenerate", "stream", "astream")
CLIENTS = {"own": None, "httpx": httpx, "httpx2": httpx2}
"""Our own engine, and the libraries whose clients can be injected."""

PROMPT = "Is anybody there?"
RIGHT = f"You said: {PROMPT}"
SECRET = "sk-secret-0123456789"

PATIENT = Timeout(connect=120.0, read=120.0, first_event=120.0, between_events=120.0, total=120.0)
SHORT_LIMITS = Timeout(connect=120.0, read=None, first_event=0.05, between_events=0.05, total=0.1)
"""Time limits for calls that must time out, also on a slow machine."""

LEFT_OVER = {"second-response", "bytes-after-end", "line-after-end", "no-content-with-body"}
"""Faults that leave bytes on a connection, which the pool of httpx keeps open."""

Outcome = ChatResponse[Any] | Exception


class Cell(NamedTuple):
    """One fault that meets one shape of a call to one provider."""

    fault: WireFault
    provider: str
    shape: str
    client: str = "own"

    def __str__(self) -> str:
        return f"{self.fault.name} {self.provider} {self.shape} {self.client}"

    @property
    def streamed(self) -> bool:
        """True if the call streams."""
        return self.shape.endswith("stream")

    @property
    def applies(self) -> bool:
        """True if the fault applies to this form of call in the wire format of this provider."""
        formats = self.fault.formats
        wanted = "stream" if self.streamed else "whole"
        found = {"bedrock": "event-stream", "ollama": "ndjson"}.get(self.provider, "sse")
        return wanted in self.fault.modes and (not formats or found in formats)

    def problem(self) -> str | None:
        """Play the fault, and return what is wrong with its outcome; None if nothing is."""
        return anyio.run(self._played)

    async def _played(self) -> str | None:
        with FaultServer(keep_alive=False, pace=0.001) as server:
            async with AsyncExitStack() as clients:
                fault = self.fault
                server.fault = fault
                root = server.refusing_url if fault.refused else server.url
                options = await self._client(clients)
                model = model_of(self.provider, root, api_key=SECRET, timeout=PATIENT, **options)
                outcome = await self._outcome(model, SHORT_LIMITS if fault.silent else PATIENT)
                # Not queued: on a slow machine the time may be up before the server has a request.
                server.fault = None
                problem = self._wrong(outcome)
                if problem is not None or fault.refused:
                    return problem
                # so that the call afterwards meets a connection that was closed, not one that is
                await anyio.to_thread.run_sync(server.wait_until_played)
                if len(server.requests) > 1:
                    return f"{len(server.requests)} requests were sent"
                if fault.silent and not await anyio.to_thread.run_sync(server.wait_until_left, 120):
                    return "the connection was not closed"
                if self.client != "own" and fault.name in LEFT_OVER:
                    return None
                after = await self._outcome(model, PATIENT)
                if _is_right(after):
                    return None
                return f"the call afterwards failed: {after!r}"

    async def _client(self, clients: AsyncExitStack) -> dict[str, Any]:
        library = CLIENTS[self.client]
        if library is None:
            return {}
        if self.shape.startswith("a"):
            client = library.AsyncClient(trust_env=False)
            return {"async_http_client": await clients.enter_async_context(client)}
        return {"http_client": clients.enter_context(library.Client(trust_env=False))}

    async def _outcome(self, model: ChatModel, limits: Timeout) -> Outcome:
        try:
            match self.shape:
                case "generate":
                    return model.generate(PROMPT, timeout=limits)
                case "agenerate":
                    return await model.agenerate(PROMPT, timeout=limits)
                case "stream":
                    return model.stream(PROMPT, timeout=limits).collect()
                case _:
                    return await model.astream(PROMPT, timeout=limits).collect()
        except Exception as error:
            return error

    def _wrong(self, outcome: Outcome) -> str | None:
        expected = self.fault.expected("stream" if self.streamed else "whole")
        if not isinstance(outcome, Exception):
            if not expected.success:
                return f"a success: {outcome.text!r}"
            return None if _is_right(outcome) else f"a wrong response: {outcome.text!r}"
        if not isinstance(outcome, ChatModelError):
            return f"a foreign exception: {outcome!r}"
        return _wrong_error(outcome, expected, self)


def _is_right(outcome: Outcome) -> bool:
    return not isinstance(outcome, Exception) and outcome.text == RIGHT


def _wrong_error(error: ChatModelError, expected: Expected, cell: Cell) -> str | None:
    causes: list[BaseException] = []
    cause: BaseException | None = error
    while cause is not None:
        causes.append(cause)
        cause = cause.__cause__ or cause.__context__
    actual = f"{error.code} {error.status} {error.retry_after} {error!r}"
    if error.code not in expected.codes or not isinstance(error, error_class(error.code)):
        return f"another code: {actual}"
    if expected.status not in {-1, error.status}:
        return f"another status: {actual}"
    if expected.retry_after not in {-1, error.retry_after}:
        return f"another delay: {actual}"
    if error.op != ("stream" if cell.streamed else "generate") or error.provider is None:
        return f"another place: {error.op} {error.provider} {actual}"
    if SECRET in f"{error.details}{causes}":
        return "the API key is in the error"
    return None


def cells(
    faults: Sequence[WireFault],
    providers: Sequence[str] = tuple(VENDORS),
    shapes: Sequence[str] = SHAPES,
    client: str = "own",
) -> Iterator[Cell]:
    """Yield all cells that apply."""
    for fault in faults:
        for provider in providers:
            for shape in shapes:
                cell = Cell(fault, provider, shape, client)
                if cell.applies:
                    yield cell


def some_cells(client: str = "own") -> Iterator[Cell]:
    """Yield a whole and a streamed call for each fault, with alternating providers and forms."""
    for number, fault in enumerate(WIRE_FAULTS.values()):
        for shapes in (SHAPES[:2], SHAPES[2:]):
            found = list(cells([fault], shapes=shapes, client=client))
            if found:
                yield found[number % len(found)]


def main(arguments: Sequence[str] | None = None) -> str | None:
    """Play the cells that the arguments choose, and return what failed."""
    parser = argparse.ArgumentParser(prog="./run faults", description="Play faults to all models.")
    parser.add_argument("--fault", action="append", metavar="NAME")
    parser.add_argument("--group", choices=sorted({f.group for f in WIRE_FAULTS.values()}))
    parser.add_argument("--provider", action="append", choices=list(VENDORS), metavar="NAME")
    parser.add_argument("--shape", action="append", choices=SHAPES)
    parser.add_argument("--client", choices=list(CLIENTS), default="own")
    parser.add_argument("--policies", nargs="*", metavar="NAME")
    chosen = parser.parse_args(arguments)
    for name in chosen.fault or ():
        if name not in WIRE_FAULTS:
            parser.error(f"no fault is named {name!r}; docs/reference/faults.md lists them")
    faults = [
        fault
        for fault in WIRE_FAULTS.values()
        if fault.group == (chosen.group or fault.group)
        and fault.name in (chosen.fault or WIRE_FAULTS)
    ]
    started = time.monotonic()
    played = failed = 0
    found: Iterator[Any]
    if chosen.policies is None:
        providers, shapes = chosen.provider or tuple(VENDORS), chosen.shape or SHAPES
        found = cells(faults, providers, shapes, chosen.client)
    else:
        from policies.cells import DIALECTS, SUBJECTS, policy_cells  # which need this module

        for name in chosen.policies:
            if name not in SUBJECTS:
                parser.error(f"no policy is named {name!r}; choose from {', '.join(SUBJECTS)}")
        found = policy_cells(
            faults,
            chosen.policies or tuple(SUBJECTS),
            chosen.provider or tuple(DIALECTS),
            chosen.shape or SHAPES,
        )
    for cell in found:
        played += 1
        problem = cell.problem()
        if problem is not None:
            failed += 1
            print(f"{cell}: {problem}", flush=True)  # noqa: T201 - its purpose
    seconds = time.monotonic() - started
    print(f"{len(faults)} faults, {played} cells, {failed} failed, {seconds:.0f} s")  # noqa: T201
    return f"{failed} of {played} cells failed" if failed else None


if __name__ == "__main__":
    sys.exit(main())
