// SPDX-License-Identifier: GPL-3.0-or-later

/**
 * A value that exists once in a process, even if this package is loaded twice (as an ES module and as CommonJS, or by two
 * dependencies): else an MCP server and the JSON-RPC client below it could not see each other's trace context.
 */
export function sharedState<T extends object>(name: string, make: () => T): T {
  const key = Symbol.for(`goxel-telemetry-collector/1/${name}`);
  const global = globalThis as { [key: symbol]: T | undefined };
  return (global[key] ??= make());
}
