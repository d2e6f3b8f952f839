"""What stands between rsync and its daemon, and stops a copy half way."""

from __future__ import annotations

import contextlib
import socket
import threading

from mirrorlab.runner import Run

HALF = 1_000_000
"""Bytes: all pages are less, and demo-big is much more."""


class Relay:
    """It lets HALF bytes of each connection pass, and then waits."""

    def __init__(self, run: Run) -> None:
        """Listen; who copies from ``source`` copies from the first level."""
        self._port = int(run.settings["RSYNC_LISTEN"].rpartition(":")[2])
        self._listening = socket.create_server(("127.0.0.1", 0))
        self._go = threading.Event()
        self._open: list[socket.socket] = []
        self.reached = threading.Event()
        self.source = f"rsync://127.0.0.1:{self._listening.getsockname()[1]}/pypi/"

    def __enter__(self) -> Relay:
        threading.Thread(target=self._serve, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._listening.close()
        self.cut()

    def resume(self) -> None:
        """Let everything pass."""
        self._go.set()

    def cut(self) -> None:
        """Close all connections at once."""
        for each in self._open:
            with contextlib.suppress(OSError):
                each.shutdown(socket.SHUT_RDWR)
            each.close()
        self._open.clear()
        self.reached.clear()

    def _serve(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listening.accept()
                daemon = socket.socket()
                daemon.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 65536)
                daemon.connect(("127.0.0.1", self._port))
                self._open += [client, daemon]
                for ends, stops in (((client, daemon), False), ((daemon, client), True)):
                    pump = threading.Thread(target=self._pump, args=(*ends, stops), daemon=True)
                    pump.start()

    def _pump(self, source: socket.socket, sink: socket.socket, stops: bool) -> None:
        passed = 0
        with contextlib.suppress(OSError):
            while block := source.recv(65536):
                passed += len(block)
                if stops and passed > HALF and not self._go.is_set():
                    self.reached.set()
                    self._go.wait()
                sink.sendall(block)
            sink.shutdown(socket.SHUT_WR)
