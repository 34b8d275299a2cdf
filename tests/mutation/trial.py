# SPDX-License-Identifier: GPL-3.0-or-later
"""Runs tests of the mutated build: which of them reach a mutant, and which of those notice it."""
import json
import mmap
import os
import re
import resource
import signal
import subprocess
import tempfile
import time
from dataclasses import dataclass

import tree

SHORT = 0.15             # seconds: tests below that run together, many in one process
MEMORY = 8 << 30         # bytes of address space: a mutant that allocates for ever ends by itself
LOST = (r"\[  FAILED  \] ([\w/]+\.[\w/]+)", r"\[ RUN      \] ([\w/]+\.[\w/]+)")


@dataclass
class Test:
    """One test as ctest would run it."""
    name: str
    program: str
    arguments: list
    folder: str
    environment: dict
    seconds: float = 0.0


def all_tests():
    """GoogleTest's tests of the mutated build; what is no GoogleTest program cannot be told what to run."""
    listed = json.loads(tree.output_of(["ctest", "--test-dir", tree.BUILD, "--show-only=json-v1"]))
    tests = []
    for each in listed["tests"]:
        command = each.get("command", [])
        if not any(word.startswith("--gtest_filter=") for word in command):
            continue
        properties = {entry["name"]: entry["value"] for entry in each["properties"]}
        environment = dict(entry.split("=", 1) for entry in properties.get("ENVIRONMENT", []) if entry)
        filtered = next(word for word in command if word.startswith("--gtest_filter="))
        tests.append(Test(filtered.split("=", 1)[1], command[0], [word for word in command[1:] if word != filtered],
                          properties.get("WORKING_DIRECTORY", str(tree.BUILD)), environment))
    return tests


def apart(command):
    """The command with processes, a /dev/shm and a /tmp of its own, where that is permitted: nothing outlives it, no other daemon is
    seen, and names made of a process number do not meet. The shell stays, since a test program should not be process 1."""
    if os.geteuid() != 0:
        return command
    own = [folder for folder in ("/dev/shm", "/tmp") if not tree.BUILD.is_relative_to(folder)]
    inside = "".join(f"mount -t tmpfs none {folder}; " for folder in own) + '"$@"; exit $?'
    return ["unshare", "--mount", "--pid", "--fork", "--kill-child", "--mount-proc", "sh", "-c", inside, "sh", *command]


def run(tests, seconds, **switches):
    """Runs tests of one program. Returns which one failed, or None; a program that goes on for longer than `seconds` has failed."""
    names = ":".join(test.name for test in tests)
    first = tests[0]
    command = apart([first.program, f"--gtest_filter={names}", "--gtest_fail_fast", "--gtest_brief=0", *first.arguments])
    environment = {**os.environ, **first.environment, **switches}

    def prepare():
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY, MEMORY))
        signal.signal(signal.SIGINT, signal.SIG_DFL)  # which a shell lets its background jobs ignore

    with tempfile.TemporaryFile("w+", errors="replace") as log:
        process = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=log, stderr=log, cwd=first.folder, env=environment,
                                   start_new_session=True, preexec_fn=prepare)
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            code = None
        try:
            os.killpg(process.pid, signal.SIGKILL)
        except ProcessLookupError:
            pass
        process.wait()
        if code == 0:
            return None
        log.seek(0)
        text = log.read()
    for pattern in LOST:
        found = re.findall(pattern, text)
        if found:
            return found[-1] + (" (time)" if code is None else "")
    return f"{first.name} ({'time' if code is None else 'exit ' + str(code)})"


class Reached:
    """Which mutants a run passes, as mutant.h notes it."""

    def __init__(self, path, highest):
        self.path = path
        with open(path, "wb") as file:
            file.truncate(highest + 1)
        self.file = open(path, "r+b")
        self.map = mmap.mmap(self.file.fileno(), 0)

    def take(self):
        numbers, at = [], self.map.find(b"\1")
        while at >= 0:
            numbers.append(at)
            at = self.map.find(b"\1", at + 1)
        self.map[:] = bytes(len(self.map))
        return numbers

    def close(self):
        self.map.close()
        self.file.close()
        os.unlink(self.path)


def baseline(test, highest):
    """Runs a test without a mutant. Returns (failed or None, numbers of the mutants that it passes); sets its duration."""
    reached = Reached(tempfile.mktemp(dir=tree.WORK), highest)
    begin = time.monotonic()
    failed = run([test], 600, GOXEL_MUTANTS_REACHED=reached.path)
    test.seconds = time.monotonic() - begin
    numbers = reached.take()
    reached.close()
    return failed, numbers


def batches(tests, limit):
    """Tests in the order in which they are tried, the quick ones of a program together, up to `limit` seconds of them."""
    chosen, spent = [], 0.0
    for test in sorted(tests, key=lambda test: test.seconds):
        if chosen and spent + test.seconds > limit:
            break
        chosen.append(test)
        spent += test.seconds
    together, alone = {}, []
    for test in chosen:
        if test.seconds < SHORT:
            together.setdefault((test.program, test.folder), []).append(test)
        else:
            alone.append([test])
    return list(together.values()) + alone


def try_mutant(number, tests, limit):
    """Which test notices the mutant; None if it survives."""
    for batch in batches(tests, limit):
        seconds = 5 + 4 * sum(test.seconds for test in batch)
        failed = run(batch, seconds, GOXEL_MUTANT=str(number))
        if failed:
            return failed
    return None
