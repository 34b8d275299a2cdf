# SPDX-License-Identifier: GPL-3.0-or-later
"""What the bridge's benchmarks stand on: a stand-in daemon under load, a bridge that watches it, and a client that is polite. Uses
build/release."""

import contextlib
import json
import os
import pathlib
import re
import signal
import socket
import subprocess
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILT = ROOT / "build" / "release"


def request(path, fields=""):
    return f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{fields}\r\n".encode()


def status_of(pid, name):
    return int(re.search(rf"{name}:\s+(\d+)", pathlib.Path(f"/proc/{pid}/status").read_text())[1])


def cpu_seconds(pid):
    fields = pathlib.Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


class Polite:
    """Of whose requests every second has a connection of its own."""

    def __init__(self, port):
        self.port, self.kept = port, None

    def get(self, path, keeps):
        begin = time.perf_counter()
        connection = self.kept if keeps and self.kept else socket.create_connection(("127.0.0.1", self.port), timeout=30)
        connection.sendall(request(path))
        received = b""
        while b"\r\n\r\n" not in received:
            received += self.more(connection)
        head, _, body = received.partition(b"\r\n\r\n")
        size = int(re.search(rb"Content-Length: (\d+)", head)[1])
        while len(body) < size:
            body += self.more(connection)
        took = time.perf_counter() - begin
        self.kept = connection if keeps and b"Connection: close" not in head else self.kept if not keeps else None
        return took, int(head.split()[1]), body

    @staticmethod
    def more(connection):
        received = connection.recv(1 << 20)
        if not received:
            raise ConnectionError("the bridge closed a polite client's connection")
        return received

    def poll(self, path, seconds, pause):
        """The times of the answers in ms, sorted, and how many were bad."""
        times, bad, number = [], 0, 0
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            number += 1
            try:
                took, status, _ = self.get(path, number % 2 == 0)
                bad += status != 200
            except OSError:
                took, self.kept = 30, None
                bad += 1
            times.append(took * 1000)
            time.sleep(pause)
        return sorted(times), bad


class World:
    """A daemon and a bridge that watches it, in a folder of their own."""

    def __init__(self, bridge=BUILT / "http-bridge/goxel-telemetry-bridge"):
        self.program = bridge
        self.instance = f"bench-{os.getpid()}"
        self.bridge = self.daemon = self.port = None

    def __enter__(self):
        self.stack = contextlib.ExitStack()
        self.folder = self.stack.enter_context(tempfile.TemporaryDirectory())
        self.stack.callback(lambda: pathlib.Path(f"/dev/shm/goxel-telemetry.{self.instance}").unlink(missing_ok=True))
        config = pathlib.Path(self.folder, "daemon_config.json")
        config.write_text(json.dumps({"plugins": {"telemetry": {
            "enabled": True, "library": str(BUILT / "plugin/goxel_telemetry.so"), "config": {"instance": self.instance}}}}))
        self.socket = f"{self.folder}/goxel.sock"
        self.daemon = self.start(BUILT / "plugin/goxel-plugin-run", BUILT / "tests/stand-in-daemon/goxel-stand-in-daemon",
                                 "--foreground", "--socket", self.socket, "-c", config, stdout=subprocess.DEVNULL)
        while not os.path.exists(self.socket):
            time.sleep(0.05)
        return self

    def __exit__(self, *error):
        return self.stack.__exit__(*error)

    def start(self, *command, ends_by=signal.SIGKILL, **how):
        child = subprocess.Popen([os.path.abspath(command[0]), *map(str, command[1:])], cwd=self.folder, stderr=subprocess.DEVNULL, **how)

        def end():
            child.send_signal(ends_by)
            child.wait()
            if child.stdout:
                child.stdout.close()

        self.stack.callback(end)
        return child

    def load(self, *how):
        """A client of the daemon, with such a load."""
        return self.start(BUILT / "tests/load-client/goxel-load-client", "--socket", self.socket, "--mix", "mixed", *how,
                          stdout=subprocess.DEVNULL)

    def start_bridge(self, *arguments):
        self.bridge = self.start(self.program, "--instance", self.instance, "--port", 0, *arguments, ends_by=signal.SIGTERM,
                                 stdout=subprocess.PIPE, text=True)
        self.port = int(re.search(r":(\d+)", self.bridge.stdout.readline().split("//")[1])[1])
        return self.bridge
