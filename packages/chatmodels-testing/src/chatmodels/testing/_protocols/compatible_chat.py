"""The server side of chat completions with the endpoints of llama.cpp and vLLM that count tokens.

llama.cpp's server counts at `/chat/completions/input_tokens`, vLLM at `/tokenize` ("Token counting
API", README of llama.cpp's server; "Tokenizer API", OpenAI-compatible server of vLLM).
"""

from chatmodels.testing._exchange import ReceivedRequest
from chatmodels.testing._protocols.openai_chat import OpenAIChat
from chatmodels.testing._protocols.openai_request import parse_request
from chatmodels.testing._protocols.protocol import ParsedRequest
from chatmodels.testing._simulated_response import SimulatedResponse, json_response

_INPUT_TOKENS = "/chat/completions/input_tokens"
_TOKENIZE = "/tokenize"
_MAX_LENGTH = 32_768


class CompatibleChat(OpenAIChat):
    """OpenAI's wire format, and `POST .../chat/completions/input_tokens` and `POST /tokenize`."""

    def counts(self, request: ReceivedRequest, /) -> bool:
        """Check for a POST to one of the two paths; `/tokenize` is at the root."""
        path = request.path
        return request.method == "POST" and (path.endswith(_INPUT_TOKENS) or path == _TOKENIZE)

    def read_count(self, request: ReceivedRequest, /) -> ParsedRequest:
        """Parse a request for a number of tokens, which is a chat request.

        Raises:
            MalformedRequestError: The request is invalid.
        """
        return parse_request(request.body)

    def write_count(self, request: ReceivedRequest, tokens: int, /) -> SimulatedResponse:
        """Encode a number of tokens, and for `/tokenize` the tokens."""
        if request.path == _TOKENIZE:
            body = {"count": tokens, "max_model_len": _MAX_LENGTH, "tokens": list(range(tokens))}
            return json_response(body)
        return json_response({"object": "response.input_tokens", "input_tokens": tokens})
