# SPDX-License-Identifier: GPL-3.0-or-later
"""Debian's Alertmanager: what the bridge tells it fires, is grouped, and is resolved."""
import json
import os
import shutil
import socket
import subprocess
import urllib.error
import urllib.request

from servers import Notifications, main, until


class Alertmanager(Notifications):
    def setUp(self):
        super().setUp()
        self.program = shutil.which("prometheus-alertmanager")
        if not self.program:
            self.skipTest("prometheus-alertmanager is not installed: packaging/install-deps test")
        self.told = self.receiver()  # by Alertmanager
        self.file("alertmanager.yml", json.dumps({
            "route": {"receiver": "people", "group_by": ["instance_name"], "group_wait": "1s",
                      "group_interval": "1s", "repeat_interval": "1h"},
            "receivers": [{"name": "people", "webhook_configs": [{"url": self.told.url}]}]}))
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self.process = None
        self.addCleanup(self.stop_alertmanager)
        self.start_alertmanager("1")
        self.config_text = f'[notify.am]\ntype = "alertmanager"\nurl = "http://127.0.0.1:{self.port}"\n'

    def start_alertmanager(self, storage):
        with open(os.path.join(self.folder, "alertmanager.log"), "a") as log:
            self.process = subprocess.Popen(
                [self.program, f"--config.file={self.folder}/alertmanager.yml",
                 f"--storage.path={self.folder}/storage{storage}", "--cluster.listen-address=",
                 f"--web.listen-address=127.0.0.1:{self.port}"], stdout=log, stderr=log)
        until(self.alerts_or_none, what="Alertmanager's start")

    def stop_alertmanager(self, kill=True):
        if self.process and self.process.poll() is None:
            if kill:
                self.process.kill()
            else:
                self.process.terminate()  # it writes down what it told
            self.process.wait()

    def alerts_or_none(self):
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/api/v2/alerts") as answer:
                return [json.load(answer)]  # also an empty list is an answer
        except (urllib.error.URLError, ConnectionError):
            return None

    def active(self):
        alerts = self.alerts_or_none()
        return alerts[0] if alerts else []

    def messages(self, status):
        return [alert for body in self.told.bodies() for alert in body["alerts"]
                if alert["status"] == status]

    def test_fires_groups_and_resolves(self):
        self.start(self.config_text)
        self.tell("raised", "a1", "goxel")
        self.tell("raised", "b1", "other")
        until(lambda: len(self.active()) == 2)
        alert = [one for one in self.active() if one["annotations"]["alert_id"] == "a1"][0]
        self.assertEqual(alert["labels"]["alertname"], "GoxelSlower")
        self.assertEqual(alert["labels"]["severity"], "warning")
        self.assertIn("daemon +580 µs", alert["annotations"]["description"])
        until(lambda: len(self.messages("firing")) >= 2)
        groups = {body["groupLabels"]["instance_name"] for body in self.told.bodies()}
        self.assertEqual(groups, {"goxel", "other"})

        self.tell("confirmed", "a1", "goxel", "confirmed")
        until(lambda: [one for one in self.active() if one["labels"]["severity"] == "critical"])
        until(lambda: [one for one in self.messages("resolved")
                       if one["labels"]["severity"] == "warning"], what="the end of the warning")
        self.tell("ended", "a1", "goxel", "confirmed")
        self.tell("ended", "b1", "other")
        until(lambda: not self.active())
        resolved = lambda: {(one["labels"]["instance_name"], one["labels"]["severity"])
                            for one in self.messages("resolved")}
        until(lambda: {("goxel", "critical"), ("other", "warning")} <= resolved(),
              what="the messages about the ends")

    def test_what_ended_while_it_was_away_is_told_when_it_is_back(self):
        self.start(self.config_text)
        self.tell("raised")
        until(lambda: self.messages("firing"))
        self.stop_alertmanager(kill=False)
        self.tell("ended")
        until(lambda: self.counts()["failed"] >= 1)
        self.start_alertmanager("1")
        until(lambda: self.messages("resolved"), 40)
        self.assertEqual(self.active(), [])

    def test_one_that_has_forgotten_everything_learns_it_within_a_minute(self):
        self.start(self.config_text)
        self.tell("raised")
        until(lambda: self.active())
        self.stop_alertmanager()
        self.start_alertmanager("2")
        self.assertEqual(self.active(), [])
        until(lambda: self.active(), 75)

    def test_what_is_confirmed_only_is_told_when_it_is(self):
        self.start(self.config_text + 'min_level = "confirmed"\n')
        self.tell("raised")
        self.tell("raised", "b1", "other", "confirmed")
        until(lambda: self.active())
        self.assertEqual([one["annotations"]["alert_id"] for one in self.active()], ["b1"])

    def test_is_tested_by_the_program(self):
        config = self.file("bridge.toml", self.config_text)
        result = self.bridge("--config", config, "--test-notification", "am")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        until(lambda: [one["labels"]["alertname"] for one in self.active()] == ["GoxelTest"])


if __name__ == "__main__":
    main()
