# SPDX-License-Identifier: GPL-3.0-or-later
"""Webhooks and Slack, against a receiver that fails, stalls, limits and lies."""
import email.utils
import hashlib
import hmac
import json
import random
import time

from servers import Notifications, main, until

KEY = "0123456789abcdef0123456789abcdef"


class Webhook(Notifications):
    def channel(self, receiver, name="hook", more=""):
        return f'[notify.{name}]\ntype = "webhook"\nurl = "{receiver.url}/alerts"\n{more}\n'

    def test_is_signed_and_says_what_happened(self):
        receiver = self.receiver()
        key = self.file("key", KEY + "\n")
        token = self.file("token", "token-of-the-hook")
        self.start(self.channel(receiver, more=f'key_file = "{key}"\ntoken_file = "{token}"'))
        self.tell("raised")
        _, path, headers, body = until(lambda: receiver.requests)[0]
        self.assertEqual(path, "/alerts")
        self.assertEqual(headers["Authorization"], "Bearer token-of-the-hook")
        digest = hmac.new(KEY.encode(), body, hashlib.sha256).hexdigest()
        self.assertEqual(headers["X-Goxel-Telemetry-Signature"], "sha256=" + digest)
        self.assertEqual(len(headers["Idempotency-Key"]), 32)
        event = json.loads(body)["events"][0]
        self.assertEqual(event["alert"]["id"], "a1")
        self.assertTrue(event["first"])
        self.tell("ended")
        until(lambda: len(receiver.requests) == 2)
        event = receiver.bodies()[1]["events"][0]
        self.assertEqual((event["change"], event["first"], event["alert"]["end"]),
                         ("ended", False, "resolved"))

    def test_waits_as_long_as_it_is_asked_to(self):
        receiver = self.receiver()
        receiver.script = [lambda h: receiver.take(h, 429, b"slow down", [("Retry-After", "7")])]
        self.start(self.channel(receiver))
        self.tell("raised")
        until(lambda: len(receiver.requests) == 2)
        first, second = (request[0] for request in receiver.requests)
        self.assertGreaterEqual(second - first, 6.9)
        self.assertEqual(receiver.events()[0], receiver.events()[1])
        self.assertEqual(receiver.requests[0][2]["Idempotency-Key"],
                         receiver.requests[1][2]["Idempotency-Key"])
        soon = email.utils.formatdate(time.time() + 9, usegmt=True)
        receiver.script = [lambda h: receiver.take(h, 503, b"", [("Retry-After", soon)])]
        self.tell("ended")
        until(lambda: len(receiver.requests) == 4)
        third, fourth = (request[0] for request in receiver.requests[2:])
        self.assertGreaterEqual(fourth - third, 4)  # of 9 s, 3 were for gathering, and one is rounded
        self.assertIn("event=notification_failed", self.logged())
        self.assertIn("status 429: slow down", self.logged())

    def test_what_fails_is_tried_again_and_what_lies_is_believed_only_so_far(self):
        receiver = self.receiver()
        elsewhere = self.receiver()

        def close_early(handler):
            handler.connection.close()

        def promise_more(handler):
            handler.send_response(200)
            handler.send_header("Content-Length", "1000")
            handler.end_headers()
            handler.wfile.write(b"half")
            handler.connection.close()

        receiver.script = [lambda h: receiver.take(h, 503), close_early,
                           lambda h: receiver.take(h, 307, headers=[("Location", elsewhere.url)]),
                           promise_more]
        self.start(self.channel(receiver))
        self.tell("raised")
        until(lambda: len(receiver.requests) == 4, 60)
        until(lambda: self.counts()["sent"] == 1)  # 200 is 200, however the body ends
        self.assertEqual(len(receiver.requests), 4)
        self.assertEqual(len(set(receiver.events())), 1)
        self.assertEqual(elsewhere.requests, [])

    def test_a_body_without_end_is_not_read_to_its_end(self):
        receiver = self.receiver()

        def pour(handler):
            handler.send_response(200)
            handler.end_headers()
            while True:
                handler.wfile.write(b"x" * 65536)

        receiver.script = [pour]
        self.start(self.channel(receiver))
        self.tell("raised")
        until(lambda: self.counts()["sent"] == 1, 8)
        self.assertEqual(len(receiver.requests), 1)

    def test_one_that_stalls_delays_no_other(self):
        slow, quick = self.receiver(), self.receiver()
        slow.script = [lambda handler: time.sleep(60)]
        self.start(self.channel(slow, "slow") + self.channel(quick, "quick"))
        self.tell("raised")
        until(lambda: slow.requests and quick.requests)
        self.tell("ended")
        until(lambda: len(quick.requests) == 2, 8)
        self.assertEqual(len(slow.requests), 1)
        until(lambda: len(slow.requests) == 2, 30)  # after its time is over
        self.assertEqual(slow.bodies()[1]["events"][0]["change"], "ended")

    def test_what_is_refused_for_good_is_not_sent_again(self):
        receiver = self.receiver()
        receiver.script = [lambda h: receiver.take(h, 400, b"no such field")]
        self.start(self.channel(receiver))
        self.tell("raised")
        until(lambda: self.counts()["refused"] == 1)
        self.tell("raised", "a2")
        until(lambda: len(receiver.requests) == 2)
        self.assertIn("no such field; it is not tried again", self.logged())

    def test_a_silence_stops_what_waits(self):
        receiver = self.receiver()
        receiver.script = [lambda h: receiver.take(h, 503)]
        self.start(self.channel(receiver))
        self.tell("raised")
        until(lambda: receiver.requests)
        self.assertEqual(self.say("silence", "goxel"), "ok")
        self.tell("raised", "b1", "other")
        until(lambda: len(receiver.requests) == 2)
        self.assertEqual(receiver.bodies()[1]["events"][0]["alert"]["id"], "b1")

    def test_nothing_is_lost_by_kill_9_and_at_most_one_message_comes_twice(self):
        receiver = self.receiver()
        slow = lambda h: (time.sleep(0.05), receiver.take(h))
        receiver.script = [slow] * 1000
        self.start(self.channel(receiver, more="per_minute = 600"))
        randomness = random.Random(16)
        alerts, kills = 60, 0
        for i in range(alerts):
            self.tell("raised", f"a{i}", f"i{i}")  # of instances of their own: a message each
            if i % 12 == 11:
                until(lambda: len(receiver.requests) > i - 11)
                time.sleep(randomness.uniform(0, 0.3))
                self.kill()
                kills += 1
                self.start()
        told = lambda: {event.split("/")[0] for event in receiver.events()}
        until(lambda: len(told()) == alerts, 60)
        until(lambda: self.counts()["sent"] > 0)
        time.sleep(1)
        twice = len(receiver.events()) - alerts
        print(f"{kills} kills: {twice} of {alerts} messages came twice")
        self.assertLessEqual(twice, kills)

    def test_is_tested_by_the_program(self):
        receiver = self.receiver()
        config = self.file("bridge.toml", self.channel(receiver))
        result = self.bridge("--config", config, "--test-notification", "hook")
        self.assertEqual((result.returncode, result.stderr), (0, ""))
        self.assertEqual(result.stdout, "hook: 127.0.0.1 took the test message: status 200: ok\n")
        self.assertTrue(receiver.bodies()[0]["test"])
        receiver.script = [lambda h: receiver.take(h, 403, b"not you")]
        result = self.bridge("--config", config, "--test-notification", "hook")
        self.assertEqual(result.returncode, 1)
        self.assertIn("did not take the test message: status 403: not you", result.stderr)
        result = self.bridge("--config", config, "--test-notification", "other")
        self.assertEqual(result.returncode, 2)
        self.assertIn("no [notify.other]", result.stderr)

    def test_its_configuration_is_checked(self):
        secret = self.file("key", KEY, 0o644)
        receiver = self.receiver()
        config = self.file("bridge.toml", self.channel(receiver, more=f'key_file = "{secret}"'))
        result = self.bridge("--config", config, "--check-config")
        self.assertEqual(result.returncode, 1)
        self.assertIn(f"[notify.hook]: the secret in {secret} is open to everybody", result.stderr)
        config = self.file("bridge.toml", self.channel(receiver, more="min_level = 'loud'"))
        result = self.bridge("--config", config, "--check-config")
        self.assertEqual(result.returncode, 2)
        self.assertIn("line 4: min_level of [notify.hook] is one of", result.stderr)


class Slack(Notifications):
    PATH = "/services/T000/B000/SecretOfTheHook"

    def test_webhook_gets_blocks_and_its_url_is_nowhere(self):
        receiver = self.receiver()
        receiver.script = [lambda h: receiver.take(h, 404, b"no hook " + h.path.encode()),
                           lambda h: h.connection.close()]
        url = self.file("url", receiver.url + self.PATH)
        self.start(f'[notify.slack]\ntype = "slack"\nurl_file = "{url}"\n')
        self.tell("raised")
        until(lambda: len(receiver.requests) == 3)
        body = receiver.bodies()[2]
        self.assertIn("Warning: list_scenes", body["blocks"][0]["text"]["text"])
        until(lambda: self.counts()["sent"] == 1)
        self.end()
        result = self.bridge("--config", self.config, "--test-notification", "slack")
        self.assertEqual(result.returncode, 0)
        for text in (self.logged(), result.stdout, result.stderr):
            self.assertNotIn("SecretOfTheHook", text)
        with open(self.store, "rb") as store:
            self.assertNotIn(b"SecretOfTheHook", store.read())

    def test_a_bot_puts_all_of_an_alert_into_one_thread(self):
        receiver = self.receiver()
        posted = []

        def post(handler):
            posted.append(f"15034359{len(posted)}.000247")
            receiver.take(handler, body=json.dumps({"ok": True, "ts": posted[-1]}).encode())

        def fail(error):
            answer = json.dumps({"ok": False, "error": error}).encode()
            return lambda handler: receiver.take(handler, body=answer)

        receiver.script = [fail("ratelimited"), lambda h: receiver.take(h, body=b"<html>hello"),
                           post, post, post]
        token = self.file("token", "xoxb-secret")
        self.start(f'[notify.slack]\ntype = "slack"\nurl = "{receiver.url}/api"\n'
                   f'token_file = "{token}"\nchannel = "C123"\n')
        self.tell("raised")
        until(lambda: len(posted) == 1, 60)
        self.tell("confirmed", level="confirmed")
        until(lambda: len(posted) == 2)
        self.kill()
        self.start()
        self.tell("ended", level="confirmed")
        until(lambda: len(posted) == 3)
        _, confirmed, ended = receiver.bodies()[-3:]
        self.assertEqual(receiver.requests[0][2]["Authorization"], "Bearer xoxb-secret")
        self.assertEqual([b.get("thread_ts") for b in receiver.bodies()[-3:]],
                         [None, posted[0], posted[0]])
        self.assertEqual((confirmed["reply_broadcast"], ended["reply_broadcast"]), (True, False))
        self.assertIn("ratelimited", self.logged())
        self.assertNotIn("xoxb-secret", self.logged())

    def test_what_slack_will_never_take_holds_nothing_back(self):
        receiver = self.receiver()
        refused = json.dumps({"ok": False, "error": "invalid_blocks"}).encode()
        ok = json.dumps({"ok": True, "ts": "1.2"}).encode()
        receiver.script = [lambda h: receiver.take(h, body=refused),
                           lambda h: receiver.take(h, body=ok)]
        token = self.file("token", "xoxb-secret")
        self.start(f'[notify.slack]\ntype = "slack"\nurl = "{receiver.url}"\n'
                   f'token_file = "{token}"\nchannel = "C123"\n')
        self.tell("raised")
        until(lambda: self.counts()["refused"] == 1)
        self.tell("raised", "a2")
        until(lambda: self.counts()["sent"] == 1)


if __name__ == "__main__":
    main()
