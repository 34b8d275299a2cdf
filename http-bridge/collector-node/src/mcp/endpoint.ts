// SPDX-License-Identifier: GPL-3.0-or-later
import { tapTransport, type TransportTap } from './tap-transport.js';

/** A client or server of the MCP SDK, of either major. */
export interface McpEndpoint {
  connect(...args: never[]): Promise<unknown>;
}

interface Connectable {
  connect(transport: unknown, ...more: unknown[]): Promise<unknown>;
  readonly transport?: unknown;
}

const wrapped = new WeakSet<object>();

/** Each transport that `endpoint` is connected to, now or later, gets a tap. False if that was arranged before. */
export function tapTransportsOf(endpoint: McpEndpoint, newTap: () => TransportTap): boolean {
  if (wrapped.has(endpoint)) return false;
  wrapped.add(endpoint);
  const connectable = endpoint as unknown as Connectable;
  const connect = connectable.connect;
  connectable.connect = function (this: unknown, transport: unknown, ...more: unknown[]): Promise<unknown> {
    tapTransport(transport, newTap());
    return connect.call(this as Connectable, transport, ...more);
  };
  if (connectable.transport !== undefined) tapTransport(connectable.transport, newTap());
  return true;
}
