"""A text area in Chromium: argv = title, folder. Mirrors its text, its changes and its key presses into files.

The page tells them to a server on loopback: changes once they were drawn, those of a moment together.
"""

import os
import subprocess
import sys
import time
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from threading import Thread

title, folder = sys.argv[1], Path(sys.argv[2])
PAGE = f"""<!doctype html><meta charset="utf-8"><title>{title}</title><textarea rows="20" cols="80"></textarea><script>
const area = document.querySelector("textarea")
const send = (what, body) => fetch(what, {{method: "POST", body}})
let keys = "", told = "", telling = false
const tell = async () => {{
  if (telling) return
  telling = true
  while (keys || told !== area.value) {{
    const pressed = keys, text = area.value
    keys = ""
    if (pressed) await send("/key", pressed)
    if (text !== told) await send("/text", told = text)
  }}
  telling = false
}}
const drawn = () => requestAnimationFrame(() => setTimeout(tell))
area.addEventListener("keydown", (event) => {{ keys += event.code + "\\n"; drawn() }})
area.addEventListener("input", drawn)
area.addEventListener("focus", () => send("/ready", ""))
area.focus()
</script>"""


class Page(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self) -> None:
        self._answer(PAGE.encode() if self.path == "/" else b"")

    def do_POST(self) -> None:
        moment, body = time.monotonic(), self.rfile.read(int(self.headers["Content-Length"]))
        if self.path == "/text":
            (folder / "text.new").write_bytes(body)
            with (folder / "changes").open("a") as changes:
                changes.write(f"{moment:.6f} {len(body.decode())}\n")
            os.replace(folder / "text.new", folder / "text")  # last: who sees the text finds the change told
        elif self.path == "/key":
            with (folder / "keys").open("a") as keys:
                keys.write(body.decode())
        else:
            (folder / "ready").touch()
        self._answer(b"")

    def _answer(self, body: bytes) -> None:
        self.send_response(200)
        self.send_header("Content-Type", "text/html; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        pass


server = HTTPServer(("127.0.0.1", 0), Page)
Thread(target=server.serve_forever, daemon=True).start()
flags = ["--no-sandbox", "--disable-gpu", "--no-first-run", "--disable-background-networking"]
flags += ["--disable-component-update", "--disable-sync", "--disable-breakpad", "--password-store=basic"]
profile = folder / "profile"
sys.exit(
    subprocess.call(["chromium", *flags, f"--user-data-dir={profile}", f"--app=http://127.0.0.1:{server.server_port}/"])
)
