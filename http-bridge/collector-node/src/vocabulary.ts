// SPDX-License-Identifier: GPL-3.0-or-later
// The words that the bridge knows.

/** Where in the stack a span was measured. The daemon reports itself. */
export type Layer = 'mcp-client' | 'mcp-server' | 'ts-client';

/** How many layers an operation passes: through MCP server and TypeScript client, or from MCP straight to the daemon. */
export type Stack = '4-layer' | '2-layer';

/** What is spoken below the place where a span was measured. */
export type Protocol = 'mcp' | 'jsonrpc';

/**
 * How an operation ended: `ok`; `error`: it was answered with one, an MCP tool's `isError` included; `cancelled`: its caller gave it
 * up; `unanswered`: its time ran out or its connection closed. (Notifications are no operations: nobody waits for them.)
 */
export type Status = 'ok' | 'error' | 'cancelled' | 'unanswered';

const layers: ReadonlySet<string> = new Set<Layer>(['mcp-client', 'mcp-server', 'ts-client']);

export function isLayer(name: unknown): name is Layer {
  return typeof name === 'string' && layers.has(name);
}
