// SPDX-License-Identifier: GPL-3.0-or-later
// A bad way between collectors and their bridge: some requests never arrive, some arrive twice, some answers are lost.
import { once } from 'node:events';
import { Agent, createServer, request } from 'node:http';

const nowNs = () => process.hrtime.bigint();

export class BadWay {
  /** The bridge's address at present. */
  bridge;
  /** What has happened so far. `duplicates`: the bridge said so. */
  counts = { batches: 0, requestsLost: 0, answersLost: 0, sentTwice: 0, duplicates: 0 };
  /** How long after its end the span was answered for that waited longest. */
  longestWaitNs = 0n;
  /** What the bridge has answered and should not have. */
  wrong = [];
  #random;
  #server;
  #agent = new Agent({ keepAlive: true });

  /** `random` gives numbers in [0, 1). */
  constructor(random) { this.#random = random; }

  /** `url` is then where collectors report to. */
  async start(t) {
    this.#server = createServer((from, to) => void this.#pass(from, to).catch(() => from.socket.destroy()));
    this.#server.listen(0, '127.0.0.1');
    await once(this.#server, 'listening');
    this.url = `http://127.0.0.1:${this.#server.address().port}`;
    t.after(() => {
      this.#server.close();
      this.#server.closeAllConnections();
      this.#agent.destroy();
    });
  }

  async #pass(from, to) {
    const chunks = [];
    for await (const chunk of from) chunks.push(chunk);
    const body = Buffer.concat(chunks);
    const kind = this.#random() * 40;
    if (kind < 1) {
      ++this.counts.requestsLost;
      from.socket.destroy();
      return;
    }
    let answer = await this.#ask(from, body);
    if (kind < 2) {
      ++this.counts.sentTwice;
      const first = answer;
      answer = await this.#ask(from, body);
      if (first.status === 200 && !(answer.status === 200 && JSON.parse(answer.text).duplicate)) this.wrong.push([first, answer]);
    }
    if (answer.status === 200) this.#waited(JSON.parse(body));
    if (kind >= 2 && kind < 3) {
      ++this.counts.answersLost;
      from.socket.destroy();
      return;
    }
    to.writeHead(answer.status, answer.headers).end(answer.text);
  }

  #waited({ spans }) {
    const first = spans[0];  // they stand in the order of their ends
    if (first === undefined) return;
    const waited = nowNs() - BigInt(first.start_ns) - BigInt(first.duration_ns);
    if (waited > this.longestWaitNs) this.longestWaitNs = waited;
  }

  async #ask({ socket, url, method, headers }, body) {
    const { host, connection, ...others } = headers;
    const asked = request(this.bridge + url, { method, headers: others, agent: this.#agent });
    const givenUp = () => asked.destroy();
    socket.once('close', givenUp);
    try {
      const answered = once(asked, 'response');
      asked.end(body);
      const [response] = await answered;
      let text = '';
      for await (const chunk of response.setEncoding('utf8')) text += chunk;
      const { statusCode: status, headers: { 'content-type': type, 'retry-after': retry } } = response;
      ++this.counts.batches;
      if (status === 200 && JSON.parse(text).duplicate) ++this.counts.duplicates;
      return { status, text, headers: { ...type && { 'Content-Type': type }, ...retry && { 'Retry-After': retry } } };
    } finally {
      socket.off('close', givenUp);
    }
  }
}
