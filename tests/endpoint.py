"""A real HTTP server on this machine that answers as it is told to. Not tests."""

import json
import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

Answer = tuple[int, bytes | dict[str, Any], dict[str, str]]


class Server(ThreadingHTTPServer):
    daemon_threads = True
    request_queue_size = 64

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Let a caller hang up: that is what is tried here."""


class Endpoint:
    """A server whose replies come from a function of (number of the call, body); keeps what it was asked."""

    def __init__(self, answer: Callable[[int, dict[str, Any]], Answer]) -> None:
        self.asked: list[tuple[str, dict[str, Any]]] = []
        self.headers: list[Any] = []
        self.released = threading.Event()
        lock = threading.Lock()
        endpoint = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                with lock:
                    endpoint.asked.append((self.path, body))
                    endpoint.headers.append(self.headers)
                    number = len(endpoint.asked)
                status, content, headers = answer(number, body)
                if status == 0:  # hang until the test is over
                    endpoint.released.wait(10)
                    return
                data = content if isinstance(content, bytes) else json.dumps(content).encode()
                self.send_response(status)
                for name, value in {"Content-Length": str(len(data)), **headers}.items():
                    self.send_header(name, value)
                self.end_headers()
                while status == 202:  # trickle: never silent, never done
                    self.wfile.write(b" ")
                    if endpoint.released.wait(0.02):
                        return
                self.wfile.write(data)

            def log_message(self, *arguments: Any) -> None:
                pass

        self.server = Server(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.02,), daemon=True).start()
        self.url = f"http://127.0.0.1:{self.server.server_port}/v1"

    def close(self) -> None:
        self.released.set()
        self.server.shutdown()
        self.server.server_close()
