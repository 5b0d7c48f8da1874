"""The history of chats, in a SQLite database."""

import os
import secrets
import sqlite3
import time
from collections.abc import Callable, Generator, Sequence
from contextlib import contextmanager, suppress
from types import TracebackType
from typing import NamedTuple, Self

import click

from chatmodels.core import Message, from_json, to_json

_VERSION = 1
_TABLES = """
CREATE TABLE chats (
    id TEXT PRIMARY KEY,
    title TEXT NOT NULL,
    model TEXT NOT NULL,
    created REAL NOT NULL,
    updated REAL NOT NULL
);
CREATE TABLE messages (
    chat TEXT NOT NULL REFERENCES chats (id) ON DELETE CASCADE,
    position INTEGER NOT NULL,
    message TEXT NOT NULL,
    PRIMARY KEY (chat, position)
);
"""
_TITLE = 60


class Chat(NamedTuple):
    """A stored chat.

    Attributes:
        id: Its id.
        title: The beginning of its first prompt.
        model: The last model.
        updated: The time of the last message, in Unix seconds.
        messages: The number of messages.
    """

    id: str
    title: str
    model: str
    updated: float
    messages: int


class History:
    """The chats in a database, which only its owner can read.

    Each change is a transaction, so that a chat is complete up to its last exchange whatever
    happens.

    Args:
        path: The path of the file, which is created if necessary; `:memory:` keeps nothing.
        clock: The time, in Unix seconds.

    Raises:
        UsageError: The file cannot be opened, or is not such a database.
    """

    def __init__(self, path: str, *, clock: Callable[[], float] = time.time) -> None:
        self._clock = clock
        self._path = path
        try:
            if path != ":memory:":
                os.makedirs(os.path.dirname(os.path.abspath(path)), mode=0o700, exist_ok=True)
                os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
                with suppress(PermissionError):  # the file of another user, or no modes at all
                    os.chmod(path, 0o600)  # a file that exists can have another mode
            self._database = sqlite3.connect(path, timeout=30, isolation_level=None)
            try:
                self._prepare()
            except sqlite3.Error:
                self._database.close()
                raise
        except (OSError, sqlite3.Error) as error:
            raise click.UsageError(f"the history {path} cannot be used: {error}") from None

    def _prepare(self) -> None:
        self._database.execute("PRAGMA foreign_keys = ON")
        with self._database:
            self._database.execute("BEGIN IMMEDIATE")
            (version,) = self._database.execute("PRAGMA user_version").fetchone()
            if version == 0:
                for statement in filter(str.strip, _TABLES.split(";")):
                    self._database.execute(statement)
                self._database.execute(f"PRAGMA user_version = {_VERSION}")
        if version > _VERSION:
            raise sqlite3.DatabaseError("a later version of chatmodels-cli wrote it")

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._database.close()

    @contextmanager
    def _failures(self, done: str) -> Generator[None, None, None]:
        try:
            yield
        except sqlite3.Error as error:
            raise click.UsageError(
                f"the history {self._path} cannot be {done}: {error}; --no-history needs no file"
            ) from None

    def chats(self) -> list[Chat]:
        """List the chats, the latest first.

        Raises:
            UsageError: The database cannot be read.
        """
        with self._failures("read"):
            rows = self._database.execute(
                "SELECT id, title, model, updated, (SELECT count(*) FROM messages WHERE chat = id) "
                "FROM chats ORDER BY updated DESC, rowid DESC"
            )
            return [Chat(*row) for row in rows]

    def find(self, beginning: str, /) -> Chat:
        """Find a chat by its id, or the beginning of it.

        Raises:
            UsageError: There is none, or several, or the database cannot be read.
        """
        found = [chat for chat in self.chats() if chat.id.startswith(beginning)]
        if len(found) != 1:
            fact = "several chats begin" if found else "there is no chat"
            raise click.UsageError(f"{fact} with {beginning!r}; see chatmodels chat --list")
        return found[0]

    def messages(self, chat: str, /) -> list[Message]:
        """Return the messages of a chat.

        Raises:
            UsageError: The database cannot be read.
        """
        with self._failures("read"):
            rows = self._database.execute(
                "SELECT message FROM messages WHERE chat = ? ORDER BY position", [chat]
            ).fetchall()
        return [from_json(text, Message) for (text,) in rows]

    def save(self, chat: str | None, model: str, known: int, messages: Sequence[Message], /) -> str:
        """Store the messages of a chat after the first `known` ones, and return its id.

        Args:
            chat: The id; None for a new chat.
            model: The model that the chat continues with.
            known: The number of stored messages that stay; those after them are replaced.
            messages: All messages.

        Raises:
            UsageError: The database cannot be written.
        """
        now = self._clock()
        with self._failures("written"), self._database:
            self._database.execute("BEGIN IMMEDIATE")
            if chat is None:
                chat = secrets.token_hex(4)
                self._database.execute(
                    "INSERT INTO chats VALUES (?, ?, ?, ?, ?)",
                    [chat, _title(messages), model, now, now],
                )
            self._database.execute(
                "UPDATE chats SET model = ?, updated = ? WHERE id = ?", [model, now, chat]
            )
            self._database.execute(
                "DELETE FROM messages WHERE chat = ? AND position >= ?", [chat, known]
            )
            self._database.executemany(
                "INSERT INTO messages VALUES (?, ?, ?)",
                [
                    (chat, known + number, to_json(message).decode())
                    for number, message in enumerate(messages[known:])
                ],
            )
        return chat

    def delete(self, chat: str, /) -> None:
        """Delete a chat.

        Raises:
            UsageError: The database cannot be written.
        """
        with self._failures("written"), self._database:
            self._database.execute("DELETE FROM chats WHERE id = ?", [chat])


def _title(messages: Sequence[Message]) -> str:
    text = next((message.text for message in messages if message.role == "user"), "")
    line = " ".join(text.split())
    return line if len(line) <= _TITLE else f"{line[: _TITLE - 3]}..."


def default_path() -> str:
    """Return the path of the history: that of `CHATMODELS_HISTORY`, or in the user's data."""
    configured = os.environ.get("CHATMODELS_HISTORY")
    if configured:
        return configured
    from platformdirs import user_data_dir

    return os.path.join(user_data_dir("chatmodels", appauthor=False), "chats.sqlite")
