// SPDX-License-Identifier: GPL-3.0-or-later
// Plays a collector: takes OTLP/HTTP in JSON, by the message types that OpenTelemetry's own exporters are built on, and misbehaves on demand.
import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { createRequire } from 'node:module';
import { setTimeout as sleep } from 'node:timers/promises';
import { gunzipSync } from 'node:zlib';

const root = createRequire(import.meta.url)('@opentelemetry/otlp-transformer/build/src/generated/root');
const { ExportTraceServiceRequest, ExportTraceServiceResponse } = root.opentelemetry.proto.collector.trace.v1;

const idDigits = { traceId: 32, spanId: 16, parentSpanId: 16 };

/** OTLP's JSON has identifiers in hexadecimal digits, where protobuf's has base64. */
function withBytes(value) {
  if (Array.isArray(value)) return value.map(withBytes);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => {
    if (!(key in idDigits)) return [key, withBytes(member)];
    assert.match(member, new RegExp(`^[0-9a-f]{${idDigits[key]}}$`), key);
    assert.doesNotMatch(member, /^0*$/, key);
    return [key, Buffer.from(member, 'hex')];
  }));
}

function withDigits(value) {
  if (Buffer.isBuffer(value) || value instanceof Uint8Array) return Buffer.from(value).toString('hex');
  if (Array.isArray(value)) return value.map(withDigits);
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, member]) => [key, withDigits(member)]));
}

/** What went through protobuf's bytes and comes back the same has no member that OTLP does not know, and none of another type. */
function decode(json) {
  const message = ExportTraceServiceRequest.decode(ExportTraceServiceRequest.encode(ExportTraceServiceRequest.fromObject(withBytes(json))).finish());
  assert.deepEqual(withDigits(ExportTraceServiceRequest.toObject(message, { longs: String, bytes: Buffer })), json);
}

const attributesOf = (list) => Object.fromEntries(list.map(({ key, value }) => {
  assert.equal(Object.keys(value).length, 1, key);
  return [key, Object.values(value)[0]];
}));

/** The spans of a request, each with its resource's attributes and its own as objects. */
function flatten({ resourceSpans }) {
  return resourceSpans.flatMap(({ resource, scopeSpans }) => scopeSpans.flatMap(({ scope, spans }) => {
    assert.equal(scope.name, 'goxel-telemetry-bridge');
    return spans.map((span) => ({ ...span, attributes: attributesOf(span.attributes), resource: attributesOf(resource.attributes) }));
  }));
}

export class Receiver {
  /** Every request, in order: { path, headers, spans, bytes }. */
  requests = [];
  /** The spans of the requests that were answered with success. */
  spans = [];
  /** What was wrong with requests. */
  faults = [];
  /** Answers the requests of the tests that want another answer: (request, response, number) => true if it did. */
  misbehave = () => false;
  #server;

  /** `tls`: { key, cert }. */
  async start(port = 0, tls = undefined) {
    const take = (request, response) => this.#take(request, response);
    this.#server = tls === undefined ? createServer(take) : createSecureServer(tls, take);
    this.scheme = tls === undefined ? 'http' : 'https';
    await new Promise((resolve, reject) => this.#server.once('error', reject).listen(port, '127.0.0.1', resolve));
    this.port = this.#server.address().port;
    return this;
  }

  get url() { return `${this.scheme}://localhost:${this.port}`; }

  async stop() {
    this.#server.closeAllConnections();
    await new Promise((resolve) => this.#server.close(resolve));
  }

  async until(condition, what = String(condition)) {
    for (const deadline = Date.now() + 60_000; !condition(); await sleep(50)) {
      if (Date.now() > deadline) throw new Error(`this did not come: ${what}; ${this.requests.length} requests, ${this.spans.length} spans`);
    }
  }

  #take(request, response) {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('error', () => {});
    request.on('end', () => {
      const seen = { path: request.url, headers: request.headers, spans: [], bytes: 0 };
      try {
        assert.deepEqual([request.method, request.url], ['POST', '/v1/traces']);
        assert.deepEqual([request.headers['content-type'], request.headers['content-encoding']], ['application/json', 'gzip']);
        const body = gunzipSync(Buffer.concat(chunks));
        seen.bytes = body.length;
        const json = JSON.parse(body.toString());
        decode(json);
        seen.spans = flatten(json);
      } catch (error) {
        this.faults.push(error);
      }
      this.requests.push(seen);
      if (this.misbehave(seen, response, this.requests.length)) return;
      this.spans.push(...seen.spans);
      answer(response);
    });
  }
}

/** Answers that all was taken, or all but what `partialSuccess` says. */
export function answer(response, partialSuccess = {}) {
  response.writeHead(200, { 'Content-Type': 'application/json' });
  response.end(JSON.stringify(ExportTraceServiceResponse.fromObject({ partialSuccess }).toJSON()));
  return true;
}

/** The spans of each trace, by its id; what came several times is there once. */
export function traces(spans) {
  const byTrace = new Map();
  for (const span of spans) {
    if (!byTrace.has(span.traceId)) byTrace.set(span.traceId, new Map());
    byTrace.get(span.traceId).set(span.spanId, span);
  }
  return [...byTrace.values()].map((byId) => [...byId.values()]);
}
