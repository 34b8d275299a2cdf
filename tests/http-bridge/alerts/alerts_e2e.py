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


class Alerts(unittest.TestCase):
    def setUp(self):
        # Of its own: a daemon that was killed leaves its segment to whoever comes next.
        self.instance = f"alerts-{os.getpid()}-{self.id().rpartition('.')[2]}"[:40]
        self.addCleanup(pathlib.Path(f"/dev/shm/goxel-telemetry.{self.instance}").unlink, missing_ok=True)
        self.folder = pathlib.Path(self.enterContext(tempfile.TemporaryDirectory()))
        self.config = self.folder / "bridge.toml"
        self.file = self.folder / "history.db.alerts"
        self.configure('[alerts.daemon_gone]\nhold = "1s"\nclear = "1s"\n')
        (self.folder / "daemon.json").write_text(json.dumps({"plugins": {"telemetry": {
            "enabled": True, "library": PLUGIN, "config": {"instance": self.instance}}}}))
        self.start_bridge()

    def configure(self, rules):
        self.config.write_text(f'port = 0\ninstance = "{self.instance}"\nhistory = "{self.folder}/history.db"\n{rules}')

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
        self.until(self.sees_daemon)

    def sees_daemon(self):
        [seen] = self.ask("/api/v1/snapshot")["instances"]
        return seen["daemon"]["state"] == "live" and seen["process"]["pid"] == self.daemon.pid

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
        self.assertEqual((raised["instance"], raised["level"]), (self.instance, "confirmed"))

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

    # As a supervisor does it: looks of the bridge, once a second, meet a daemon that is gone by luck alone.
    def test_a_daemon_that_is_started_again_at_once_after_a_crash_is_an_alert(self):
        self.start_daemon()
        for _ in range(3):
            self.daemon.kill()
            self.daemon.wait()
            self.start_daemon()

        def told():
            for one in self.ask("/api/v1/alerts?active=true")["alerts"]:
                facts = {fact["name"]: fact["value"] for fact in one["evidence"]["facts"]}
                if one["rule"] == "daemon_restarted" and facts["starts"] == "3":
                    return one["level"], facts["after a crash"]
            return None
        self.assertEqual(self.until(told), ("confirmed", "3"))
        self.assertEqual(self.alerts(), [])

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
