# SPDX-License-Identifier: GPL-3.0-or-later
"""One method of the daemon becomes slower by half under load: one thread of messages says so, within a minute, and names the method
and the layer."""
import json
import os
import signal
import subprocess
import sys
import time
import unittest
import urllib.request

sys.path.insert(0, os.path.join(os.path.dirname(__file__), "..", "notify"))
from servers import BRIDGE, Notifications, main, until  # noqa: E402

LAUNCHER, DAEMON, PLUGIN, LOAD, EARLIER_HOUR = sys.argv[3:8]
INSTANCE = f"slower-test-{os.getpid()}"
METHOD = "goxel.add_voxel"
OTHER = "goxel.get_voxel"
USUAL_US, SLOW_US = 3000, 4500
# Of real traffic, of which the hour before is made; shorter, and an hour has nothing in it that differs.
RECORDED_SECONDS = 60
WITHIN_SECONDS = 60


class Slower(Notifications):
    def setUp(self):
        super().setUp()
        self.slow = os.path.join(self.folder, "slow")
        self.socket = os.path.join(self.folder, "socket")
        config = self.file("daemon.json", json.dumps({"plugins": {"telemetry": {
            "enabled": True, "library": PLUGIN, "config": {"instance": INSTANCE}}}}))
        self.run_beside(LAUNCHER, DAEMON, "--foreground", "--socket", self.socket, "-c", config,
                        "--slow", METHOD, str(USUAL_US), str(SLOW_US), self.slow,
                        # What takes some microseconds takes a tenth more whenever anything else runs on the machine.
                        "--slow", OTHER, str(USUAL_US), str(USUAL_US), self.slow)
        until(lambda: os.path.exists(self.socket))
        self.run_beside(LOAD, "--socket", self.socket, "--connections", "4", "--methods", f"{METHOD},{OTHER}",
                        "--rate", "60", "--seconds", "3000", "--layers", INSTANCE)

    def run_beside(self, *command):
        process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        self.addCleanup(lambda: (process.kill(), process.wait()))
        return process

    def start_bridge(self, history, *more):
        log = open(os.path.join(self.folder, "log"), "a")
        bridge = subprocess.Popen([BRIDGE, "--port", "0", "--instance", INSTANCE, "--history", history, *more],
                                  stdout=subprocess.PIPE, stderr=log, text=True)
        log.close()
        self.addCleanup(lambda: (bridge.kill(), bridge.wait(), bridge.stdout.close()))
        self.address = bridge.stdout.readline().removeprefix("listening on ").strip()
        return bridge

    def alerts(self):
        with urllib.request.urlopen(self.address + "/api/v1/alerts", timeout=20) as answer:
            return json.load(answer)["alerts"]

    def test_one_thread_of_messages_that_names_the_method_and_the_layer(self):
        recorded, history = (os.path.join(self.folder, name) for name in ("recorded.db", "history.db"))
        bridge = self.start_bridge(recorded)
        time.sleep(RECORDED_SECONDS)
        bridge.send_signal(signal.SIGTERM)
        self.assertEqual(bridge.wait(30), 0)
        subprocess.run([EARLIER_HOUR, recorded, history, INSTANCE], check=True)

        hook = self.receiver()
        config = self.file("bridge.toml", f'[notify.hook]\ntype = "webhook"\nurl = "{hook.url}"\n[alerts.slower]\nclear = "15s"\n')
        self.start_bridge(history, "--config", config)
        time.sleep(30)
        before = [one["summary"] for one in self.alerts()]
        if before:
            self.skipTest(f"this machine itself does not do as it did a minute ago: {before}")

        open(self.slow, "w").close()
        changed = time.monotonic()
        until(lambda: self.told(hook), 2 * WITHIN_SECONDS, "a message that names the method and the layer")
        took = self.told(hook) - changed
        print(f"told after {took:.0f} s")
        self.assertLess(took, WITHIN_SECONDS)

        # So that it might be told twice, or anew.
        time.sleep(30)
        os.remove(self.slow)
        until(lambda: [event for event in self.events(hook) if event["change"] == "ended"], 4 * WITHIN_SECONDS,
              "the message that it is over")
        events = self.events(hook)
        self.assertEqual(events[0]["change"], "raised")
        self.assertEqual({(event["alert"]["rule"], event["alert"]["instance"]) for event in events}, {("slower", INSTANCE)})
        self.assertEqual(len({event["alert"]["id"] for event in events}), 1, events)
        self.assertEqual(events[-1]["alert"]["end"], "resolved")
        self.assertEqual(len(self.alerts()), 1)

    @staticmethod
    def events(hook):
        return [event for body in hook.bodies() for event in body["events"]]

    def told(self, hook):
        """When a message came that names them; None: none has."""
        for (when, *_), body in zip(hook.requests, hook.bodies()):
            for event in body["events"]:
                shift = (event["alert"]["evidence"]["operations"] or [{}])[0]
                layers = shift.get("layers") or [{}]
                # Tools have an underscore where methods have a dot.
                if METHOD in event["alert"]["summary"].replace("goxel_", "goxel.") and layers[0].get("layer") == "daemon":
                    self.assertGreater(layers[0]["share"], 0.5)
                    return when
        return None


if __name__ == "__main__":
    main()
