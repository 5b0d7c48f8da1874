"""The server side of Groq's batches ("Groq Batch API"), below `/groq`."""

import re
from typing import Any

from chatmodels.testing._batches.api import PAGE, BatchCall, page_at, start_after
from chatmodels.testing._batches.batch import SimulatedBatch
from chatmodels.testing._batches.openai import OpenAIBatches
from chatmodels.testing._simulated_response import SimulatedResponse, json_response

_CURSOR = "cursor_"


class GroqBatches(OpenAIBatches):
    """OpenAI's, with cursors in the listing, and errors as a list."""

    paths = re.compile(
        r"(?P<root>/groq/.*)/(?P<kind>files|batches)(/(?P<id>[^/]+)(/(?P<action>\w+))?)?"
    )

    def list_page(self, call: BatchCall, /) -> SimulatedResponse:
        """Return a page of the listing; its size cannot be chosen."""
        cursor = call.request.query.get("cursor", [""])[0].removeprefix(_CURSOR)
        start = start_after(call.batches, cursor)
        page, has_more = page_at(call.batches.all, start, PAGE, call.answer)
        body: dict[str, Any] = {"object": "list", "data": [self.describe(each) for each in page]}
        if has_more:
            body["paging"] = {"next_cursor": f"{_CURSOR}{page[-1].id}"}
        return json_response(body)

    def describe(self, batch: SimulatedBatch, /) -> dict[str, Any]:
        """Return a batch as the API does."""
        described = super().describe(batch)
        errors: dict[str, Any] | None = described["errors"]
        return {**described, "errors": errors and errors["data"]}
