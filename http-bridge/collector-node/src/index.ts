// SPDX-License-Identifier: GPL-3.0-or-later
export { PerformanceCollector, type CollectorOptions, type OpenSpan, type SpanOptions } from './collector.js';
export type { Metric, Sample } from './measurements.js';
export type { Outcome } from './outcome.js';
export type { CollectorStats } from './collector-stats.js';
export type { TraceContext } from './trace-context.js';
export type { Layer, Protocol, Stack, Status } from './vocabulary.js';
export { wrapClient } from './mcp/wrap-client.js';
export { wrapServer } from './mcp/wrap-server.js';
export type { McpEndpoint } from './mcp/endpoint.js';
export { instrumentJsonRpc, type JsonRpcClient } from './jsonrpc/instrument-json-rpc.js';
export { instrumentSocket, type SocketOptions, type StreamSocket } from './jsonrpc/instrument-socket.js';
