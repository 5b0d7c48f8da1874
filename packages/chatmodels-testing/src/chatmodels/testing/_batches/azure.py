"""The server side of Azure's batches ("Getting started with Azure OpenAI batch deployments")."""

import re
from typing import Any

from chatmodels.testing._batches.api import created_at
from chatmodels.testing._batches.batch import SimulatedBatch, SimulatedBatches
from chatmodels.testing._batches.files import Form
from chatmodels.testing._batches.openai import OpenAIBatches

_STATES = {"in_progress": "InProgress"}


class AzureBatches(OpenAIBatches):
    """OpenAI's, with files that are processed first, states in capitals, and times as texts."""

    paths = re.compile(
        r"(?P<root>/openai/v1)/(?P<kind>files|batches)(/(?P<id>[^/]+)(/(?P<action>\w+))?)?"
    )

    def form_problem(self, form: Form, /) -> str | None:
        """Refuse an invalid expiry."""
        expiry = {name for name in form.fields if name.startswith("expires_after")}
        if expiry and form.fields.get("expires_after.anchor") != "created_at":
            return "Invalid value for 'expires_after.anchor'."
        if expiry and not 1_209_600 <= int(form.fields["expires_after.seconds"]) <= 2_592_000:
            return "Invalid value for 'expires_after.seconds'."
        return None

    def describe_file(self, id_: str, batches: SimulatedBatches, /) -> dict[str, Any]:
        """Return a file of rows, which is processed when it is polled."""
        status = "processed" if id_ in batches.polled else "pending"
        return {**super().describe_file(id_, batches), "status": status}

    def problem(self, body: dict[str, Any], batches: SimulatedBatches, /) -> str | None:
        """Return the reason for which the creation of a batch is refused; None if there is none."""
        if body["input_file_id"] not in batches.polled:
            return f"The file '{body['input_file_id']}' is not processed yet."
        return super().problem(body, batches)

    def describe(self, batch: SimulatedBatch, /) -> dict[str, Any]:
        """Return a batch as the API does."""
        described = super().describe(batch)
        status = described["status"]
        return {
            **described,
            "status": _STATES.get(status, status.capitalize()),
            "created_at": created_at(batch),
            "request_counts": dict.fromkeys(("total", "completed", "failed")),
        }
