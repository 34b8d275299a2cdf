# SPDX-License-Identifier: GPL-3.0-or-later
"""The bridge itself: who is killed is told of, and what is secret is said by nothing of it."""
import hmac
import json
import os
import signal
import subprocess
import sys
import time
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
        self.address = bridge.address = bridge.stdout.readline().removeprefix("listening on ").strip()
        return bridge

    def ask(self, path, address=None):
        with urllib.request.urlopen((address or self.address) + path, timeout=20) as answer:
            return answer.read().decode()

    def until_live(self, address=None):
        until(lambda: [one["state"] for one in json.loads(self.ask("/api/v1/instances", address))["instances"]]
              == ["live"], what="the daemon's start")

    def rule_and_hook(self, hook, more=""):
        return f'''
[alerts.daemon_gone]
hold = "1s"
clear = "1s"

[alerts.daemon_restarted]
enabled = false

[notify.hook]
type = "webhook"
url = "{hook.url}"
rules = ["daemon_gone"]
{more}
'''

    def changes(self, hook):
        return [(event["change"], event["alert"]["id"]) for body in hook.bodies() for event in body["events"]]

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
        self.until_live()
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

    def test_of_two_bridges_on_one_file_one_tells(self):
        hook = self.receiver()
        config = self.file("bridge.toml", self.rule_and_hook(hook))
        daemon = self.start_daemon()
        first = self.start_bridge(config)
        self.until_live()
        second = self.start_bridge(config)
        until(lambda: 'goxel_alerts_keeping{state="another_bridge"} 1' in self.ask("/metrics"), 60)
        self.assertIn("another bridge writes", self.ask("/api/v1/alerts"))
        # As long as two rounds of the second, which would take it for a message that nobody has sent.
        hook.script = [lambda h: (time.sleep(9), hook.take(h))]
        daemon.kill()
        daemon.wait()
        until(lambda: hook.requests, 60)
        until(lambda: not json.loads(self.ask("/api/v1/alerts", first.address))["channels"][0]["messages"], 60)
        [(change, alert)] = self.changes(hook)
        self.assertEqual(change, "raised")

        first.terminate()
        self.assertEqual(first.wait(20), 0)
        until(lambda: 'goxel_alerts_keeping{state="in_file"} 1' in self.ask("/metrics", second.address), 60)
        self.start_daemon()
        until(lambda: len(self.changes(hook)) > 1, 60)
        self.assertEqual(self.changes(hook), [("raised", alert), ("ended", alert)])

    def test_channels_and_their_secrets_are_read_again(self):
        before, after = self.receiver(), self.receiver()
        key = self.file("key", "TheFirstKey")
        config = self.file("bridge.toml", self.rule_and_hook(before, f'key_file = "{key}"'))
        daemon = self.start_daemon()
        bridge = self.start_bridge(config)
        self.until_live()

        # All or nothing: what is wrong with one changes nothing of the others, nor of the rules.
        self.file("open", "everybody's", 0o644)
        self.file("bridge.toml", self.rule_and_hook(after, f'key_file = "{self.folder}/open"'))
        bridge.send_signal(signal.SIGHUP)
        until(lambda: "event=reload_refused" in self.logged())
        self.assertIn("is open to everybody", self.logged())
        before.script = [lambda h: (time.sleep(4), before.take(h))]
        daemon.kill()
        daemon.wait()
        until(lambda: before.requests, 60)

        # While the message is under way: it is neither lost nor sent by the new one, too.
        self.file("key", "TheSecondKey")
        self.file("bridge.toml", self.rule_and_hook(after, f'key_file = "{key}"') +
                  f'[notify.more]\ntype = "webhook"\nurl = "{after.url}/more"\nrules = ["daemon_gone"]\n')
        bridge.send_signal(signal.SIGHUP)
        until(lambda: "event=reload\n" in self.logged())
        self.assertNotIn("restart_needed", self.logged())
        until(lambda: [(one["channel"], one["messages"]) for one in json.loads(self.ask("/api/v1/alerts"))["channels"]]
              == [("hook", 0), ("more", 0)], 60)
        self.assertEqual(len(before.requests), 1)
        self.start_daemon()
        until(lambda: len(after.requests) == 2, 60)
        self.assertEqual(len(before.requests), 1)
        signed = {path: headers["X-Goxel-Telemetry-Signature"] for _, path, headers, _ in after.requests}
        [body] = [body for _, path, _, body in after.requests if path == "/"]
        self.assertEqual(signed, {"/": "sha256=" + hmac.new(b"TheSecondKey", body, "sha256").hexdigest(),
                                  "/more": None})

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
