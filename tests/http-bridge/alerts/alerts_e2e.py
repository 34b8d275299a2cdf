#!/usr/bin/env python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""A bridge, and a daemon that is killed: the alert is raised, goes on under its id when the bridge is killed, too, is seen by HTTP and in
the terminal, and ends when the daemon runs again; rules are read again by SIGHUP.

alerts_e2e.py BRIDGE TERMINAL LAUNCHER DAEMON PLUGIN
"""
import json
import os
import pathlib
import signal
import subprocess
import sys
import tempfile
import time
import unittest
import urllib.request

BRIDGE, TERMINAL, LAUNCHER, DAEMON, PLUGIN = sys.argv[1:6]
PATIENCE = 60  # seconds
INSTANCE = "alerts-e2e"


class Alerts(unittest.TestCase):
    def setUp(self):
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.config = self.folder / "bridge.toml"
        self.file = self.folder / "history.db.alerts"
        self.configure('[alerts.daemon_gone]\nhold = "1s"\nclear = "1s"\n')
        (self.folder / "daemon.json").write_text(json.dumps({"plugins": {"telemetry": {
            "enabled": True, "library": PLUGIN, "config": {"instance": INSTANCE}}}}))
        self.start_bridge()

    def configure(self, rules):
        self.config.write_text(f'port = 0\ninstance = "{INSTANCE}"\nhistory = "{self.folder}/history.db"\n{rules}')

    def start(self, *command, **more):
        process = subprocess.Popen(command, **more)
        self.addCleanup(lambda: (process.kill(), process.wait(), process.stdout and process.stdout.close()))
        return process

    def start_bridge(self):
        self.bridge = self.start(BRIDGE, "--config", str(self.config), stdout=subprocess.PIPE, text=True)
        self.address = self.bridge.stdout.readline().removeprefix("listening on ").strip()

    def start_daemon(self):
        self.daemon = self.start(LAUNCHER, DAEMON, "--foreground", "--socket", str(self.folder / "socket"), "-c",
                                 str(self.folder / "daemon.json"), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.until(lambda: self.ask("/api/v1/instances")["instances"][0]["state"] == "live")

    def ask(self, path):
        with urllib.request.urlopen(self.address + path, timeout=PATIENCE) as reply:
            return json.load(reply)

    def alerts(self, query=""):
        return [one for one in self.ask("/api/v1/alerts" + query)["alerts"] if one["rule"] == "daemon_gone"]

    def until(self, condition):
        deadline = time.monotonic() + PATIENCE
        while not (value := condition()):
            if time.monotonic() > deadline:
                raise AssertionError("this did not come true in time")
            time.sleep(0.05)
        return value

    def terminal(self, *words):
        return subprocess.run([TERMINAL, "alerts", "--file", str(self.file), *words], check=True, capture_output=True,
                              text=True).stdout

    def test_a_daemon_that_is_killed_is_an_alert_until_it_runs_again(self):
        self.start_daemon()
        self.daemon.kill()
        [raised] = self.until(lambda: self.alerts("?active=true"))
        self.assertEqual((raised["instance"], raised["level"]), (INSTANCE, "confirmed"))

        self.bridge.kill()
        self.bridge.wait()
        self.start_bridge()
        self.assertEqual(self.terminal("judge", raised["id"], "true").splitlines()[0].split()[-1], "true")
        self.until(lambda: "goxel_alert_active{" in self.metrics())
        [gone_on] = self.alerts("?active=true")
        self.assertEqual((gone_on["id"], gone_on["judgement"]), (raised["id"], "true"))

        self.start_daemon()
        self.until(lambda: not self.alerts("?active=true"))
        [ended] = self.alerts()
        self.assertEqual((ended["id"], ended["end"], ended["judgement"]), (raised["id"], "resolved", "true"))
        self.assertIn("resolved", self.terminal("show", raised["id"]))
        self.until(lambda: 'rule="daemon_restarted"' in self.metrics())

    def metrics(self):
        with urllib.request.urlopen(self.address + "/metrics", timeout=PATIENCE) as reply:
            return reply.read().decode()

    def test_rules_are_read_again(self):
        self.start_daemon()
        self.daemon.kill()
        self.until(lambda: self.alerts("?active=true"))
        self.configure("[alerts.daemon_gone]\nenabled = false\n")
        self.bridge.send_signal(signal.SIGHUP)
        self.until(lambda: not self.alerts("?active=true"))

    def test_after_an_orderly_end_the_next_bridge_goes_on(self):
        self.start_daemon()
        self.daemon.kill()
        [raised] = self.until(lambda: self.alerts("?active=true"))
        self.bridge.send_signal(signal.SIGTERM)
        self.assertEqual(self.bridge.wait(PATIENCE), 0)
        self.assertNotIn("no bridge", self.terminal())
        long_ago = time.time() - 3600
        os.utime(f"{self.file}.lock", (long_ago, long_ago))
        self.assertIn("no bridge has watched since", self.terminal())
        self.start_bridge()
        self.until(lambda: "goxel_alert_active{" in self.metrics())
        [gone_on] = self.alerts()
        self.assertEqual((gone_on["id"], gone_on["active"]), (raised["id"], True))
        self.assertNotIn("no bridge", self.terminal())


if __name__ == "__main__":
    unittest.main(argv=sys.argv[:1])
