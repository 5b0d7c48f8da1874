"""The endpoint is derived from region, profile and base URL."""

from pathlib import Path
from typing import Any

import pytest

from chatmodels.core import ChatModelError, ConfigurationError, create_chat_model
from chatmodels.core.extending import ProviderOptions, provider
from chatmodels.providers.bedrock._regions import control_url, storage_url, with_region


@pytest.fixture(autouse=True)
def config(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Path:
    import os

    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    return tmp_path / "config"


def url(**given: Any) -> str:
    return create_chat_model("bedrock:m", api_key="k", **given).explain("?").url


@pytest.mark.parametrize(
    ("region", "host"),
    [
        ("eu-west-1", "bedrock-runtime.eu-west-1.amazonaws.com"),
        ("us-gov-west-1", "bedrock-runtime.us-gov-west-1.amazonaws.com"),
        ("cn-north-1", "bedrock-runtime.cn-north-1.amazonaws.com.cn"),
        ("eusc-de-east-1", "bedrock-runtime.eusc-de-east-1.amazonaws.eu"),
    ],
)
def test_a_region_has_its_address(region: str, host: str) -> None:
    assert url(region=region) == f"https://{host}/model/m/converse"


@pytest.mark.parametrize("variable", ["AWS_REGION", "AWS_DEFAULT_REGION"])
def test_the_region_comes_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, variable: str
) -> None:
    monkeypatch.setenv(variable, "eu-west-1")
    assert "//bedrock-runtime.eu-west-1." in url()


def test_the_region_comes_from_the_profile(monkeypatch: pytest.MonkeyPatch, config: Path) -> None:
    config.write_text("[default]\nregion=eu-west-1\n[profile work]\nregion=eu-west-2\n")
    assert "//bedrock-runtime.eu-west-1." in url()
    assert "//bedrock-runtime.eu-west-2." in url(profile="work")
    monkeypatch.setenv("AWS_PROFILE", "work")
    assert "//bedrock-runtime.eu-west-2." in url()


@pytest.mark.parametrize(
    "text", [None, "no sections", "[default]\noutput=json\n", "[default]\nregion\n"]
)
def test_a_missing_region_is_an_error_with_a_remedy(config: Path, text: str | None) -> None:
    if text is not None:
        config.write_text(text)
    with pytest.raises(ConfigurationError) as caught:
        url()
    assert str(caught.value) == "bedrock: the region is unknown; set AWS_REGION or pass region=..."


def test_a_base_url_can_be_passed(monkeypatch: pytest.MonkeyPatch) -> None:
    assert url(base_url="https://gateway.example/aws") == (
        "https://gateway.example/aws/model/m/converse"
    )
    monkeypatch.setenv("AWS_ENDPOINT_URL_BEDROCK_RUNTIME", "https://vpc.example")
    assert url() == "https://vpc.example/model/m/converse"


def test_the_region_is_read_from_the_base_url() -> None:
    vpce = "https://vpce-1.bedrock-runtime.eu-west-3.vpce.amazonaws.com"
    for given in (vpce, "https://bedrock-runtime-fips.us-east-1.amazonaws.com"):
        found = with_region(ProviderOptions(base_url=given)).extra["region"]
        assert found == given.split(".")[-4 if "vpce" in given else 1]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, "https://bedrock.eu-west-1.amazonaws.com"),
        ({"control_url": "https://control.example/"}, "https://control.example"),
        ({"base_url": "https://gateway.example"}, ""),
        (
            {"base_url": "https://bedrock-runtime-fips.us-east-1.amazonaws.com"},
            "https://bedrock-fips.us-east-1.amazonaws.com",
        ),
    ],
    ids=["region", "given", "gateway", "fips"],
)
def test_models_are_listed_at_the_control_url(given: dict[str, str], expected: str) -> None:
    extra: dict[str, object] = {"region": "eu-west-1"}
    if "control_url" in given:
        extra["control_url"] = given["control_url"]
    options = ProviderOptions(base_url=given.get("base_url"), extra=extra)
    assert control_url(with_region(options)) == expected


def test_all_problems_are_reported_in_one_error() -> None:
    with pytest.raises(ConfigurationError) as caught:
        create_chat_model(
            "bedrock:m", region=3, aws_secret_access_key="s", credentials=object(), profile=None
        )
    assert str(caught.value) == (
        "bedrock: region must be a str, not int; aws_access_key_id and aws_secret_access_key must "
        "be passed together; credentials must be a botocore object with get_frozen_credentials()"
    )


@pytest.mark.parametrize("region", ["nowhere", "evil.example/", "us-east-1.evil.example#"])
def test_an_invalid_region_is_refused(region: str) -> None:
    with pytest.raises(ChatModelError, match="bedrock: the region '"):
        url(region=region)


def test_health_without_a_region_is_unknown() -> None:
    report = provider("bedrock").check_health(ProviderOptions())
    assert report.status == "unknown"
    assert "the region is unknown" in report.message


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"region": "eu-west-1"}, "https://s3.eu-west-1.amazonaws.com"),
        ({"region": "cn-north-1"}, "https://s3.cn-north-1.amazonaws.com.cn"),
        ({"region": "eu-west-1", "s3_url": "http://storage:9000/"}, "http://storage:9000"),
        ({}, ""),
    ],
)
def test_s3_has_the_address_of_the_region(given: dict[str, object], expected: str) -> None:
    assert storage_url(ProviderOptions(extra=given)) == expected
