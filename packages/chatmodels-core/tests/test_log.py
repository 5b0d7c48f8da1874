"""Log records carry facts in their attributes, and neither content nor secrets."""

import logging
import subprocess
import sys
from typing import Any

import pytest

from chatmodels.core import ChatRequest, ChatResponse, RateLimitError, assistant
from chatmodels.core.extending import StandardChatModel, add_log_filter, error_facts, logger

SECRET = "sk-123"
CONTENT = "my diary"


class Failing(StandardChatModel):
    """Fails with an error that carries what must not be logged."""

    def respond(self, request: ChatRequest, call: object, /) -> ChatResponse[Any]:
        raise RateLimitError(
            f"no {CONTENT} {SECRET}",
            status=429,
            request_id="req_1",
            retry_after=2.5,
            details={"key": SECRET},
            partial=ChatResponse(message=assistant(CONTENT)),
        )


def test_a_failed_call_leaves_one_record_with_the_facts_and_no_content(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with pytest.raises(RateLimitError):
        Failing("fake", "m").generate(CONTENT)

    (record,) = caplog.records
    assert record.name == "chatmodels.calls"
    assert record.levelno == logging.WARNING
    assert record.getMessage() == "generate of 'fake:m' failed: rate_limited"
    facts = vars(record)
    expected = {
        "op": "generate",
        "provider": "fake",
        "model": "m",
        "code": "rate_limited",
        "status": 429,
        "request_id": "req_1",
        "retry_after": 2.5,
        "error_type": "RateLimitError",
        "attempts": 1,
    }
    assert {name: facts[name] for name in expected} == expected
    assert facts["duration"] >= 0
    assert not any(word in str(facts) for word in (SECRET, CONTENT))


def test_a_line_end_in_the_name_of_a_model_does_not_begin_a_line_of_the_log(
    caplog: pytest.LogCaptureFixture,
) -> None:
    with pytest.raises(RateLimitError):
        Failing("fake", "m\nERROR forged").generate(CONTENT)

    (record,) = caplog.records
    assert record.getMessage() == r"generate of 'fake:m\nERROR forged' failed: rate_limited"


def test_an_error_of_another_library_is_logged_by_its_type_only() -> None:
    assert error_facts(KeyError(SECRET)) == {"code": "internal", "error_type": "KeyError"}


def test_loggers_are_below_the_librarys_own_and_made_once() -> None:
    assert logger() is logger()
    assert logger("chatmodels.tests").parent in {logger(), logging.getLogger("chatmodels")}


def test_nothing_is_printed_unless_the_program_configures_logging() -> None:
    program = (
        "import sys, chatmodels.core._log as log\n"
        "assert 'logging' not in sys.modules, 'logging is imported before it is needed'\n"
        "log.logger('chatmodels.calls').warning('Hi')\n"
        "import logging\n"
        "handlers = logging.getLogger('chatmodels').handlers\n"
        "assert [type(handler) for handler in handlers] == [logging.NullHandler]\n"
        "assert not logging.getLogger().handlers\n"
    )

    result = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert (result.returncode, result.stdout, result.stderr) == (0, "", "")


def test_a_filter_applies_to_all_loggers_including_later_ones(
    caplog: pytest.LogCaptureFixture,
) -> None:
    class Marking(logging.Filter):
        def filter(self, record: logging.LogRecord) -> bool:
            record.mark = "seen"
            return True

    before = logger("chatmodels.before-the-filter")
    remove = add_log_filter(Marking())
    after = logger(f"chatmodels.{id(remove)}")

    before.warning("one")
    after.warning("two")
    remove()
    remove()
    before.warning("three")
    after.warning("four")

    assert [getattr(record, "mark", None) for record in caplog.records] == [
        "seen",
        "seen",
        None,
        None,
    ]
