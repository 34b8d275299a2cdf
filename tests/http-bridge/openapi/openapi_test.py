#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Asks a bridge everything that its OpenAPI document describes, and checks that each answer is as described: of a bridge that waits,
one that watches a daemon under load with all layers, and one whose daemon was killed; good questions and bad ones, JSON and msgpack.

openapi_test.py BRIDGE TERMINAL LAUNCHER DAEMON PLUGIN CLIENT
"""
import contextlib
import json
import os
import pathlib
import signal
import sqlite3
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.error
import urllib.request

import jsonschema
import msgpack

BRIDGE, TERMINAL, LAUNCHER, DAEMON, PLUGIN, CLIENT = sys.argv[1:7]
PROBLEM = "application/problem+json"
PATIENCE = 30  # seconds


class Answer:
    def __init__(self, method, path, status, headers, body):
        self.method, self.path, self.status, self.headers, self.body = method, path, status, headers, body
        self.type = headers.get("Content-Type", "").split(";")[0]

    def document(self):
        if self.type == "application/msgpack":
            return msgpack.unpackb(self.body)
        return json.loads(self.body)


class Bridge:
    def __init__(self, *arguments):
        self.process = subprocess.Popen([BRIDGE, "--port", "0", *arguments], stdout=subprocess.PIPE, text=True)
        self.address = self.process.stdout.readline().removeprefix("listening on ").strip()

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.stdout.close()
        return self.process.wait(PATIENCE)

    def ask(self, path, method="GET", body=None, **headers):
        request = urllib.request.Request(self.address + path, body, headers, method=method)
        try:
            with urllib.request.urlopen(request, timeout=PATIENCE) as reply:
                return Answer(method, path, reply.status, reply.headers, reply.read())
        except urllib.error.HTTPError as error:
            with error:
                return Answer(method, path, error.code, error.headers, error.read())


class Contract:
    """What the document says."""

    def __init__(self, document):
        self.document = document

    def resolved(self, node):
        while "$ref" in node:
            target = self.document
            for step in node["$ref"].removeprefix("#/").split("/"):
                target = target[step]
            node = target
        return node

    def operation(self, answer):
        return self.document["paths"][answer.path.split("?")[0]].get(answer.method.lower())

    def check(self, answer):
        """Raises unless the answer is one that the document describes."""
        operation = self.operation(answer)
        described = operation["responses"].get(str(answer.status))
        if described is None:
            raise AssertionError(f"{answer.method} {answer.path}: status {answer.status} is not described: {answer.body[:300]}")
        content = self.resolved(described).get("content", {})
        if not content:
            return
        if answer.type not in content:
            raise AssertionError(f"{answer.path}: type {answer.type} is not described for {answer.status}")
        if "json" not in answer.type and "msgpack" not in answer.type:
            return
        # The schema, with the components at the place where its references look for them.
        schema = {**content[answer.type]["schema"], "components": self.document["components"]}
        error = jsonschema.exceptions.best_match(
            jsonschema.Draft202012Validator(schema).iter_errors(answer.document()))
        if error is not None:
            raise AssertionError(f"{answer.path}: {error.json_path}: {error.message[:300]}")

    def paths(self, method):
        return [path for path, item in self.document["paths"].items() if method in item]

    def parameters(self, path):
        return [self.resolved(one) for one in self.document["paths"][path]["get"].get("parameters", [])]


# For each parameter, what it may be in the world that this test makes.
EXAMPLES = {"instance": "openapi", "operation": "goxel.add_voxel", "stack": "4-layer", "layer": "daemon", "protocol": "jsonrpc",
            "status": "ok", "cursor": "oldest", "limit": "5", "wait": "1", "last": "5", "from": "-1h", "to": "now", "points": "10",
            "window": "15m", "id": "0123456789abcdef", "a": "stack:4-layer", "b": "stack:2-layer", "relevant": "3",
            "active": "true"}


class OpenApi(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.stack = contextlib.ExitStack()
        cls.addClassCleanup(cls.stack.close)
        cls.folder = pathlib.Path(cls.stack.enter_context(tempfile.TemporaryDirectory()))
        cls.bridge = cls.watching("--history", str(cls.folder / "history.sqlite"), "--baselines",
                                  str(cls.folder / "goxel-telemetry" / "baselines"))
        cls.contract = Contract(cls.bridge.ask("/api/v1/openapi.json").document())
        cls.waiting_answers = cls.ask_everything()
        cls.start_daemon().kill()  # so that there is a run that another one follows
        cls.until(lambda: cls.state() == "dead")
        cls.daemon = cls.start_daemon()
        cls.load()
        cls.live_answers = cls.ask_everything()
        cls.daemon.kill()
        cls.daemon.wait()
        cls.until(lambda: cls.state() == "dead")
        cls.dead_answers = cls.ask_everything()

    @classmethod
    def watching(cls, *more):
        bridge = Bridge("--instance", "openapi", *more)
        cls.stack.callback(bridge.end)
        return bridge

    @classmethod
    def start_daemon(cls):
        (cls.folder / "config.json").write_text(json.dumps({"plugins": {"telemetry": {
            "enabled": True, "library": PLUGIN, "config": {"instance": "openapi"}}}}))
        daemon = subprocess.Popen([LAUNCHER, DAEMON, "--foreground", "--socket", str(cls.folder / "socket"), "-c",
                                   str(cls.folder / "config.json")], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        cls.stack.callback(lambda: (daemon.kill(), daemon.wait()))
        cls.until(lambda: cls.state() == "live")
        return daemon

    @classmethod
    def load(cls):
        """Enough for each document to have something to say."""
        subprocess.run([CLIENT, "--socket", str(cls.folder / "socket"), "--connections", "4", "--mix", "mixed", "--rate", "300",
                        "--seconds", "4", "--layers", "openapi"], check=True, stdout=subprocess.DEVNULL)
        subprocess.run([TERMINAL, "baseline", "save", "before", "--instance", "openapi"], check=True, stdout=subprocess.DEVNULL,
                       env={**os.environ, "XDG_STATE_HOME": str(cls.folder)})
        cls.put_alert()
        cls.until(lambda: cls.bridge.ask("/api/v1/history?from=-1h").status == 200)
        cls.until(lambda: cls.bridge.ask("/api/v1/traces").document()["traces"])
        cls.until(lambda: cls.bridge.ask("/api/v1/alerts/series").document()["instances"][0]["series"])
        cls.until(lambda: any(stack["windows"]["1m"]["operations"] for instance in cls.bridge.ask("/api/v1/layers").document()["instances"]
                              for stack in instance["stacks"]))

    @classmethod
    def put_alert(cls):
        """One that has everything, a silence and a message that waits."""
        file = sqlite3.connect(cls.folder / "history.sqlite.alerts", timeout=PATIENCE)
        cls.stack.callback(file.close)
        with file:
            file.execute("INSERT INTO alert VALUES ('slower-openapi-1', 'slower', 'openapi', 'render', 'confirmed', 1, 2, 3, 4, 5,"
                         " 'resolved', 'It is slower.', 'Look.', 'the last day', 1.5, 'ms', '', 0)")
            file.execute("INSERT INTO operation VALUES ('slower-openapi-1', 0, '4-layer', 'mcp', 'daemon', 'render', 'tail',"
                         " 1.5, 1.25, 1.75, 1e6, 1.5e6, 1000, 200)")
            file.execute("INSERT INTO layer VALUES ('slower-openapi-1', 0, 0, 'daemon', 4e5, 0.8)")
            file.execute("INSERT INTO phase VALUES ('slower-openapi-1', 0, 0, 'working', 3e5, 0.75)")
            file.execute("INSERT INTO fact VALUES ('slower-openapi-1', 0, 'queue depth', '14')")
            file.execute("INSERT INTO not_looked_at VALUES ('slower-openapi-1', 0, 'ping: too few requests')")
            file.execute("INSERT INTO course VALUES ('slower-openapi-1', 0, 1.25)")
            file.execute("INSERT INTO channel VALUES ('ops', 1, 2, 3, 4, 5, 6, 7, 'nothing can be sent to it')")
            file.execute("INSERT INTO message (channel, alert, change, queued_ns, attempts, not_before_ns, why)"
                         " VALUES ('ops', 'slower-openapi-1', 'ended', 5, 1, 6, 'HTTP 503')")
        silence = json.dumps({"for": "1h", "rule": "slower"}).encode()
        assert cls.bridge.ask("/api/v1/alerts/silence", "POST", silence, **{"Content-Type": "application/json"}).status == 200

    @classmethod
    def state(cls):
        return cls.bridge.ask("/api/v1/instances").document()["instances"][0]["state"]

    @staticmethod
    def until(condition):
        deadline = time.monotonic() + PATIENCE
        while not condition():
            if time.monotonic() > deadline:
                raise AssertionError("this did not come true in time")
            time.sleep(0.05)

    @classmethod
    def ask_everything(cls):
        answers = []
        for path in cls.contract.paths("get"):
            if path == "/api/v1/stream":
                continue
            required = [one["name"] for one in cls.contract.parameters(path) if one["required"]]
            given = "&".join(f"{name}={EXAMPLES[name]}" for name in required)
            queries = [given] + [f"{given}&{one['name']}={EXAMPLES[one['name']]}" for one in cls.contract.parameters(path)
                                 if one["name"] not in required]
            for query in queries:
                for accept in ("application/json", "application/msgpack"):
                    answers.append(cls.bridge.ask(f"{path}?{query}".rstrip("?"), Accept=accept))
        return answers

    def test_every_answer_is_as_described(self):
        for answers in (self.waiting_answers, self.live_answers, self.dead_answers):
            for answer in answers:
                with self.subTest(answer.path, type=answer.type, status=answer.status):
                    self.contract.check(answer)

    def test_under_load_every_path_has_an_answer_of_each_kind(self):
        kinds = {(answer.path.split("?")[0], answer.type) for answer in self.live_answers if answer.status == 200}
        for path in self.contract.paths("get"):
            described = self.contract.document["paths"][path]["get"]["responses"].get("200", {}).get("content", {})
            for kind in described:
                if kind.startswith("application/openmetrics"):
                    continue
                with self.subTest(path, kind=kind):
                    self.assertIn((path, kind), kinds)

    def test_every_list_had_something_in_it(self):
        """Else an answer would be as described whatever the members of its lists are."""
        filled = set()

        def look(schema, value):
            schema = self.contract.resolved(schema)
            if "anyOf" in schema:  # null, or the first of them
                return value is None or look(schema["anyOf"][0], value)
            if isinstance(value, dict):
                for name, member in value.items():
                    look(schema["properties"][name], member)
            if isinstance(value, list) and value:
                filled.add(json.dumps(schema["items"], sort_keys=True))
                for one in value:
                    look(schema["items"], one)

        for answer in self.live_answers + self.dead_answers:
            if answer.status == 200 and answer.type == "application/json" and "openapi" not in answer.path:
                content = self.contract.resolved(self.contract.operation(answer)["responses"]["200"])["content"]
                look(content[answer.type]["schema"], answer.document())
        expected = set()
        for schema in self.contract.document["components"]["schemas"].values():
            for member in schema.get("properties", {}).values():
                if member.get("type") == "array":
                    expected.add(json.dumps(member["items"], sort_keys=True))
        # What is in flight ends too soon, spans are reported below, and the list of baselines has no operations.
        exempt = {json.dumps({"$ref": f"#/components/schemas/{name}"}, sort_keys=True)
                  for name in ("InflightRequest", "RefusedSpan", "BaselineOperation")}
        self.assertEqual(expected - filled - exempt, set())

    def test_no_parameter_is_undescribed_and_none_described_is_unknown(self):
        for path in self.contract.paths("get"):
            if path in ("/api/v1/stream", "/api/v1/openapi.json"):
                continue
            known = {one["name"] for one in self.contract.parameters(path)}
            for name, value in EXAMPLES.items():
                with self.subTest(path, parameter=name):
                    answer = self.bridge.ask(f"{path}?{name}={value}")
                    refused = answer.status == 400 and "There is no parameter" in answer.body.decode()
                    self.assertEqual(refused, name not in known)

    def test_problems_are_as_described(self):
        bad = [("/api/v1/snapshot?instance=none", "GET", {}), ("/api/v1/records?limit=x", "GET", {}),
               ("/api/v1/blackbox?last=x", "GET", {}), ("/api/v1/history?points=0", "GET", {}),
               ("/api/v1/compare?a=live", "GET", {}), ("/api/v1/traces?window=9m", "GET", {}), ("/readyz", "GET", {}),
               ("/api/v1/stream", "GET", {}), ("/api/v1/snapshot", "GET", {"Host": "evil.example"}),
               ("/api/v1/alerts?limit=0", "GET", {}), ("/api/v1/spans", "POST", {"Content-Type": "text/plain"}),
               ("/api/v1/alerts/judge", "POST", {"Content-Type": "text/plain"})]
        for path, method, headers in bad:
            with self.subTest(path):
                answer = self.bridge.ask(path, method, b"{}" if method == "POST" else None, **headers)
                self.assertGreaterEqual(answer.status, 400)
                self.assertEqual(answer.type, PROBLEM)
                self.contract.check(answer)

    def test_a_token_is_asked_for_as_described(self):
        token = self.folder / "token"
        token.write_text("a token of some length".replace(" ", "-"))
        guarded = self.watching("--token-file", str(token))
        for path in ("/api/v1/snapshot", "/metrics", "/api/v1/records"):
            with self.subTest(path):
                answer = guarded.ask(path)
                self.assertEqual(answer.status, 401)
                self.contract.check(answer)
        self.assertEqual(guarded.ask("/api/v1/instances", Authorization="Bearer " + token.read_text()).status, 200)

    def test_spans_that_are_reported_are_answered_as_described(self):
        batch = {"instance": "openapi", "source": {"id": "9f86d081884c7d65", "pid": 1, "layer": "mcp-server"}, "batch": 1,
                 "spans": [{"operation": 7}]}
        for body in (json.dumps(batch).encode(), b"{}", b"x"):
            answer = self.bridge.ask("/api/v1/spans", "POST", body, **{"Content-Type": "application/json"})
            self.contract.check(answer)

    def test_what_is_said_of_alerts_is_answered_as_described(self):
        def post(what, kind="application/json", **members):
            answer = self.bridge.ask("/api/v1/alerts/" + what, "POST", json.dumps(members).encode(),
                                     **{"Content-Type": "application/json", "Accept": kind})
            self.contract.check(answer)
            return answer
        for kind in ("application/json", "application/msgpack"):
            judged = post("judge", kind, id="slower-openapi-1", judgement="false")
            self.assertEqual(judged.document()["judgement"], "false")
            silence = post("silence", kind, **{"for": "2h", "instance": "openapi", "reason": "release"})
            self.assertEqual(post("unsilence", id=silence.document()["id"]).status, 200)
        self.assertEqual(post("judge", id="none", judgement="true").status, 404)
        self.assertEqual(post("judge").status, 400)
        self.assertEqual(self.bridge.ask("/api/v1/alerts/judge").status, 405)


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
