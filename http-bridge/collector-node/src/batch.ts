// SPDX-License-Identifier: GPL-3.0-or-later
// The body of POST /api/v1/spans. Written by hand: JSON.stringify knows no bigint, and costs three times as much.
import { operationJson } from './operation-name.js';
import type { SpanRecord } from './span-record.js';
import type { SpanQueue } from './span-queue.js';
import type { Layer } from './vocabulary.js';

/** Who reports. */
export interface Source {
  readonly instance: string;
  readonly id: string;
  readonly pid: number;
  readonly layer: Layer;
}

/** What was numbered. It is sent again as it is until it is answered, so that it counts once. */
export interface Batch {
  readonly number: number;
  readonly spans: number;
  readonly body: Buffer;
}

/**
 * A batch ends with the span that exceeds it. Far below the bridge's 1 MiB and, at 100 characters a span at least, its 5,000 spans: a batch
 * fits into a socket's buffers, so that a stalled bridge holds nobody up.
 */
const charactersMax = 200_000;

export interface Totals {
  readonly completed: number;
  readonly dropped: number;
}

export function takeBatch(queue: SpanQueue, source: Source, number: number, totals: Totals): Batch {
  const parts: string[] = [];
  let characters = 0;
  queue.takeWhile((span) => {
    if (characters >= charactersMax) return false;
    const json = spanJson(span, source);
    characters += json.length;
    parts.push(json);
    return true;
  });
  const { instance, ...process } = source;
  const body = `{"instance":${JSON.stringify(instance)},"source":${JSON.stringify(process)},"batch":${number},`
    + `"completed":${totals.completed},"dropped":${totals.dropped},"spans":[${parts.join(',')}]}`;
  return { number, spans: parts.length, body: Buffer.from(body) };
}

function spanJson(span: SpanRecord, source: Source): string {
  let json = `{"operation":${operationJson(span.operation)},"start_ns":${span.startNs},"duration_ns":${span.durationNs},"status":"${span.status}"`;
  if (span.layer !== source.layer) json += `,"layer":"${span.layer}"`;
  if (span.traceId !== undefined) json += `,"trace_id":"${span.traceId}"`;
  if (span.stack !== undefined) json += `,"stack":"${span.stack}"`;
  if (span.protocol !== undefined) json += `,"protocol":"${span.protocol}"`;
  if (span.errorCode !== undefined) json += `,"error_code":${span.errorCode}`;
  return `${json}}`;
}
