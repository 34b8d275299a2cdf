// SPDX-License-Identifier: GPL-3.0-or-later
// One kept-alive connection to the bridge, and at most one request on it. It keeps no process alive.
import { Agent, request, type ClientRequest, type IncomingMessage } from 'node:http';
import type { Socket } from 'node:net';
import type { BridgeAddress } from './bridge-address.js';

const path = '/api/v1/spans';
const answerBytesMax = 64 * 1024;

/** What the bridge said; status 0: nothing, because it is away, broke off or took too long: then `body` is the system's reason, if there is one. */
export interface Answer {
  readonly status: number;
  readonly retryAfterMs: number | undefined;
  readonly body: string;
}
const noAnswer: Answer = { status: 0, retryAfterMs: undefined, body: '' };

export class BridgeConnection {
  readonly #address: BridgeAddress;
  readonly #timeoutMs: number;
  readonly #authorization: { readonly Authorization?: string };
  readonly #agent = new Agent({ keepAlive: true, maxSockets: 1, maxFreeSockets: 1 });
  #socket: Socket | undefined;
  #busy = false;

  constructor(address: BridgeAddress, timeoutMs: number, token: string | undefined) {
    this.#address = address;
    this.#timeoutMs = timeoutMs;
    // A token with a line's end would end the header; such a one is no token of a bridge.
    this.#authorization = token !== undefined && /^[\x21-\x7e]+$/.test(token) ? { Authorization: `Bearer ${token}` } : {};
  }

  get busy(): boolean {
    return this.#busy;
  }

  /** Calls `done` exactly once, later. */
  post(body: Buffer, done: (answer: Answer) => void): void {
    this.#busy = true;
    let sent: ClientRequest | undefined;
    let ended = false;
    const end = (answer: Answer): void => {
      // A response is closed after its end, when the next request may be under way.
      if (ended) return;
      ended = true;
      this.#busy = false;
      clearTimeout(timer);
      if (answer.status === 0) sent?.destroy();
      done(answer);
    };
    const timer = setTimeout(() => end(noAnswer), this.#timeoutMs);
    timer.unref();
    try {
      sent = request({ ...this.#address, path, method: 'POST', agent: this.#agent, headers: this.#headers(body) });
      sent.on('socket', (socket) => this.#adopt(socket));
      sent.on('error', (error: NodeJS.ErrnoException) => end({ ...noAnswer, body: error.code ?? '' }));
      sent.on('response', (response) => readAnswer(response, end));
      sent.end(body);
    } catch {
      process.nextTick(end, noAnswer);
    }
  }

  /**
   * Hands a request to the kernel before it returns, if the connection stands and has room; nobody waits for the answer. For the moment
   * in which the process ends.
   */
  writeNow(body: Buffer): boolean {
    const socket = this.#socket;
    if (socket === undefined || socket.destroyed || !socket.writable || socket.connecting || socket.writableLength > 0) return false;
    const head = Object.entries(this.#headers(body)).map(([name, value]) => `${name}: ${value}\r\n`).join('');
    socket.write(Buffer.concat([Buffer.from(`POST ${path} HTTP/1.1\r\n${head}\r\n`), body]));
    return true;
  }

  close(): void {
    this.#agent.destroy();
  }

  #headers(body: Buffer): Record<string, string | number> {
    return { Host: this.#address.hostHeader, 'Content-Type': 'application/json', 'Content-Length': body.length, ...this.#authorization };
  }

  #adopt(socket: Socket): void {
    // The agent makes a socket that it uses again count for the process's life again.
    socket.unref();
    this.#socket = socket;
  }
}

function readAnswer(response: IncomingMessage, end: (answer: Answer) => void): void {
  let body = '';
  response.setEncoding('utf8');
  response.on('data', (text: string) => {
    body += text;
    if (body.length > answerBytesMax) end(noAnswer);
  });
  response.on('error', () => end(noAnswer));
  response.on('close', () => end(noAnswer));
  response.on('end', () => end({ status: response.statusCode ?? 0, retryAfterMs: retryAfterMs(response), body }));
}

function retryAfterMs(response: IncomingMessage): number | undefined {
  const seconds = Number(response.headers['retry-after'] ?? NaN);
  return Number.isFinite(seconds) && seconds >= 0 ? seconds * 1_000 : undefined;
}
