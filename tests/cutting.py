"""A way to a database that can lose the connection around a COMMIT."""

import socket
import threading
from contextlib import suppress
from typing import Literal


class Wire:
    """Passes bytes between clients on loopback and a server; cuts the connection on which a COMMIT comes by."""

    def __init__(self, port: int) -> None:
        self._server_port = port
        self._cut: Literal["before", "after"] | None = None
        self.cuts = 0
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listening.getsockname()[1]
        self._threads: list[threading.Thread] = []
        self._start(self._accept)

    def cut_next(self, when: Literal["before", "after"] | None) -> None:
        """Cut the connection at the next COMMIT: before the server has it, or after it is done, instead of the reply."""
        self._cut = when

    def close(self) -> None:
        self._listening.shutdown(socket.SHUT_RDWR)
        self._listening.close()
        for thread in self._threads:
            thread.join(20)

    def _start(self, work: object, *arguments: object) -> None:
        thread = threading.Thread(target=work, args=arguments)  # type: ignore[arg-type]
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        with suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                server = socket.create_connection(("127.0.0.1", self._server_port))
                self._start(self._pass_on, server, client)
                self._start(self._carry, client, server)

    def _carry(self, client: socket.socket, server: socket.socket) -> None:
        with client, server, suppress(OSError):
            while data := client.recv(65536):
                when = self._cut if b"COMMIT\0" in data else None
                if when:
                    self._cut, self.cuts = None, self.cuts + 1
                if when == "before":
                    break
                if when == "after":
                    client.shutdown(socket.SHUT_RDWR)  # the reply has nowhere to go
                server.sendall(data)
                if when == "after":
                    server.shutdown(socket.SHUT_WR)
                    while server.recv(65536):
                        pass
            server.shutdown(socket.SHUT_RDWR)
            client.shutdown(socket.SHUT_RDWR)

    def _pass_on(self, server: socket.socket, client: socket.socket) -> None:
        with suppress(OSError):
            while data := server.recv(65536):
                client.sendall(data)
            client.shutdown(socket.SHUT_RDWR)
