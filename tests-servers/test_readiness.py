"""A server that loads its model is waited for."""

from chatmodels.core import ChatModelError
from chatmodels.http import wait_until_ready
from installing import Environment
from processes import Process, free_port
from serving import PROGRAMS


def test_a_server_that_loads_its_model_is_waited_for() -> None:
    python, port = Environment("llamacpp").python, free_port()
    seen: list[ChatModelError] = []
    process = Process([str(python), str(PROGRAMS / "llamacpp.py"), str(port), "1"])
    try:
        models = wait_until_ready(
            "llamacpp",
            within=600,
            interval=0.01,
            on_wait=seen.append,
            base_url=f"http://127.0.0.1:{port}/v1",
            api_key="secret",
        )
    finally:
        process.end()
    assert [info.context_window for info in models] == [1024]
    assert {error.status for error in seen} <= {None, 503}
    assert all(error.retryable for error in seen)
