// SPDX-License-Identifier: GPL-3.0-or-later
import { activeContext, runInContext } from '../active-context.js';
import type { PerformanceCollector } from '../collector.js';
import { defaultCollector } from '../default-collector.js';
import {
  answeredId, cancelledRequest, isRequest, membersOf, messageWithContext, metaOf, operationOf, outcomeOfAnswer, type Members,
} from '../messages.js';
import { OpenRequests } from '../open-requests.js';
import { readTraceMembers } from '../trace-context.js';
import { tapTransportsOf, type McpEndpoint } from './endpoint.js';
import type { TransportTap } from './tap-transport.js';

/**
 * Reports every request that `server` answers; what its handlers call belongs to the same trace. `server` is a McpServer or Server
 * of `@modelcontextprotocol/sdk` (1.x) or of `@modelcontextprotocol/server` (2.x), connected or not, over any transport. Returns it.
 * Without a `collector`, the environment says where the bridge is.
 */
export function wrapServer<T extends McpEndpoint>(server: T, collector: PerformanceCollector = defaultCollector('mcp-server')): T {
  // McpServer is a convenience around a Server, which can also be connected by itself.
  const inner = (server as { server?: unknown }).server;
  const endpoint = typeof (inner as Partial<McpEndpoint> | undefined)?.connect === 'function' ? inner as McpEndpoint : server;
  tapTransportsOf(endpoint, () => new ServerTap(collector));
  return server;
}

class ServerTap implements TransportTap {
  readonly #collector: PerformanceCollector;
  readonly #open = new OpenRequests();

  constructor(collector: PerformanceCollector) {
    this.#collector = collector;
  }

  received(message: Members, deliver: (message: Members) => void): void {
    if (!isRequest(message)) {
      const cancelled = cancelledRequest(message);
      if (cancelled !== undefined) this.#open.end(cancelled.id, { status: cancelled.timedOut ? 'unanswered' : 'cancelled' });
      deliver(message);
      return;
    }
    const meta = metaOf(message);
    const above = readTraceMembers(meta);
    const span = this.#collector.startSpan(
      operationOf(message.method, message['params']), { parent: above ?? activeContext(), protocol: 'mcp' });
    this.#open.add(message.id, span);
    // A handler may pass on what it finds in _meta: a malformed context is not left there.
    const malformed = above === undefined && membersOf(meta)?.['traceparent'] !== undefined;
    runInContext(span.context, () => deliver(malformed ? messageWithContext(message, span.context) : message));
  }

  sending(message: Members): Members {
    const id = answeredId(message);
    if (id !== undefined) this.#open.end(id, outcomeOfAnswer(message));
    return message;
  }

  notSent(): void {
    // The operation had ended.
  }

  closed(): void {
    // Its client hung up while the server worked.
    this.#open.endAll({ status: 'cancelled' });
  }
}
