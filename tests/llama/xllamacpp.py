"""Stands in for xllamacpp in tests: a server that answers every chat with its own process id."""

import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import SimpleNamespace

LOG = (
    "0.00.002.706 W srv          init: security: no API key is set and CORS allows all origins",
    "0.00.113.534 E llama_model_load: error loading model: tensor 'a' is not within the file bounds",
    "0.00.158.758 E cmn  common_init_: failed to load model",
)


class CommonParams(SimpleNamespace):
    def __init__(self) -> None:
        super().__init__(
            model=SimpleNamespace(path=""),
            cpuparams=SimpleNamespace(n_threads=0),
            cpuparams_batch=SimpleNamespace(n_threads=0),
        )


class Handler(BaseHTTPRequestHandler):
    def do_GET(self) -> None:
        self._send({"status": "ok", "chat_template_caps": {"supports_tools": False}})

    def do_POST(self) -> None:
        self.rfile.read(int(self.headers["Content-Length"]))
        message = {"role": "assistant", "content": str(os.getpid())}
        choice = {"index": 0, "message": message, "finish_reason": "stop"}
        usage = {"prompt_tokens": 3, "completion_tokens": 1}
        self._send({"object": "chat.completion", "model": "m", "choices": [choice], "usage": usage})

    def _send(self, body: dict[str, object]) -> None:
        data = json.dumps(body).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(data)))
        self.end_headers()
        self.wfile.write(data)

    def log_message(self, format: str, *args: object) -> None:
        return None


class Server:
    def __init__(self, params: CommonParams) -> None:
        with open(params.model.path, "rb") as file:
            if file.read() == b"GGUF half":
                sys.stderr.write("\n".join(LOG) + "\n")
                raise RuntimeError("Failed to init server, please check the input params.")
        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        self.listening_address = f"http://127.0.0.1:{server.server_port}"
