"""The recipes for backends work: exporters read URL and headers from them."""

import json
import re
import subprocess
import sys
from base64 import b64encode
from pathlib import Path

import pytest

PAGE = (Path(__file__).parents[3] / "docs" / "how-to" / "telemetry.md").read_text("utf-8")
RECIPES: dict[str, str] = dict(
    re.findall(
        r"\*\*([\w ]+)\*\*.*?```sh\n(.*?)```",
        PAGE.partition("## Send to other backends")[2].partition("\n## ")[0],
        re.DOTALL,
    )
)

REPORT = """
import json, os
from opentelemetry.util.re import parse_env_headers  # with which exporters read them
headers = parse_env_headers(os.environ.get("OTEL_EXPORTER_OTLP_HEADERS", ""), liberal=True)
print(json.dumps([os.environ["OTEL_EXPORTER_OTLP_ENDPOINT"], headers]))
"""
SECRETS = {
    "INSTANCE_ID": "1",
    "TOKEN": "t" * 60,  # long enough for base64 to break the line
    "LOGFIRE_TOKEN": "pylf_v1_us_x",
    "LANGFUSE_PUBLIC_KEY": "pk",
    "LANGFUSE_SECRET_KEY": "sk",
    "PHOENIX_API_KEY": "phx",
}


EXPECTED: dict[str, tuple[str, dict[str, str]]] = {
    "Jaeger": ("http://localhost:4318", {}),
    "Grafana Cloud": (
        "https://otlp-gateway-prod-eu-west-2.grafana.net/otlp",
        {"authorization": f"Basic {b64encode(b'1:' + b't' * 60).decode()}"},
    ),
    "Logfire": ("https://logfire-us.pydantic.dev", {"authorization": "pylf_v1_us_x"}),
    "Langfuse": (
        "https://cloud.langfuse.com/api/public/otel",
        {"authorization": "Basic cGs6c2s=", "x-langfuse-ingestion-version": "4"},
    ),
    "Phoenix": ("http://localhost:6006", {"authorization": "Bearer phx"}),
    "MLflow": ("http://localhost:5000", {"x-mlflow-experiment-id": "0"}),
    "A collector": ("http://collector:4318", {}),
}


@pytest.mark.skipif(sys.platform == "win32", reason="the recipes are for a POSIX shell")
@pytest.mark.parametrize("backend", RECIPES)
def test_a_recipe_sets_address_and_headers(backend) -> None:
    script = f'docker() {{ :; }}\n{RECIPES[backend]}\nexec "$0" -c "$1"'
    address, headers = EXPECTED[backend]

    done = subprocess.run(
        ["sh", "-euc", script, sys.executable, REPORT],
        env=SECRETS | {"PATH": "/usr/bin:/bin"},
        check=True,
        capture_output=True,
        text=True,
    )

    assert json.loads(done.stdout) == [address, headers]
    assert done.stderr == ""


def test_every_backend_has_a_recipe() -> None:
    assert set(RECIPES) == set(EXPECTED)
