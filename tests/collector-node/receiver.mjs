// SPDX-License-Identifier: GPL-3.0-or-later
// Plays the bridge: takes POST /api/v1/spans as spans-protocol says, counts each batch once, and misbehaves on demand.
import { createServer } from 'node:http';

export class Receiver {
  /** Every request, in order: { number, text, batch }. */
  requests = [];
  /** Taken batches, each once. */
  batches = [];
  /** Answers the requests of the tests that want another answer: (request, response) => true if it did. */
  misbehave = () => false;
  #server;
  #waiters = new Set();
  #lastTaken = new Map();

  /** Listens on a free port, or where it is told. */
  async start(where = { port: 0, host: '127.0.0.1' }) {
    this.#server = createServer((request, response) => this.#take(request, response));
    await new Promise((resolve, reject) => this.#server.once('error', reject).listen(where, resolve));
    return this;
  }

  get port() { return this.#server.address().port; }
  get url() { return `http://127.0.0.1:${this.port}`; }

  async stop() {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  /** The spans of all taken batches. */
  get spans() { return this.batches.flatMap((batch) => batch.spans); }

  span(operation) { return this.spans.find((span) => span.operation === operation); }

  /** Waits until `condition` holds for what has come. */
  async until(condition, what = String(condition)) {
    for (const deadline = Date.now() + 30_000; !condition();) {
      if (Date.now() > deadline) throw new Error(`this did not come: ${what}\n${JSON.stringify(this.spans, null, 1)}`);
      await new Promise((resolve) => {
        const done = () => { clearTimeout(timer); this.#waiters.delete(done); resolve(); };
        const timer = setTimeout(done, 200);
        this.#waiters.add(done);
      });
    }
  }

  #take(request, response) {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      const text = Buffer.concat(chunks).toString();
      const batch = JSON.parse(text);
      const seen = { number: batch.batch, text, batch, headers: request.headers, path: request.url };
      this.requests.push(seen);
      if (!this.misbehave(seen, response)) this.#answer(batch, response);
      for (const waiter of [...this.#waiters]) waiter();
    });
  }

  #answer(batch, response) {
    const duplicate = batch.batch <= (this.#lastTaken.get(batch.source.id) ?? 0);
    if (!duplicate) {
      this.#lastTaken.set(batch.source.id, batch.batch);
      this.batches.push(batch);
    }
    response.writeHead(200, { 'Content-Type': 'application/json' });
    response.end(JSON.stringify({ taken: duplicate ? 0 : batch.spans.length, refused: [], duplicate }));
  }
}

/** Answers with a status. */
export function status(code, headers = {}) {
  return (_, response) => {
    response.writeHead(code, headers);
    response.end(JSON.stringify({ error: 'no' }));
    return true;
  };
}
