"""The names and forms of secrets, accounts and personal data that are not recorded."""

import re

from chatmodels.core.extending import MASK

ACCOUNT_HEADERS = frozenset(
    {
        "anthropic-organization-id",
        "cf-aig-account-id",
        "openai-organization",
        "openai-project",
        "x-amzn-bedrock-account-id",
        "x-goog-user-project",
        "x-ms-client-principal-id",
        "x-tenant-id",
    }
)
"""Headers with the id of an account, which is masked everywhere."""

PERSONAL_HEADERS = frozenset(
    {
        *("cf-connecting-ip", "cf-ipcountry", "cf-ray", "client-ip", "forwarded", "from"),
        *("http-referer", "origin", "referer", "true-client-ip", "via", "x-client-ip"),
        *("x-forwarded-for", "x-forwarded-host", "x-real-ip", "x-title", "x-user-agent"),
        *("x-user-email", "x-user-id", "x-ms-user-email"),
    }
)
"""Headers about a person, a place or a program, which are masked themselves."""

HARMLESS = re.compile(r"ratelimit|rate-limit|token-?count|tokens|content-security|idempotency-key")
"""Names of headers with "token" or "key" in them that have no secret."""

CREDENTIAL_PARAMETERS = frozenset(
    {
        *("access_key", "access_token", "api-key", "api_key", "apikey", "auth", "client_secret"),
        *("code", "key", "password", "secret", "sig", "signature", "subscription-key", "token"),
        *("x-amz-credential", "x-amz-security-token", "x-amz-signature", "x-goog-credential"),
        *("x-goog-signature", "x-api-key", "id_token", "refresh_token", "session"),
    }
)
"""Parameters of a URL, in lower case."""

CREDENTIAL_FIELDS = frozenset(
    {
        *("access_token", "accesstoken", "api-key", "api_key", "apikey", "authorization"),
        *("aws_access_key_id", "aws_secret_access_key", "aws_session_token", "bearer_token"),
        *("client_secret", "clientsecret", "cookie", "id_token", "password", "passwd"),
        *("private_key", "private_key_id", "refresh_token", "secret_access_key", "secretaccesskey"),
        *("session_token", "sessiontoken", "set-cookie", "x-api-key", "accesskeyid", "secret_key"),
        "secret",
    }
)
"""Fields of JSON, in lower case, whose text is masked at any depth.

The signatures of reasoning are not among them: they belong to the conversation.
"""

TOKEN_FIELD = "token"  # noqa: S105 - a name
"""A field with a credential, except beside a log probability: there, it is a part of a text."""

LOGPROB = re.compile(r"(?i)log_?prob")
"""The name of a field with a log probability."""

PERSONAL_FIELDS = frozenset({"safety_identifier", "user"})
"""Fields of the body of a request with the id of a user."""

_PREFIXES = (
    *("sk", "pk", "rk", "csk", "gsk", "xai", "nvapi", "pplx", "hf", "fw", "r8", "tgp_v1"),
    *("ghp", "gho", "ghs", "glpat", "dop_v1", "jina"),
)

PATTERNS = tuple(
    (re.compile(pattern), masked)
    for pattern, masked in (
        # "authorization, basic knowledge" is prose: the words of a language are in lower case
        (
            (
                r"((?i:authorization(?=\W*[:=,\"'])\W{1,10}(?:bearer|basic)) +)"
                r"(?=[\w.~+/-]*[\dA-Z=])[\w.~+/=-]{8,}"
            ),
            rf"\1{MASK}",
        ),
        # the keys of vendors, by the prefixes that their consoles issue; names of programs have
        # neither digits nor parts of that length
        (
            (
                rf"\b(?:{'|'.join(_PREFIXES)})[-_]"
                r"(?=[A-Za-z_-]{0,200}(?:\d|[A-Za-z]{24}))[A-Za-z0-9_-]{12,}"
            ),
            MASK,
        ),
        (r"\bgithub_pat_\w{20,}", MASK),
        (r"\bAIza[\w-]{30,}", MASK),
        (r"\bya29\.[\w-]{10,}(?:\.[\w-]+)*", MASK),
        (r"\b(?:AKIA|ASIA|ABIA)[A-Z0-9]{12,}\b", MASK),
        (r"\bABSK[A-Za-z0-9+/=]{20,}", MASK),  # long-term keys of Bedrock
        (r"\bdapi[0-9a-f]{30,}(?:-\d+)?", MASK),
        (r"\beyJ[\w-]{8,}\.[\w-]{8,}\.[\w-]*", MASK),  # a JWT
        (r"(?s)-----BEGIN [A-Z ]*PRIVATE KEY-----.*?-----END [A-Z ]*PRIVATE KEY-----", MASK),
        # accounts
        (r"\b(?:org|proj|acct)[-_](?=[A-Za-z]*\d|[A-Za-z]{24})[A-Za-z0-9]{8,}\b", MASK),
        (r"(arn(?::|%3A)aws[\w-]*(?::|%3A)[\w-]*(?::|%3A)[\w-]*(?::|%3A))\d{12}", rf"\1{MASK}"),
    )
)
"""Texts that are masked by their form, in bodies, headers and URLs."""

HEADER_PATTERNS = tuple(
    (re.compile(pattern), masked)
    for pattern, masked in (
        (r"(?i)\b(bearer|basic) +[\w.~+/=-]{8,}", rf"\1 {MASK}"),
        # the parameters of a URL, such as a location
        (
            (
                rf"(?i)([?&#](?:{'|'.join(map(re.escape, sorted(CREDENTIAL_PARAMETERS)))})=)"
                r"[^\s&#\"'<>]+"
            ),
            rf"\1{MASK}",
        ),
    )
)
"""Texts that are masked in headers only: in bodies, they can be prose."""

URL_PATTERNS = tuple(
    (re.compile(pattern), masked)
    for pattern, masked in (
        (
            r"(?<=//)[\w.-]+?(?=\.(?:openai|cognitiveservices|services\.ai|inference\.ml)\.azure\.com)",
            MASK,
        ),
        (r"(?<=//)[\w-]+(?=\.[\w-]+\.databricks\.com)", MASK),
        (r"(?<=//)[\w.-]+(?=\.azuredatabricks\.net)", MASK),
        (r"(?<=//)[\w-]+(?=(?:\.[\w-]+)*\.snowflakecomputing\.com)", MASK),
        (r"(?<=/accounts/)[^/?]+", MASK),
        (r"(?<=/projects/)[^/?]+", MASK),
        (r"(?<=/organizations/)[^/?]+", MASK),
    )
)
"""Parts of URLs that name the resource, the account or the project of a customer."""
