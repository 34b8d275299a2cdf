// SPDX-License-Identifier: GPL-3.0-or-later
// What a JSON-RPC message is. They come from outside: nothing about their members is believed.
import { errorOutcome, ok, type Outcome } from './outcome.js';
import { withTraceMembers, type TraceContext } from './trace-context.js';
import type { RequestId } from './open-requests.js';

/** Any object of a message. */
export type Members = Record<string, unknown>;

export interface Request extends Members {
  readonly method: string;
  readonly id: RequestId;
}

export function membersOf(value: unknown): Members | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value as Members : undefined;
}

function isId(id: unknown): id is RequestId {
  return typeof id === 'number' || typeof id === 'string';
}

/** Someone waits for its answer. A notification has no id. */
export function isRequest(message: Members): message is Request {
  return typeof message['method'] === 'string' && isId(message['id']);
}

/** The id of the request that `message` answers; undefined if it answers none. Progress has a method, and answers nothing. */
export function answeredId(message: Members): RequestId | undefined {
  const { id } = message;
  return message['method'] === undefined && isId(id) && ('result' in message || 'error' in message) ? id : undefined;
}

/** How an answer ends its request. A tool's failure is a result with `isError`. */
export function outcomeOfAnswer(message: Members): Outcome {
  if (message['error'] !== undefined && message['error'] !== null) return errorOutcome(membersOf(message['error'])?.['code']);
  return membersOf(message['result'])?.['isError'] === true ? { status: 'error' } : ok;
}

/** The id of the request that MCP's `notifications/cancelled` gives up, and why. */
export function cancelledRequest(message: Members): { id: RequestId; timedOut: boolean } | undefined {
  if (message['method'] !== 'notifications/cancelled') return undefined;
  const { requestId, reason } = membersOf(message['params']) ?? {};
  return isId(requestId) ? { id: requestId, timedOut: /timed? ?out|timeout/i.test(String(reason)) } : undefined;
}

/** What a request is called: in `tools/call` the tool. */
export function operationOf(method: string, params: unknown): string {
  const name = method === 'tools/call' ? membersOf(params)?.['name'] : undefined;
  return typeof name === 'string' && name.length > 0 ? name : method;
}

export function metaOf(message: Members): unknown {
  return membersOf(message['params'])?.['_meta'];
}

/** A copy of the parameters with this context; undefined if they are by position and have no place for it. */
export function paramsWithContext(params: unknown, context: TraceContext): Members | undefined {
  const members = params === undefined || params === null ? {} : membersOf(params);
  return members && { ...members, _meta: withTraceMembers(members['_meta'], context) };
}

export function messageWithContext<T extends Members>(message: T, context: TraceContext): T {
  const params = paramsWithContext(message['params'], context);
  return params === undefined ? message : { ...message, params };
}
