// SPDX-License-Identifier: GPL-3.0-or-later
// Compiled by package.test.mjs, never run: what a caller may write, and what the types refuse.
import {
  PerformanceCollector, wrapClient, wrapServer, type CollectorOptions, type CollectorStats, type Layer, type Metric, type Sample,
} from 'goxel-telemetry-collector';

const options: CollectorOptions = { layer: 'ts-client', instance: 'goxel', bridge: false, stack: '4-layer' };
const collector = new PerformanceCollector(options);
export const result: Promise<number> = collector.span('ts-client', 'op', async () => 7);
export const latest: Sample[] = collector.recent('latency' satisfies Metric);
export const stats: CollectorStats = collector.stats;
export const layer: Layer = collector.layer;
// @ts-expect-error: no such layer
collector.recordOperation('daemon', 'op', 1);
// @ts-expect-error: a layer is needed
new PerformanceCollector({});

declare class Client {
  connect(transport: { send(): void }, options?: { timeout: number }): Promise<void>;
  callTool(): Promise<string>;
}
export const called: Promise<string> = wrapClient(new Client(), collector).callTool();
export const served: Client = wrapServer(new Client());
// @ts-expect-error: nothing of MCP
wrapClient({ send: () => {} });
