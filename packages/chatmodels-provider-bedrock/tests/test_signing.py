"""Requests are signed by Signature Version 4, with credentials from wherever AWS keeps them."""

import asyncio
import copy
import hashlib
import hmac
import logging
import pickle
import re
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import anyio
import httpx
import pytest
from botocore.credentials import Credentials, RefreshableCredentials

from chatmodels.core import (
    AuthenticationError,
    ChatModel,
    ChatRequest,
    ConfigurationError,
    ErrorCode,
    PermissionDeniedError,
    create_chat_model,
    user,
)
from chatmodels.core.extending import BatchingModel, BatchStatus, ProviderOptions
from chatmodels.providers.bedrock._signing import AwsSigners
from chatmodels.testing import SimulatedResponse, Simulator

KEYS = {"aws_access_key_id": "AKIDEXAMPLE", "aws_secret_access_key": "wJalrXUtnFEMI"}
ARN = "arn:aws:bedrock:us-east-1:123456789012:application-inference-profile/a1b2c3"
Make = Callable[..., ChatModel]


@pytest.fixture(autouse=True)
def nothing_known(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Keep what this machine knows of AWS out of the tests."""
    import os

    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_CONFIG_FILE", str(tmp_path / "config"))
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", str(tmp_path / "credentials"))
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")


@pytest.fixture
def simulator() -> Iterator[Simulator]:
    with Simulator() as running:
        yield running


@pytest.fixture
def make(simulator: Simulator) -> Make:
    def make(name: str = "us.amazon.nova-2-lite-v1:0", **given: Any) -> ChatModel:
        options = {"base_url": simulator.base_url, "region": "eu-north-1", "max_retries": 0}
        return create_chat_model(f"bedrock:{name}", **options | given)

    return make


def signature(request: Any, secret: str) -> str:
    """Sign what came over the wire, as the page "Create a signed AWS API request" has it."""
    scheme, date, region, service, names = re.fullmatch(
        r"(\S+) Credential=[^/]+/(\d+)/([^/]+)/([^/]+)/aws4_request, "
        r"SignedHeaders=([^,]+), Signature=[0-9a-f]{64}",
        request.headers["authorization"],
    ).groups()
    assert scheme == "AWS4-HMAC-SHA256"
    path, _, query = request.target.partition("?")
    canonical = "\n".join(
        [
            request.method,
            # encoded twice, as all services but S3 want it
            path if service == "s3" else path.replace("%", "%25"),
            "&".join(sorted(query.split("&"))),
            *(f"{name}:{request.headers[name]}" for name in names.split(";")),
            "",
            names,
            hashlib.sha256(request.body).hexdigest(),
        ]
    )
    scope = f"{date}/{region}/{service}/aws4_request"
    text = "\n".join(
        [
            scheme,
            request.headers["x-amz-date"],
            scope,
            hashlib.sha256(canonical.encode()).hexdigest(),
        ]
    )
    key = f"AWS4{secret}".encode()
    for part in (date, region, service, "aws4_request", text):
        key = hmac.digest(key, part.encode(), "sha256")
    return key.hex()


def assert_signed(simulator: Simulator, secret: str = "wJalrXUtnFEMI") -> Any:
    request = simulator.exchanges[-1].request
    assert request.headers["authorization"].endswith(f"Signature={signature(request, secret)}")
    return request


@pytest.mark.parametrize("name", ["us.amazon.nova-2-lite-v1:0", ARN])
@pytest.mark.parametrize("shape", ["generate", "stream", "agenerate", "astream"])
def test_the_signature_matches_the_request(
    simulator: Simulator, make: Make, name: str, shape: str
) -> None:
    model = make(name, **KEYS, headers={"x-trace": "1"})

    async def awaited() -> str:
        if shape == "agenerate":
            return (await model.agenerate("Hi")).text
        return (await model.astream("Hi").collect()).text

    if shape == "generate":
        assert model.generate("Hi").text
    elif shape == "stream":
        assert model.stream("Hi").collect().text
    else:
        assert anyio.run(awaited)
    request = assert_signed(simulator)
    assert "/eu-north-1/bedrock/" in request.headers["authorization"]


def test_a_passed_client_sends_the_signed_request(simulator: Simulator, make: Make) -> None:
    with httpx.Client() as client:
        assert make(ARN, **KEYS, http_client=client).generate("Hi").text
    assert_signed(simulator)


def test_listings_and_health_checks_are_signed(simulator: Simulator, make: Make) -> None:
    assert make(**KEYS).check_health().status == "healthy"
    assert "maxResults=1" in assert_signed(simulator).target


def test_a_temporary_key_is_sent_with_its_token(simulator: Simulator, make: Make) -> None:
    make(**KEYS, aws_session_token="token-1").generate("Hi")
    assert assert_signed(simulator).headers["x-amz-security-token"] == "token-1"


def test_keys_come_from_the_environment(
    simulator: Simulator, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDENV")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-the-environment")
    make().generate("Hi")
    assert "AKIDENV" in assert_signed(simulator, "of-the-environment").headers["authorization"]


def test_keys_and_region_come_from_a_profile(
    simulator: Simulator, make: Make, tmp_path: Path
) -> None:
    (tmp_path / "config").write_text(
        "[default]\nregion = us-east-1\n[profile work]\nregion = eu-west-3\n"
    )
    (tmp_path / "credentials").write_text(
        "[work]\naws_access_key_id = AKIDWORK\naws_secret_access_key = of-work\n"
    )
    make(region=None, profile="work").generate("Hi")
    assert "/eu-west-3/bedrock/" in assert_signed(simulator, "of-work").headers["authorization"]


def test_keys_that_are_passed_count_before_an_api_key_that_is_set(
    simulator: Simulator, make: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("AWS_BEARER_TOKEN_BEDROCK", "bedrock-key")
    make().generate("Hi")
    assert simulator.exchanges[-1].request.headers["authorization"] == "Bearer bedrock-key"
    make(**KEYS).generate("Hi")
    assert_signed(simulator)
    make(credentials=Credentials("AKID", "passed")).generate("Hi")
    assert_signed(simulator, "passed")


def test_an_api_key_does_not_need_botocore(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "botocore.auth", None)
    assert make(api_key="bedrock-key").generate("Hi").text
    with pytest.raises(ConfigurationError) as caught:
        make(**KEYS).generate("Hi")
    assert str(caught.value) == (
        "bedrock needs botocore to sign requests; try: pip install "
        "'chatmodels-provider-bedrock[aws]', or use an API key: set AWS_BEARER_TOKEN_BEDROCK or "
        "pass api_key=..."
    )


def test_botocore_is_imported_for_the_first_request_only() -> None:
    lines = (
        "import sys",
        "from chatmodels.core import create_chat_model",
        "create_chat_model('bedrock:m', region='us-east-1')",
        "print(*[name for name in ('botocore', 'ssl', 'asyncio') if name in sys.modules])",
    )
    ran = subprocess.run(
        [sys.executable, "-c", "; ".join(lines)], capture_output=True, text=True, check=True
    )
    assert ran.stdout.strip() == ""


def test_missing_credentials_are_reported_with_a_remedy(make: Make) -> None:
    with pytest.raises(AuthenticationError) as caught:
        make().generate("Hi")
    assert str(caught.value) == (
        "bedrock has no credentials; set AWS_BEARER_TOKEN_BEDROCK, AWS_ACCESS_KEY_ID and "
        "AWS_SECRET_ACCESS_KEY, or AWS_PROFILE, or pass api_key=... or profile=..."
    )
    report = make().check_health()
    assert (report.status, report.code) == ("unknown", ErrorCode.AUTHENTICATION)


def test_a_missing_profile_is_reported(make: Make) -> None:
    with pytest.raises(AuthenticationError, match="bedrock: the AWS credentials are unavailable"):
        make(profile="nobody").generate("Hi")


def test_a_failed_renewal_of_credentials_is_reported(make: Make) -> None:
    class Broken:
        def get_frozen_credentials(self) -> None:
            raise OSError("the service for tokens is down")

    with pytest.raises(AuthenticationError, match="OSError: the service for tokens is down"):
        make(credentials=Broken()).generate("Hi")


def expiring(calls: list[int], minutes: int = 60) -> RefreshableCredentials:
    """Make credentials that botocore renews, which take a moment and count how often it is."""
    lock = threading.Lock()

    def renew() -> dict[str, str]:
        with lock:
            calls.append(len(calls))
        later = datetime.now(UTC) + timedelta(minutes=minutes)
        return {
            "access_key": f"AKID{len(calls)}",
            "secret_key": f"secret-{len(calls)}",
            "token": f"token-{len(calls)}",
            "expiry_time": later.isoformat(),
        }

    past = (datetime.now(UTC) - timedelta(minutes=1)).isoformat()
    old = {"access_key": "old", "secret_key": "old", "token": "old", "expiry_time": past}
    return RefreshableCredentials.create_from_metadata(old, renew, "test")


def test_credentials_that_expired_are_renewed_once_for_all_threads(
    simulator: Simulator, make: Make
) -> None:
    calls: list[int] = []
    model = make(credentials=expiring(calls))
    with ThreadPoolExecutor(16) as pool:
        texts = list(pool.map(lambda _: model.generate("Hi").text, range(64)))
    assert len(texts) == 64
    assert calls == [0]
    for exchange in simulator.exchanges:
        request = exchange.request
        assert request.headers["x-amz-security-token"] == "token-1"
        assert request.headers["authorization"].endswith(signature(request, "secret-1"))


@pytest.mark.parametrize("anyio_backend", ["asyncio", "trio"])
async def test_credentials_that_expired_are_renewed_once_for_all_tasks(make: Make) -> None:
    calls: list[int] = []
    threads: set[threading.Thread] = set()
    credentials = expiring(calls)
    ask = credentials.get_frozen_credentials

    def frozen_credentials() -> Any:
        threads.add(threading.current_thread())
        return ask()

    credentials.get_frozen_credentials = frozen_credentials
    model = make(credentials=credentials)
    async with anyio.create_task_group() as group:
        for _ in range(32):
            group.start_soon(model.agenerate, "Hi")
    assert calls == [0]
    assert threading.current_thread() not in threads
    before = len(threads)
    await model.agenerate("Hi")
    assert len(threads) == before  # available, and so signed without a thread


def test_credentials_about_to_expire_are_renewed_before_they_do(
    simulator: Simulator, make: Make
) -> None:
    calls: list[int] = []
    model = make(credentials=expiring(calls, minutes=12))  # botocore wants 15 to be left
    model.generate("Hi")
    model.generate("Hi")
    assert len(calls) == 2
    assert simulator.exchanges[-1].request.headers["x-amz-security-token"] == "token-2"


def test_keys_that_were_replaced_behind_our_back_are_read_anew(
    simulator: Simulator, make: Make, tmp_path: Path
) -> None:
    credentials = "[default]\naws_access_key_id = {0}\naws_secret_access_key = secret\n"
    file = tmp_path / "credentials"
    file.write_text(credentials.format("AKIDGOOD"))
    model = make()
    model.generate("Hi")
    file.write_text(credentials.format("AKIDNEW"))
    simulator.queue(expired())
    assert model.generate("Hi").text
    keys = [exchange.request.headers["authorization"] for exchange in simulator.exchanges]
    found = [re.search(r"Credential=(\w+)", key)[1] for key in keys]
    assert found == ["AKIDGOOD", "AKIDGOOD", "AKIDNEW"]


def test_unchanged_keys_are_not_tried_again(simulator: Simulator, make: Make) -> None:
    simulator.queue(expired(), expired())
    with pytest.raises(AuthenticationError, match="403 authentication failed"):
        make(**KEYS).generate("Hi")
    assert len(simulator.exchanges) == 1


def test_keys_that_many_find_refused_are_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    signers = AwsSigners(ProviderOptions(extra={"region": "eu-north-1"}))
    found: list[Credentials] = []

    class Session:
        def __init__(self, profile: str | None) -> None: ...

        def get_credentials(self) -> Any:
            found.append(Credentials(f"AKID{len(found)}", "secret"))
            return Slow(found[-1])

    class Slow:
        """Keys that take so long that another call finds the old ones refused meanwhile."""

        def __init__(self, keys: Credentials) -> None:
            self.keys = keys

        def get_frozen_credentials(self) -> Any:
            if len(found) == 2 and refused:
                others.append(signers.fetch(refused.pop()))
            return self.keys.get_frozen_credentials()

    others: list[Any] = []
    monkeypatch.setattr("botocore.session.Session", Session)
    first = signers.fetch()
    refused = [first]
    assert [signers.fetch(first).access_key, others[0].access_key] == ["AKID1", "AKID1"]
    assert len(found) == 2


def expired() -> SimulatedResponse:
    return SimulatedResponse(
        status=403,
        headers={"content-type": "application/json", "x-amzn-errortype": "ExpiredTokenException"},
        body=(b'{"message": "The security token included in the request is expired"}',),
    )


def test_a_request_that_aws_quotes_does_not_show_the_token(
    simulator: Simulator, make: Make
) -> None:
    response = SimulatedResponse(
        status=403,
        headers={"content-type": "application/json", "x-amzn-errortype": "AccessDeniedException"},
        body=(b'{"message": "x-amz-security-token:secret-token-1 and wJalrXUtnFEMI"}',),
    )
    simulator.queue(response)
    with pytest.raises(PermissionDeniedError) as caught:
        make(**KEYS, aws_session_token="secret-token-1").generate("Hi")
    assert caught.value.details["provider_message"] == "x-amz-security-token:*** and ***"


def test_tokens_are_not_logged(make: Make, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG):
        make(**KEYS, aws_session_token="secret-token-1").generate("Hi")
        logger = logging.getLogger("botocore.auth")
        logger.debug("signs %s", "x-amz-security-token:secret-token-1")  # as some versions do
        logger.debug("%(x)s %(y)d %%", {"x": "a", "y": 1})
    assert "x-amz-security-token:***" in caplog.text
    assert "secret-token-1" not in caplog.text
    assert "a 1 %" in caplog.text


def test_secrets_are_not_shown(make: Make) -> None:
    model = make(**KEYS, aws_session_token="secret-token-1")
    model.generate("Hi")
    signer = model._sender._signers.ready()
    assert repr(signer) == "AwsSigner('***', region='eu-north-1')"
    shown = f"{model!r} {vars(model)!r} {model.explain('Hi')!r}"
    for secret in ("wJalrXUtnFEMI", "secret-token-1", "Signature="):
        assert secret not in shown
    assert model.explain("Hi").headers["authorization"] == "***"


def test_a_model_with_a_profile_pickles(make: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIDENV")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "of-the-environment")
    model = make()
    model.generate("Hi")
    data = pickle.dumps(model)
    assert b"of-the-environment" not in data
    assert pickle.loads(data).generate("Hi").text


def test_a_pickle_does_not_contain_keys(make: Make) -> None:
    data = pickle.dumps(make(**KEYS))
    assert b"wJalrXUtnFEMI" not in data
    with pytest.raises(AuthenticationError, match="pickles do not contain secrets"):
        pickle.loads(data).generate("Hi")
    with pytest.raises(ConfigurationError, match="it contains credentials that were passed"):
        pickle.dumps(make(credentials=Credentials("AKID", "passed")))


def test_unpickled_signers_load_the_credentials_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name, value in KEYS.items():
        monkeypatch.setenv(name.upper(), value)
    signers = AwsSigners(ProviderOptions(extra={"region": "eu-north-1"}))
    signer = signers.fetch()
    data = pickle.dumps(signers)
    assert b"wJalrXUtnFEMI" not in data
    assert pickle.loads(data).fetch() == signer


def test_copies_sign_with_the_same_credentials(make: Make) -> None:
    model = make(credentials=Credentials("AKID", "passed"))
    assert copy.deepcopy(model).generate("Hi").text


def test_an_address_without_a_region_is_not_signed_for(make: Make) -> None:
    with pytest.raises(ConfigurationError, match="bedrock cannot sign requests without a region"):
        make(**KEYS, region=None).generate("Hi")
    assert make(api_key="bedrock-key", region=None).generate("Hi").text


# --- Amazon S3 ------------------------------------------------------------------------------------


def test_requests_to_s3_are_signed_for_s3(simulator: Simulator) -> None:
    model = create_chat_model(
        "bedrock:us.amazon.nova-2-lite-v1:0",
        base_url=simulator.url,
        s3_url=f"{simulator.url}/s3",
        region="eu-north-1",
        batch_s3_uri="s3://bucket/it's (here)!".replace(" ", "*"),
        batch_role_arn="arn:aws:iam::123456789012:role/batches",
        **KEYS,
    )
    assert isinstance(model, BatchingModel)
    api = model.batch_backend()
    row = api.encode("name-0", ChatRequest(messages=(user("Hello"),)))

    async def create() -> BatchStatus:
        created = await api.create("name", [row] * 100)
        uploaded = simulator.exchanges[-2].request
        assert uploaded.headers["authorization"].endswith(
            f"Signature={signature(uploaded, 'wJalrXUtnFEMI')}"
        )
        assert "/s3/aws4_request" in uploaded.headers["authorization"]
        assert "/bedrock/aws4_request" in assert_signed(simulator).headers["authorization"]
        await api.retrieve(created.id)
        return await api.retrieve(created.id)

    async def read(status: BatchStatus) -> None:
        _ = [answer async for answer in api.results(status)]

    asyncio.run(read(asyncio.run(create())))
    listed = simulator.exchanges[-1].request
    assert listed.method == "GET"
    assert_signed(simulator)
