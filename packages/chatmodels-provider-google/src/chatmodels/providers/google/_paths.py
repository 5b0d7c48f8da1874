"""The paths of the Gemini API and of Vertex AI."""

import msgspec

from chatmodels.http import HttpRequest
from chatmodels.http.wire import path_name


class Paths(msgspec.Struct, frozen=True):
    """The parts of the paths of an API.

    Attributes:
        version: The prefix of all paths.
        location: The project and the region, which precede the path of a model.
        publisher: The publisher of models whose names are not paths.
    """

    version: str
    location: str = ""
    publisher: str = ""

    def model(self, model: str, provider: str, /) -> str:
        """Return the path of a model.

        Raises:
            InvalidRequestError: The model's name cannot be part of a URL.
        """
        model = path_name(model, provider, "model", safe="/@:")
        if model.startswith("projects/"):
            return f"{self.version}/{model}"
        if "/" not in model:
            model = f"{self.publisher}models/{model}"
        return f"{self.version}/{self.location}{model}"

    def listing(self, count: int, /) -> HttpRequest:
        """Return the request for the first page of the model listing."""
        path = f"{self.version}/{self.publisher}models?pageSize={count}"
        return HttpRequest(method="GET", path=path)
