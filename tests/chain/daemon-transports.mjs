// SPDX-License-Identifier: GPL-3.0-or-later
// Transports of the MCP SDK by which a client speaks to the daemon itself, with no server between: the 2-layer stack.

/** To a daemon that speaks MCP as it is specified: each message is a line of its socket. */
export class LineTransport {
  #socket;

  constructor(socket) { this.#socket = socket; }

  async start() {
    this.#socket.onLine = (line) => {
      try {
        this.onmessage?.(JSON.parse(line));
      } catch (error) {
        this.onerror?.(error);
      }
    };
    this.#socket.onEnd = () => this.onclose?.();
  }

  async send(message) { this.#socket.send(message); }
  async close() { this.#socket.close(); }
}

const answers = {
  initialize: ({ protocolVersion }) => ({
    protocolVersion, capabilities: { tools: {} }, serverInfo: { name: 'goxel-daemon', version: 'unknown' },
  }),
  ping: () => ({}),
};

/**
 * To the stock daemon, which has an MCP dialect of its own: {"tool": …, "arguments": …} and {"success": …, "content": …}, in order. What
 * it does not know (the handshake) is answered here.
 */
export class StockDialectTransport {
  #exchanges;

  constructor(exchanges) { this.#exchanges = exchanges; }

  async start() { this.#exchanges.onEnd = () => this.onclose?.(); }

  async send({ id, method, params }) {
    if (id === undefined) return;  // a notification
    const reply = (body) => this.onmessage?.({ jsonrpc: '2.0', id, ...body });
    if (method === 'tools/call') {
      void this.#call(params).then((result) => reply({ result }), (error) => this.onerror?.(error));
    } else if (method in answers) {
      queueMicrotask(() => reply({ result: answers[method](params) }));
    } else {
      queueMicrotask(() => reply({ error: { code: -32601, message: `the stock daemon knows no ${method}` } }));
    }
  }

  async close() { this.#exchanges.close(); }

  async #call({ name, arguments: given = {}, _meta }) {
    const answer = await this.#exchanges.ask({ tool: name, arguments: given, ...(_meta && { _meta }) });
    const text = answer.success ? JSON.stringify(answer.content) : answer.error_message ?? answer.error ?? 'it failed';
    return { content: [{ type: 'text', text }], isError: !answer.success };
  }
}
