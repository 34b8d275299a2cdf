// SPDX-License-Identifier: GPL-3.0-or-later
import { activeContext, activeOwner, runInContext } from '../active-context.js';
import type { PerformanceCollector } from '../collector.js';
import { defaultCollector } from '../default-collector.js';
import { metaOf, paramsWithContext } from '../messages.js';
import { outcomeOfError } from '../outcome.js';
import { readTraceMembers } from '../trace-context.js';

type CallFunction = (this: unknown, method: unknown, params?: unknown, ...more: unknown[]) => unknown;
/** A JSON-RPC client: call(method, params), request(method, params), or both. */
export type JsonRpcClient =
  | { call(method: string, ...args: never[]): unknown }
  | { request(method: string, ...args: never[]): unknown };

const instrumented = new WeakSet<object>();

/**
 * Reports every operation of a JSON-RPC client, with the trace context in the `_meta` of its parameters. The client's functions are
 * `call(method, params)` or `request(method, params)`, and give a promise. Parameters by position have no place for a context: such an
 * operation is reported, but cannot be joined with the daemon's part of it. Returns the client. Without a `collector`, the environment
 * says where the bridge is.
 */
export function instrumentJsonRpc<T extends JsonRpcClient>(client: T, collector: PerformanceCollector = defaultCollector('ts-client')): T {
  if (instrumented.has(client)) return client;
  instrumented.add(client);
  const functions = client as unknown as Record<'call' | 'request', unknown>;
  for (const name of ['call', 'request'] as const) {
    const original = functions[name];
    if (typeof original === 'function') functions[name] = measured(client, original as CallFunction, collector);
  }
  return client;
}

function measured(client: object, original: CallFunction, collector: PerformanceCollector): CallFunction {
  return function (method, params, ...more) {
    // What a client's own method calls of the client is the same operation.
    if (activeOwner() === client || typeof method !== 'string') return original.call(this, method, params, ...more);

    const span = collector.startSpan(method, { parent: readTraceMembers(metaOf({ params })) ?? activeContext(), protocol: 'jsonrpc' });
    const sent = paramsWithContext(params, span.context) ?? params;
    let result: unknown;
    try {
      result = runInContext(span.context, () => original.call(this, method, sent, ...more), client);
    } catch (error) {
      span.end(outcomeOfError(error));
      throw error;
    }
    if (typeof (result as PromiseLike<unknown> | undefined)?.then !== 'function') {
      span.end();
      return result;
    }
    return (result as PromiseLike<unknown>).then((value) => {
      span.end();
      return value;
    }, (error: unknown) => {
      span.end(outcomeOfError(error));
      throw error;
    });
  };
}
