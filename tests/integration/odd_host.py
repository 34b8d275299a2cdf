# SPDX-License-Identifier: GPL-3.0-or-later
# A daemon that does with a request what its params ask for: answer it late, twice, with an error, from
# another thread, or never. Messages are lines. odd_host.py … --socket PATH …
import json
import socket
import sys
import threading
import time


def answer(client, message):
    params = message.get("params", {})
    time.sleep(params.get("ms", 0) / 1000)
    reply = {"jsonrpc": "2.0", "id": message.get("id")}
    if "code" in params:
        reply["error"] = {"message": "asked for", "code": params["code"]}
    else:
        reply["result"] = {"content": [], "isError": params.get("fails", False)}
    client.sendall((json.dumps(reply) + "\n").encode() * params.get("times", 1))


def serve(client):
    for line in client.makefile("rb"):
        message = json.loads(line)
        if message.get("params", {}).get("here"):
            answer(client, message)
        else:
            threading.Thread(target=answer, args=(client, message)).start()


path = sys.argv[sys.argv.index("--socket") + 1]
listener = socket.socket(socket.AF_UNIX)
listener.bind(path)
listener.listen()
print("Listening on", path, flush=True)
while True:
    threading.Thread(target=serve, args=(listener.accept()[0],), daemon=True).start()
