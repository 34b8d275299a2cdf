// SPDX-License-Identifier: GPL-3.0-or-later
import { activeContext } from '../active-context.js';
import type { PerformanceCollector } from '../collector.js';
import { defaultCollector } from '../default-collector.js';
import { answeredId, cancelledRequest, isRequest, messageWithContext, metaOf, operationOf, outcomeOfAnswer, type Members } from '../messages.js';
import { OpenRequests, type RequestId } from '../open-requests.js';
import { outcomeOfError, type Outcome } from '../outcome.js';
import { readTraceMembers } from '../trace-context.js';
import { tapTransportsOf, type McpEndpoint } from './endpoint.js';
import { RequestCalls } from './request-calls.js';
import type { TransportTap } from './tap-transport.js';

/**
 * Reports every request that `client` makes, with the trace context in its `_meta`. `client` is a Client of `@modelcontextprotocol/sdk`
 * (1.x) or of `@modelcontextprotocol/client` (2.x), connected or not, over any transport. Returns it. Without a `collector`, the
 * environment says where the bridge is.
 */
export function wrapClient<T extends McpEndpoint>(client: T, collector: PerformanceCollector = defaultCollector('mcp-client')): T {
  const calls = new RequestCalls();
  if (tapTransportsOf(client, () => new ClientTap(collector, calls))) calls.watch(client);
  return client;
}

class ClientTap implements TransportTap {
  readonly #collector: PerformanceCollector;
  readonly #calls: RequestCalls;
  readonly #open = new OpenRequests();
  /** Requests whose promise says when they are given up. */
  readonly #promised = new Set<RequestId>();

  constructor(collector: PerformanceCollector, calls: RequestCalls) {
    this.#collector = collector;
    this.#calls = calls;
  }

  sending(message: Members): Members {
    if (isRequest(message)) {
      const parent = readTraceMembers(metaOf(message)) ?? activeContext();
      const span = this.#collector.startSpan(operationOf(message.method, message['params']), { parent, protocol: 'mcp' });
      const { id } = message;
      this.#open.add(id, span);
      if (this.#calls.onRejected((outcome) => this.#end(id, outcome))) this.#promised.add(id);
      return messageWithContext(message, span.context);
    }
    const cancelled = cancelledRequest(message);
    if (cancelled !== undefined && !this.#promised.has(cancelled.id)) {
      this.#end(cancelled.id, { status: cancelled.timedOut ? 'unanswered' : 'cancelled' });
    }
    return message;
  }

  notSent(message: Members, error: unknown): void {
    if (isRequest(message)) this.#end(message.id, outcomeOfError(error));
  }

  received(message: Members, deliver: (message: Members) => void): void {
    const id = answeredId(message);
    if (id !== undefined) this.#end(id, outcomeOfAnswer(message));
    deliver(message);
  }

  closed(): void {
    this.#promised.clear();
    this.#open.endAll({ status: 'unanswered' });
  }

  #end(id: RequestId, outcome: Outcome): void {
    this.#promised.delete(id);
    this.#open.end(id, outcome);
  }
}
