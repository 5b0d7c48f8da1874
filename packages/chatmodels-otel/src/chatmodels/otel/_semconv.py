"""The names, units and buckets of the semantic conventions.

The source is `open-telemetry/semantic-conventions-genai` of October 2026. The tests check all
emitted data against its machine-readable form.
"""

from typing import Final

SCHEMA_URL: Final = "https://opentelemetry.io/schemas/gen-ai-dev/1.42.0-dev"
SCHEMA_URL_V1_41: Final = "https://opentelemetry.io/schemas/1.41.0"
SCOPE: Final = "chatmodels.otel"

CHAT: Final = "chat"
EXECUTE_TOOL: Final = "execute_tool"
INVOKE_AGENT: Final = "invoke_agent"
OTHER: Final = "_OTHER"

OPERATION_NAME: Final = "gen_ai.operation.name"
PROVIDER_NAME: Final = "gen_ai.provider.name"
REQUEST_MODEL: Final = "gen_ai.request.model"
RESPONSE_MODEL: Final = "gen_ai.response.model"
SERVER_ADDRESS: Final = "server.address"
SERVER_PORT: Final = "server.port"
ERROR_TYPE: Final = "error.type"
HTTP_METHOD: Final = "http.request.method"
HTTP_RESEND_COUNT: Final = "http.request.resend_count"
HTTP_STATUS: Final = "http.response.status_code"
URL: Final = "url.full"
CONVERSATION_ID: Final = "gen_ai.conversation.id"
TOKEN_MODALITY: Final = "gen_ai.token.modality"  # noqa: S105 - no password
REQUEST_STREAM: Final = "gen_ai.request.stream"
FINISH_REASONS: Final = "gen_ai.response.finish_reasons"
FIRST_CHUNK: Final = "gen_ai.response.time_to_first_chunk"
INPUT_MESSAGES: Final = "gen_ai.input.messages"
OUTPUT_MESSAGES: Final = "gen_ai.output.messages"
TOOL_DEFINITIONS: Final = "gen_ai.tool.definitions"
AGENT_NAME: Final = "gen_ai.agent.name"
INPUT_TOKENS: Final = "gen_ai.usage.input_tokens"
OUTPUT_TOKENS: Final = "gen_ai.usage.output_tokens"
TOOL_NAME: Final = "gen_ai.tool.name"
TOOL_TYPE: Final = "gen_ai.tool.type"
TOOL_CALL_ID: Final = "gen_ai.tool.call.id"
TOOL_DESCRIPTION: Final = "gen_ai.tool.description"
TOOL_ARGUMENTS: Final = "gen_ai.tool.call.arguments"
TOOL_RESULT: Final = "gen_ai.tool.call.result"

PROMPT_NAME: Final = "gen_ai.prompt.name"
PROMPT_VERSION: Final = "gen_ai.prompt.version"
PROMPT_VARIABLE: Final = "gen_ai.prompt.variable"

OPENAI: Final = "openai"
OPENAI_API_TYPE: Final = "openai.api.type"
OPENAI_REQUEST_TIER: Final = "openai.request.service_tier"
OPENAI_SERVICE_TIER: Final = "openai.response.service_tier"
OPENAI_FINGERPRINT: Final = "openai.response.system_fingerprint"
BEDROCK: Final = "aws.bedrock"
BEDROCK_GUARDRAIL: Final = "aws.bedrock.guardrail.id"

DETAILS_EVENT: Final = "gen_ai.client.inference.operation.details"
EXCEPTION_EVENT: Final = "gen_ai.client.inference.exception"

# Custom names for facts that the conventions do not define.
RETRY_COUNT: Final = "chatmodels.retry.count"
COST: Final = "chatmodels.usage.cost"
WHERE: Final = "chatmodels.telemetry.where"
STATUS: Final = "chatmodels.health.status"

SECONDS: Final = "s"
TOKENS: Final = "{token}"

SECONDS_BUCKETS: Final = (
    0.01, 0.02, 0.04, 0.08, 0.16, 0.32, 0.64, 1.28, 2.56, 5.12, 10.24, 20.48, 40.96, 81.92,
)  # fmt: skip
RUN_BUCKETS: Final = tuple(2**power / 10 for power in range(13))  # seconds
COUNT_BUCKETS: Final = tuple(2**power for power in range(8))
TOKEN_BUCKETS: Final = tuple(4**power for power in range(14))

PROVIDER_NAMES: Final = {
    "azure": "azure.ai.openai",
    "azure_openai": "azure.ai.openai",
    "azure_inference": "azure.ai.inference",
    "bedrock": "aws.bedrock",
    "gemini": "gcp.gemini",
    "google": "gcp.gemini",
    "google-vertex": "gcp.vertex_ai",
    "mistral": "mistral_ai",
    "moonshot": "moonshot_ai",
    "vertex": "gcp.vertex_ai",
    "vertexai": "gcp.vertex_ai",
    "watsonx": "ibm.watsonx.ai",
    "xai": "x_ai",
}
"""Registered names that differ in the conventions; all others are used unchanged."""


def schema_url(conventions: str, /) -> str:
    """Return the schema URL of spans and metrics for the option `conventions`."""
    return SCHEMA_URL_V1_41 if conventions == "v1.41" else SCHEMA_URL
