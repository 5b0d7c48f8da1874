"""Names of 0.1.0 work until 0.3, with a warning."""

import pytest

import chatmodels.http
import chatmodels.http.wire
from chatmodels.core import ChatModelError


@pytest.mark.parametrize(
    ("module", "old", "new"),
    [
        (chatmodels.http, "Answer", "HttpResponse"),
        (chatmodels.http, "AsyncAnswer", "AsyncHttpResponse"),
        (chatmodels.http, "Head", "RequestHead"),
        (chatmodels.http, "Patience", "Deadlines"),
        (chatmodels.http.wire, "known_usage", "merge_usage"),
        (chatmodels.http.wire, "misplaced", "describe_part"),
        (chatmodels.http.wire, "put", "set_path"),
        (chatmodels.http.wire, "reject_body", "raise_for_body"),
    ],
)
def test_a_former_name_works_with_a_warning(module, old, new) -> None:
    with pytest.warns(DeprecationWarning, match=f"use {new}") as caught:
        assert getattr(module, old) is getattr(module, new)
    assert [warning.filename for warning in caught] == [__file__]


def test_the_former_option_for_errors_in_bodies_works_with_a_warning() -> None:
    def failed(failure: chatmodels.http.HttpFailure) -> ChatModelError:
        return chatmodels.http.standard_failure(failure, "acme")

    with (
        pytest.warns(DeprecationWarning, match="use reports_error=") as caught,
        pytest.raises(ChatModelError, match="reported in a 200 response"),
    ):
        chatmodels.http.wire.raise_for_body(
            b'{"fault": true}', "acme", "a message", "odd", failed, tells_error=lambda _: True
        )
    assert [warning.filename for warning in caught] == [__file__]


@pytest.mark.parametrize("module", [chatmodels.http, chatmodels.http.wire])
def test_a_name_that_never_was_is_missed_as_usual(module) -> None:
    with pytest.raises(AttributeError, match="has no attribute 'NoSuchName'"):
        module.NoSuchName  # noqa: B018
