"""The blocked network: loopback and local sockets only."""

import socket
from pathlib import Path

import pytest

from chatmodels.testing import NetworkBlockedError, Simulator


@pytest.mark.usefixtures("block_network")
def test_loopback_is_not_blocked(simulator: Simulator) -> None:
    address = ("127.0.0.1", int(simulator.url.rpartition(":")[2]))
    for host in ("127.0.0.1", "localhost", "::1", None, b"localhost"):
        assert socket.getaddrinfo(host, 80)
    with socket.socket() as client:
        client.connect(address)
    with socket.socket() as client:
        assert client.connect_ex(address) == 0


@pytest.mark.usefixtures("block_network")
@pytest.mark.parametrize("host", ["192.0.2.1", "api.example", "fe80::1%lo"])
def test_other_hosts_are_blocked(host: str) -> None:
    kind = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(kind) as client:
        for connect in (client.connect, client.connect_ex):
            with pytest.raises(NetworkBlockedError, match=f"connects to {host}; replay"):
                connect((host, 80))


@pytest.mark.usefixtures("block_network")
def test_names_are_blocked_and_addresses_are_not() -> None:
    for name in ("api.example", b"api.example"):
        with pytest.raises(NetworkBlockedError, match=r"connects to api\.example"):
            socket.getaddrinfo(name, 443)
    assert socket.getaddrinfo("192.0.2.1", 443)
    assert socket.getaddrinfo("fe80::1", 443, socket.AF_INET6)


@pytest.mark.usefixtures("block_network")
@pytest.mark.skipif(not hasattr(socket, "AF_UNIX"), reason="there are no local sockets")
def test_local_sockets_are_not_blocked(tmp_path: Path) -> None:
    path = str(tmp_path / "s")[-100:]
    with socket.socket(socket.AF_UNIX) as client, pytest.raises(FileNotFoundError):
        client.connect(path)


def test_the_network_is_open_after_the_test() -> None:
    assert socket.getaddrinfo.__module__ == "socket"
    assert "connect" not in vars(socket.socket)
