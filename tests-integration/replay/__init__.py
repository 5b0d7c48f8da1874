"""Tests a wire format with recorded exchanges: what is read, what is written, what is damaged.

A package has a choice of recordings in `tests/recorded/<provider>/*.json`. All of them, if they
are there, are found through the environment variable `CHATMODELS_RECORDED` or as `*/recorded`
beside the checkout; else what needs them is skipped. `test_recorded.py` reads them through
`generate`, `agenerate`, `stream` and `astream`, in pieces of 1, 7 and 4,096 bytes:

    def adapt(exchange: Exchange, response: ChatResponse[Any] | None) -> Json:
        return exchange.expected | {"refusal": None}  # where ours differs on purpose, and why

    RECORDED = Recorded(
        api="vendor.chat",  # or several
        here=Path(__file__).parent / "recorded",
        count=143,  # of all; one that is overlooked fails the tests
        model=partial(create_chat_model, "vendor:any", api_key="sk-recorded", max_retries=0),
        adapt=adapt,
    )

    @pytest.mark.parametrize("check", RECORDED.checks())
    def test_recorded_exchanges_are_read_as_expected(check: AsyncCheck) -> None:
        check.run()  # and likewise `async def ..._awaited`: await check.arun()

`test_recorded_requests.py` does the same with `Requests(api, here, neutral, encode, normal,
written=128, left_out={"not recorded": 11, "why": 4})`: `neutral(exchange)` reads `exchange.body`
back, or raises `InexpressibleError("why")`; `encode(exchange, request)` calls the codec;
`normal(body)` removes what is no difference. `test_fuzz.py` does it with `Fuzz(api, codec, here,
request)`: ten thousand mutations, of bytes, and of the JSON in whole bodies and in frames, which
works with any framing. A binary frame's `data` should be the JSON payload.

Which calls are streamed is told by the tags, see `is_streamed`; pass `streamed=` to tell it
otherwise. What `expected` means, and how ours differs from it with all vendors, is at the top of
`_differences.py`. A failure lists all exchanges that differ, and in what.
"""

from replay._checks import AsyncCheck, Check
from replay._differences import Adapt, as_expected, differences
from replay._exchanges import (
    PIECES,
    Exchange,
    Json,
    everything,
    exchanges,
    is_streamed,
    needs_everything,
    uncounted,
)
from replay._fuzz import Fuzz
from replay._recorded import Recorded
from replay._requests import InexpressibleError, Requests, unlike
from replay._shapes import AsyncReplaying, ModelFactory, Replaying, aread, read

__all__ = [
    "PIECES",
    "Adapt",
    "AsyncCheck",
    "AsyncReplaying",
    "Check",
    "Exchange",
    "Fuzz",
    "InexpressibleError",
    "Json",
    "ModelFactory",
    "Recorded",
    "Replaying",
    "Requests",
    "aread",
    "as_expected",
    "differences",
    "everything",
    "exchanges",
    "is_streamed",
    "needs_everything",
    "read",
    "uncounted",
    "unlike",
]
