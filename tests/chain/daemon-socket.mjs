// SPDX-License-Identifier: GPL-3.0-or-later
import { createConnection } from 'node:net';
import { StringDecoder } from 'node:string_decoder';

/** A connection to the daemon, on which each message is a line. */
export class DaemonSocket {
  /** Set by the user: (line) => void, and (reason) => void when the connection has ended, by whomever. */
  onLine = () => {};
  onEnd = () => {};
  #socket;

  static async connect(path) {
    const socket = createConnection(path);
    await new Promise((resolve, reject) => socket.once('connect', resolve).once('error', (error) => {
      reject(new Error(`no daemon answers at ${path} (${error.code})`));
    }));
    return new DaemonSocket(socket);
  }

  constructor(socket) {
    this.#socket = socket;
    const decoder = new StringDecoder('utf8');
    let begun = '';
    socket.on('data', (bytes) => {
      const lines = (begun + decoder.write(bytes)).split('\n');
      begun = lines.pop();
      for (const line of lines) if (line.trim() !== '') this.onLine(line);
    });
    socket.on('error', () => {});  // "close" follows
    socket.on('close', () => this.onEnd(new Error('the daemon hung up')));
  }

  send(message) { this.#socket.write(`${JSON.stringify(message)}\n`); }
  close() { this.#socket.destroy(); }
}

/**
 * One exchange after another: the stock daemon reads no second request from a connection before it has answered the first, and
 * its MCP answers do not say which request they are of. `stopwatch` measures from each sending to the answer.
 */
export class Exchanges {
  /** Set by the user: () => void. */
  onEnd = () => {};
  #socket;
  #stopwatch;
  #waiting = [];
  #ended;

  constructor(socket, stopwatch) {
    this.#socket = socket;
    this.#stopwatch = stopwatch;
    socket.onLine = (line) => this.#answered(line);
    socket.onEnd = (reason) => {
      this.#ended = reason;
      for (const { reject } of this.#waiting.splice(0)) reject(reason);
      this.onEnd();
    };
  }

  /** The answer to `message`. */
  ask(message) {
    return new Promise((resolve, reject) => {
      if (this.#ended !== undefined) return reject(this.#ended);
      if (this.#waiting.push({ message, resolve, reject }) === 1) this.#sendFirst();
    });
  }

  close() { this.#socket.close(); }

  #sendFirst() {
    this.#stopwatch.start(this);
    this.#socket.send(this.#waiting[0].message);
  }

  #answered(line) {
    this.#stopwatch.stop(this);
    const first = this.#waiting.shift();
    if (this.#waiting.length > 0) this.#sendFirst();
    try {
      first?.resolve(JSON.parse(line));
    } catch (error) {
      first?.reject(error);
    }
  }
}
