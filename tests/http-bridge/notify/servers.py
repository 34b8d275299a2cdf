# SPDX-License-Identifier: GPL-3.0-or-later
"""For tests: the driver of notifications, and an HTTP receiver that does as it is told."""
import http.server
import json
import os
import shutil
import subprocess
import sys
import tempfile
import threading
import time
import unittest

DRIVER, BRIDGE = sys.argv[1:3]


def until(condition, seconds=30, what="it"):
    """Waits for what the condition gives, and gives it."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        value = condition()
        if value:
            return value
        time.sleep(0.02)
    raise AssertionError(f"{what} did not happen in {seconds} s")


class Receiver:
    """Takes POSTs on a free port. `script`: what to do with the next ones, by turns; then all are taken."""

    def __init__(self):
        self.requests = []  # (time, path, headers, body)
        self.script = []
        receiver = self

        class Handler(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                action = receiver.script.pop(0) if receiver.script else receiver.take
                receiver.requests.append((time.monotonic(), self.path, self.headers, body))
                action(self)

            def log_message(self, *_):
                pass

        class Server(http.server.ThreadingHTTPServer):
            def handle_error(self, *_):
                pass  # who gives up on an answer closes the connection

        self.server = Server(("127.0.0.1", 0), Handler)
        self.server.daemon_threads = True
        self.url = f"http://127.0.0.1:{self.server.server_address[1]}"
        threading.Thread(target=self.server.serve_forever, daemon=True).start()

    @staticmethod
    def take(handler, status=200, body=b"ok", headers=()):
        handler.send_response(status)
        for name, value in headers:
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(body)))
        handler.end_headers()
        handler.wfile.write(body)

    def close(self):
        self.server.shutdown()
        self.server.server_close()

    def bodies(self):
        return [json.loads(body) for _, _, _, body in self.requests]

    def events(self):
        return [event["event"] for body in self.bodies() for event in body["events"]]


class Notifications(unittest.TestCase):
    """A driver with a store and a configuration in a folder of its own."""

    def setUp(self):
        self.folder = tempfile.mkdtemp(prefix="notify-test.")
        self.addCleanup(shutil.rmtree, self.folder)
        self.store = os.path.join(self.folder, "alerts.db")
        self.driver = None
        self.log = ""

    def file(self, name, text, mode=0o600):
        path = os.path.join(self.folder, name)
        with open(path, "w") as out:
            out.write(text)
        os.chmod(path, mode)
        return path

    def receiver(self):
        receiver = Receiver()
        self.addCleanup(receiver.close)
        return receiver

    def start(self, config=None):
        if config is not None:
            self.config = self.file("bridge.toml", config)
        # A proxy that the environment names is not asked.
        environment = {**os.environ, "http_proxy": "http://127.0.0.1:1", "ALL_PROXY": "http://127.0.0.1:1"}
        errors = open(os.path.join(self.folder, "log"), "a")
        self.driver = subprocess.Popen([DRIVER, self.store, self.config], stdin=subprocess.PIPE,
                                       stdout=subprocess.PIPE, stderr=errors, text=True, env=environment)
        errors.close()
        self.addCleanup(self.end, self.driver)

    def end(self, driver=None):
        driver = driver or self.driver
        if driver.poll() is None:
            driver.stdin.close()
            try:
                driver.wait(20)
            except subprocess.TimeoutExpired:
                driver.kill()
                driver.wait()
        driver.stdout.close()

    def kill(self):
        self.driver.kill()
        self.driver.wait()
        self.driver.stdin.close()

    def say(self, *words):
        self.driver.stdin.write(" ".join(words) + "\n")
        self.driver.stdin.flush()
        answer = self.driver.stdout.readline().strip()
        self.assertTrue(answer, f"the driver ended: {self.logged()}")
        return answer

    def tell(self, change, alert="a1", instance="goxel", level="warning", summary=""):
        self.assertEqual(self.say(change, alert, instance, level, summary), "ok")

    def counts(self):
        words = self.say("counts").split()
        return dict(zip(words[::2], map(int, words[1::2])))

    def logged(self):
        with open(os.path.join(self.folder, "log")) as log:
            return log.read()

    def bridge(self, *arguments):
        return subprocess.run([BRIDGE, *arguments], capture_output=True, text=True, timeout=60)


def main():
    unittest.main(argv=[sys.argv[0]] + [one for one in sys.argv[3:] if "/" not in one])  # programs
