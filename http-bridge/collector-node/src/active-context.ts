// SPDX-License-Identifier: GPL-3.0-or-later
// Which operation the running code works for. It follows promises, timers and callbacks by itself.
import { AsyncLocalStorage, AsyncResource } from 'node:async_hooks';
import { activeOtelContext, withoutOtel } from './opentelemetry.js';
import { sharedState } from './shared-state.js';
import type { TraceContext } from './trace-context.js';

interface ActiveOperation {
  readonly context: TraceContext;
  readonly owner: object | undefined;
}

const { storage, outside } = sharedState('active-context', () => ({
  storage: new AsyncLocalStorage<ActiveOperation>(),
  outside: new AsyncResource('goxel-telemetry-collector'),
}));

/**
 * The context of the operation that the calling code works for. OpenTelemetry's active span is the parent if it belongs to the same
 * trace (the host made it within our span) or if there is no operation of ours.
 */
export function activeContext(): TraceContext | undefined {
  const ours = storage.getStore()?.context;
  const otel = activeOtelContext();
  if (ours === undefined || otel?.traceId === ours.traceId) return otel ?? ours;
  return ours;
}

/** Who runs the operation, as runInContext() was told. */
export function activeOwner(): object | undefined {
  return storage.getStore()?.owner;
}

/** Runs `fn` as part of `context`. */
export function runInContext<T>(context: TraceContext, fn: () => T, owner?: object): T {
  return storage.run({ context, owner }, fn);
}

/** Runs `fn` as part of no operation: what lives longer than an operation must not hold on to its context. */
export function runOutside<T>(fn: () => T): T {
  return outside.runInAsyncScope(() => withoutOtel(fn));
}
