// SPDX-License-Identifier: GPL-3.0-or-later
/** What a TypeScript client of the daemon is like: a method is called by name, and gives a promise. */
export class JsonRpcClient {
  #exchanges;
  #lastId = 0;

  constructor(exchanges) { this.#exchanges = exchanges; }

  async call(method, params = {}) {
    const { result, error } = await this.#exchanges.ask({ jsonrpc: '2.0', id: ++this.#lastId, method, params });
    if (error !== undefined) throw Object.assign(new Error(error.message), { code: error.code });
    return result;
  }
}
