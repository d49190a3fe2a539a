"""Renders pages from what the backend says, as a Next.js server does. Without packages."""
import json
import os
import urllib.error
import urllib.request
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from page import page, with_versions

VERSION = os.environ.get("VERSION", "dev")
BACKEND = os.environ.get("BACKEND_URL", "http://backend:8000")


def ask_backend(path, body=None):
    try:
        with urllib.request.urlopen(urllib.request.Request(BACKEND + path, data=body), timeout=10) as answer:
            return answer.status, json.load(answer)
    except urllib.error.HTTPError as error:
        return error.code, {"error": f"the backend answers {error.code}"}
    except OSError as error:
        return 502, {"error": f"no backend: {error}"}


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    wbufsize = -1  # head and body in one packet

    def do_GET(self):
        if self.path == "/alive":
            return self.answer(200, json.dumps({"version": VERSION}))
        status, told = ask_backend("/health" if self.path == "/status" else self.path)
        if self.path == "/" and "text/html" in self.headers.get("Accept", ""):
            return self.answer(status, page(VERSION, told), "text/html; charset=utf-8")
        self.answer(status, json.dumps(with_versions(VERSION, told)))

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        status, told = ask_backend(self.path, body)
        self.answer(status, json.dumps(with_versions(VERSION, told)))

    def answer(self, status, text, kind="application/json"):
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", kind)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


class Server(ThreadingHTTPServer):
    request_queue_size = 128


if __name__ == "__main__":
    Server(("", 3000), Handler).serve_forever()
