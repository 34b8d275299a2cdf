// SPDX-License-Identifier: GPL-3.0-or-later
// `@modelcontextprotocol/client` and `@modelcontextprotocol/server`, 2.x, in the protocol of 2025 and in that of 2026-07-28.
import assert from 'node:assert/strict';
import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import { Client, InMemoryTransport, StreamableHTTPClientTransport } from '@modelcontextprotocol/client';
import { StdioClientTransport } from '@modelcontextprotocol/client/stdio';
import { NodeStreamableHTTPServerTransport, toNodeHandler } from '@modelcontextprotocol/node';
import { createMcpHandler, McpServer } from '@modelcontextprotocol/server';
import { PerformanceCollector, wrapServer } from 'goxel-telemetry-collector';
import { z } from 'zod';
import { registerTools } from './mcp-tools.mjs';
import { mcpTests, setPassThrough } from './mcp.mjs';
import { stdioServer } from './support.mjs';

setPassThrough(z.looseObject({}));

function newClient(wrap, mode = 'legacy') {
  const client = wrap(new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode } }));
  const call = (name, args, meta, options) => client.callTool({ name, arguments: args, ...(meta && { _meta: meta }) }, options);
  return { client, call };
}

/** A server that reports to `url`, and so does what its tools call. */
function newServer(url, collector = new PerformanceCollector({ layer: 'mcp-server', bridge: url, flushIntervalMs: 5 })) {
  const server = new McpServer({ name: 'test', version: '1' });
  registerTools(server, z, () => collector.span('ts-client', 'inner', async () => {}));
  return wrapServer(server, collector);
}

mcpTests('2.x in memory', async (t, url, wrap) => {
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  const pair = newClient(wrap);
  await newServer(url).connect(theirs);
  await pair.client.connect(ours);
  return pair;
});

for (const [mode, era] of [['legacy', 'legacy'], ['auto', 'modern']]) {
  mcpTests(`2.x stdio, ${era}`, async (t, url, wrap) => {
    const pair = newClient(wrap, mode);
    await pair.client.connect(new StdioClientTransport(stdioServer(`
      import { serveStdio } from '@modelcontextprotocol/server/stdio';
      import { McpServer } from '@modelcontextprotocol/server';
      import { PerformanceCollector, wrapServer } from 'goxel-telemetry-collector';
      import { z } from 'zod';
      import { registerTools } from './mcp-tools.mjs';
      const collector = new PerformanceCollector({ layer: 'mcp-server', bridge: '${url}', flushIntervalMs: 5 });
      serveStdio(() => {
        const server = new McpServer({ name: 'test', version: '1' });
        registerTools(server, z, () => collector.span('ts-client', 'inner', async () => {}));
        return wrapServer(server, collector);
      });`)));
    assert.equal(pair.client.getProtocolEra(), era);
    return pair;
  });
}

async function listen(t, handler) {
  const http = createServer(handler);
  await new Promise((resolve) => http.listen(0, '127.0.0.1', resolve));
  t.after(() => {
    http.closeAllConnections();
    http.close();
  });
  return new URL(`http://127.0.0.1:${http.address().port}/mcp`);
}

mcpTests('2.x streamable HTTP, legacy', async (t, url, wrap) => {
  const pair = newClient(wrap);
  const sessions = new Map();
  const address = await listen(t, async (request, response) => {
    let transport = sessions.get(request.headers['mcp-session-id']);
    if (transport === undefined) {
      transport = new NodeStreamableHTTPServerTransport({
        sessionIdGenerator: randomUUID,
        onsessioninitialized: (id) => { sessions.set(id, transport); },
      });
      await newServer(url).connect(transport);
    }
    await transport.handleRequest(request, response);
  });
  await pair.client.connect(new StreamableHTTPClientTransport(address));
  return pair;
});

mcpTests('2.x streamable HTTP, modern', async (t, url, wrap) => {
  const pair = newClient(wrap, 'auto');
  const collector = new PerformanceCollector({ layer: 'mcp-server', bridge: url, flushIntervalMs: 5 });
  t.after(() => collector.close(0));
  const handler = createMcpHandler(() => newServer(url, collector));
  await pair.client.connect(new StreamableHTTPClientTransport(await listen(t, toNodeHandler(handler))));
  assert.equal(pair.client.getProtocolEra(), 'modern');
  return pair;
});
