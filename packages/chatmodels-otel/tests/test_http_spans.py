"""The spans of a call's HTTP requests."""

from typing import Any

import pytest
from opentelemetry.sdk.trace import TracerProvider
from opentelemetry.sdk.trace.sampling import ALWAYS_OFF
from opentelemetry.trace import SpanKind, StatusCode

from chatmodels.core import ChatModelError, ChatResponse, NetworkError, RateLimitError, assistant
from chatmodels.core.extending import HttpExchange, StandardChatModel
from chatmodels.otel import Telemetry, TelemetryOptions, instrument
from chatmodels.resilience import Retry

URL = "https://ada:s3cret@gateway.example:8443/v1/chat?key=s3cret#s3cret"


class Asking(StandardChatModel):
    """A model that makes one request for each attempt; the statuses are those of the responses."""

    def __init__(self, *statuses: int | None, url: str = URL) -> None:
        super().__init__("acme", "large", policies=[Retry(initial_delay=0)])
        self.statuses = list(statuses)
        self.url = url
        self.noted: list[Any] = []

    def respond(self, request, call):
        self.noted.append(call.exchanges)
        status = self.statuses.pop(0)
        if call.exchanges is not None:
            exchange = HttpExchange("POST", self.url)
            exchange.status = status
            call.exchanges.append(exchange)
        if status is None:
            raise NetworkError("reset")
        if status == 429:
            raise RateLimitError("slow down")
        return ChatResponse(message=assistant("Yes."))


def test_each_request_of_a_retried_call_is_a_client_span_below_its_own(recorder) -> None:
    model = Asking(429, None, 200)

    instrument(model, telemetry=recorder.telemetry()).generate("Hi")

    address = {
        "http.request.method": "POST",
        "url.full": "https://gateway.example:8443/v1/chat",
        "server.address": "gateway.example",
        "server.port": 8443,
    }
    assert [dict(span.attributes) for span in recorder.requests] == [
        address | {"http.response.status_code": 429, "error.type": "429"},
        address | {"http.request.resend_count": 1, "error.type": "network"},
        address | {"http.request.resend_count": 2, "http.response.status_code": 200},
    ]
    codes = [span.status.status_code for span in recorder.requests]
    assert codes == [StatusCode.ERROR, StatusCode.ERROR, StatusCode.UNSET]
    assert {span.kind for span in recorder.requests} == {SpanKind.CLIENT}
    assert {span.parent.span_id for span in recorder.requests} == {recorder.span.context.span_id}
    assert "s3cret" not in repr([span.attributes for span in recorder.spans])


def test_the_times_of_a_request_are_its_own(recorder) -> None:
    instrument(Asking(429, 200), telemetry=recorder.telemetry()).generate("Hi")

    first, second = recorder.requests
    moments = [
        recorder.span.start_time,
        *(first.start_time, first.end_time),
        *(second.start_time, second.end_time),
        recorder.span.end_time,
    ]
    assert moments == sorted(moments)


@pytest.mark.parametrize(
    ("http_spans", "statuses", "requests"),
    [
        ("none", (429, 200), 0),
        ("failures", (429, 200), 2),
        ("failures", (200,), 0),
        ("all", (429, 200), 2),
        ("all", (200,), 1),
    ],
)
def test_an_option_decides_whose_requests_have_spans(
    recorder, http_spans, statuses, requests
) -> None:
    model = Asking(*statuses)

    instrument(model, telemetry=recorder.telemetry(http_spans=http_spans)).generate("Hi")

    assert len(recorder.requests) == requests
    assert (None in model.noted) is (http_spans == "none")


def test_a_call_that_is_not_sampled_notes_no_requests() -> None:
    model = Asking(200)
    telemetry = Telemetry(TelemetryOptions(), tracer_provider=TracerProvider(ALWAYS_OFF))

    instrument(model, telemetry=telemetry).generate("Hi")

    assert model.noted == [None]


def test_two_observers_share_the_requests_of_a_call(recorder) -> None:
    model = Asking(429, 200)
    for _ in range(2):
        model = model.with_observers(recorder.telemetry().observer)

    model.generate("Hi")

    assert len(recorder.requests) == 4


def test_an_address_that_cannot_be_read_is_recorded_as_it_is(recorder) -> None:
    model = Asking(429, 200, url="somewhere")

    instrument(model, telemetry=recorder.telemetry()).generate("Hi")

    assert [span.attributes["url.full"] for span in recorder.requests] == ["somewhere"] * 2
    assert not any("server.address" in span.attributes for span in recorder.requests)
    recorder.forget_spans()


def test_a_tracer_that_fails_breaks_no_call(recorder, caplog) -> None:
    telemetry = recorder.telemetry()
    model = Asking(None, 200, url=7)  # pyright: ignore[reportArgumentType] # not a text

    assert instrument(model, telemetry=telemetry).generate("Hi").text == "Yes."

    assert recorder.requests == []
    assert telemetry.guard.failures == {"http spans": 1}


def test_the_last_request_of_a_failed_call_is_an_error(recorder) -> None:
    with pytest.raises(ChatModelError):
        instrument(Asking(429, 429, 429), telemetry=recorder.telemetry()).generate("Hi")

    assert [span.attributes["error.type"] for span in recorder.requests] == ["429"] * 3
