"""Forked processes share a server or a file, but neither connections nor corrections."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.skipif(not hasattr(os, "fork"), reason="this system has no fork")

PATIENCE = 300  # seconds until a child that is blocked is a failure


def run(program: str, *arguments: str) -> str:
    """Run a program that forks, in a process of its own: that of the tests has threads."""
    command = [sys.executable, "-W", "ignore", "-c", program, *arguments]
    return subprocess.run(
        command, capture_output=True, text=True, check=True, timeout=PATIENCE
    ).stdout


def test_a_child_does_not_send_the_corrections_of_its_parent() -> None:
    program = """
import os
from threading import Event
from chatmodels.resilience import RedisLimits
from chatmodels.resilience._redis_limits import Slot
sent, blocked, released = [], Event(), Event()
class Recorded(RedisLimits):
    def _run(self, script, name, arguments):
        sent.append(name)
        blocked.set()
        released.wait()
limits = Recorded("redis://localhost")
def correct(name):
    limits.change(Slot(name, [(1, 10)], "5", 0.0), [0])
correct("sending")
blocked.wait()
correct("waiting")
child = os.fork()
if child:
    os.waitpid(child, 0)
    released.set()
else:
    sent.clear()
    released.set()
    correct("own")
limits.flush()
print("child" if not child else "parent", sent, flush=True)
"""

    assert run(program) == "child ['own']\nparent ['sending', 'waiting']\n"


def test_a_child_is_not_blocked_by_a_thread_of_its_parent() -> None:
    program = """
import os
from threading import Event, Thread
from chatmodels.resilience import RedisStore
connecting, released = Event(), Event()
store = RedisStore("redis://localhost")
connection = store._connection
connect = connection._connect
def slow():
    connecting.set()
    released.wait()
    return connect()
connection._connect = slow
thread = Thread(target=lambda: connection.client)
thread.start()
connecting.wait()
child = os.fork()
if child:
    assert os.waitpid(child, 0)[1] == 0
    released.set()
    thread.join()
else:
    connection._connect = connect
    connection.client
    os._exit(0)
"""

    run(program)


def test_parent_and_child_use_a_server_at_the_same_time(redis_url: str) -> None:
    program = """
import os, sys
from chatmodels.resilience import RedisLimits
limits = RedisLimits(sys.argv[1], on_failure="error")
def reserve():
    return limits.reserve("all", 1e6, [(1, 41)], None, None).wait
waits = [reserve()]
child = os.fork()
waits += [reserve() for _ in range(20)]
assert waits == [0] * 21, waits
if child:
    assert os.waitpid(child, 0)[1] == 0
    print(reserve() > 0)
else:
    limits.close()
    os._exit(0)
"""

    assert run(program, redis_url) == "True\n"


def test_parent_and_child_use_a_file_at_the_same_time(tmp_path: Path) -> None:
    program = """
import os, sys
from chatmodels.core import ChatResponse, assistant
from chatmodels.resilience import SqliteStore
store = SqliteStore(sys.argv[1])
def put(name):
    store.put(name, ChatResponse(message=assistant(name)))
put("before")
opened = store._open()
child = os.fork()
if child:
    assert os.waitpid(child, 0)[1] == 0
    assert store._open() is opened
    print([store.get(name).text for name in ("before", "child")])
else:
    assert store._open() is not opened
    put("child")
    store.close()
    os._exit(0)
"""

    assert run(program, str(tmp_path / "cache.db")) == "['before', 'child']\n"
