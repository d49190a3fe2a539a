"""Stands in for MinIO, which Debian does not have: PUT and GET of /<bucket>/<key>, kept as files in /data. No S3: no signatures, no lists."""
import http.server
import os
import pathlib

DATA = pathlib.Path(os.environ.get("DATA", "/data"))


class Objects(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def file(self):
        bucket, key = self.path.strip("/").split("/", 1)
        return DATA / pathlib.Path(bucket).name / pathlib.Path(key).name

    def do_PUT(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        file = self.file()
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_bytes(body)
        self.answer(200, b"")

    def do_GET(self):
        if self.path == "/health":
            return self.answer(200, b"ok")
        file = self.file()
        return self.answer(200, file.read_bytes()) if file.exists() else self.answer(404, b"no such object\n")

    def answer(self, status, body):
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_):
        pass


http.server.ThreadingHTTPServer(("", int(os.environ.get("PORT", "9000"))), Objects).serve_forever()
