# SPDX-License-Identifier: GPL-3.0-or-later
"""The bridge itself: who is killed is told of, and what is secret is said by nothing of it."""
import json
import os
import signal
import subprocess
import sys
import urllib.request

from servers import BRIDGE, Notifications, main, until

LAUNCHER, DAEMON, PLUGIN = sys.argv[3:6]
INSTANCE = "notify-test"


class Bridge(Notifications):
    def start_daemon(self):
        config = self.file("daemon.json", json.dumps({"plugins": {"telemetry": {
            "enabled": True, "library": PLUGIN, "config": {"instance": INSTANCE}}}}))
        daemon = subprocess.Popen([LAUNCHER, DAEMON, "--foreground", "--socket",
                                   os.path.join(self.folder, "socket"), "-c", config],
                                  stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(lambda: (daemon.kill(), daemon.wait()))
        return daemon

    def start_bridge(self, config):
        log = open(os.path.join(self.folder, "log"), "a")
        bridge = subprocess.Popen(
            [BRIDGE, "--port", "0", "--instance", INSTANCE, "--history",
             os.path.join(self.folder, "history.db"), "--config", config],
            stdout=subprocess.PIPE, stderr=log, text=True)
        log.close()
        self.addCleanup(lambda: (bridge.kill(), bridge.wait(), bridge.stdout.close()))
        self.address = bridge.stdout.readline().removeprefix("listening on ").strip()
        return bridge

    def ask(self, path):
        with urllib.request.urlopen(self.address + path, timeout=20) as answer:
            return answer.read().decode()

    def test_who_is_killed_is_told_of_and_nothing_is_said_of_secrets(self):
        hook, slack = self.receiver(), self.receiver()
        url = self.file("url", slack.url + "/services/T0/B0/SecretOfTheHook")
        key = self.file("key", "KeyOfTheHook")
        config = self.file("bridge.toml", f'''
[alerts.daemon_gone]
hold = "1s"

[notify.hook]
type = "webhook"
url = "{hook.url}"
key_file = "{key}"
rules = ["daemon_gone"]

[notify.slack]
type = "slack"
url_file = "{url}"
''')
        daemon = self.start_daemon()
        bridge = self.start_bridge(config)
        until(lambda: [one["state"] for one in json.loads(self.ask("/api/v1/instances"))["instances"]]
              == ["live"], what="the daemon's start")
        slack.script = [lambda h: slack.take(h, 503, b"no " + h.path.encode())] * 2
        daemon.send_signal(signal.SIGKILL)
        daemon.wait()
        until(lambda: hook.requests, 60)
        until(lambda: len(slack.requests) >= 3, 60)
        event = hook.bodies()[0]["events"][0]
        self.assertEqual((event["change"], event["alert"]["instance"]), ("raised", INSTANCE))
        self.assertEqual(event["alert"]["rule"], "daemon_gone")
        until(lambda: json.loads(self.ask("/api/v1/alerts"))["alerts"])
        said = self.ask("/api/v1/alerts") + self.ask("/metrics") + self.logged()
        for secret in ("SecretOfTheHook", "KeyOfTheHook"):
            self.assertNotIn(secret, said)
        bridge.send_signal(signal.SIGTERM)
        self.assertEqual(bridge.wait(20), 0)

    def test_does_not_begin_with_a_secret_that_everybody_may_read(self):
        hook = self.receiver()
        key = self.file("key", "KeyOfTheHook", 0o644)
        config = self.file("bridge.toml", f'[notify.hook]\ntype = "webhook"\nurl = "{hook.url}"\n'
                                          f'key_file = "{key}"\n')
        result = self.bridge("--port", "0", "--config", config)
        self.assertEqual(result.returncode, 1)
        self.assertIn("is open to everybody", result.stderr)


if __name__ == "__main__":
    main()
