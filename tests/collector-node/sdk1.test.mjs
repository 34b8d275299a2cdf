// SPDX-License-Identifier: GPL-3.0-or-later
// `@modelcontextprotocol/sdk`, 1.x.
import { randomUUID, webcrypto } from 'node:crypto';
import { createServer } from 'node:http';
import { Client } from '@modelcontextprotocol/sdk/client/index.js';
import { StdioClientTransport } from '@modelcontextprotocol/sdk/client/stdio.js';
import { StreamableHTTPClientTransport } from '@modelcontextprotocol/sdk/client/streamableHttp.js';
import { InMemoryTransport } from '@modelcontextprotocol/sdk/inMemory.js';
import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
import { StreamableHTTPServerTransport } from '@modelcontextprotocol/sdk/server/streamableHttp.js';
import { PerformanceCollector, wrapServer } from 'goxel-telemetry-collector';
import { z } from 'zod';
import { registerTools } from './mcp-tools.mjs';
import { mcpTests, setPassThrough } from './mcp.mjs';
import { stdioServer } from './support.mjs';

// The SDK's HTTP server takes it from there, and Node 18 does not have it there.
globalThis.crypto ??= webcrypto;
setPassThrough(z.looseObject({}));

function newClient(wrap) {
  const client = wrap(new Client({ name: 'test', version: '1' }));
  const call = (name, args, meta, options) => client.callTool({ name, arguments: args, ...(meta && { _meta: meta }) }, undefined, options);
  return { client, call };
}

/** A server that reports to `url`, and so does what its tools call. */
function newServer(url, collector = new PerformanceCollector({ layer: 'mcp-server', bridge: url, flushIntervalMs: 5 })) {
  const server = new McpServer({ name: 'test', version: '1' });
  registerTools(server, z, () => collector.span('ts-client', 'inner', async () => {}));
  return wrapServer(server, collector);
}

mcpTests('1.x in memory', async (t, url, wrap) => {
  const [ours, theirs] = InMemoryTransport.createLinkedPair();
  const pair = newClient(wrap);
  await newServer(url).connect(theirs);
  await pair.client.connect(ours);
  return pair;
});

mcpTests('1.x stdio', async (t, url, wrap) => {
  const pair = newClient(wrap);
  await pair.client.connect(new StdioClientTransport(stdioServer(`
    import { StdioServerTransport } from '@modelcontextprotocol/sdk/server/stdio.js';
    import { McpServer } from '@modelcontextprotocol/sdk/server/mcp.js';
    import { PerformanceCollector, wrapServer } from 'goxel-telemetry-collector';
    import { z } from 'zod';
    import { registerTools } from './mcp-tools.mjs';
    const collector = new PerformanceCollector({ layer: 'mcp-server', bridge: '${url}', flushIntervalMs: 5 });
    const server = new McpServer({ name: 'test', version: '1' });
    registerTools(server, z, () => collector.span('ts-client', 'inner', async () => {}));
    await wrapServer(server, collector).connect(new StdioServerTransport());`)));
  return pair;
});

for (const mode of ['stream', 'json', 'stateless']) {
  mcpTests(`1.x streamable HTTP, ${mode}`, async (t, url, wrap) => {
    const pair = newClient(wrap);
    const collector = new PerformanceCollector({ layer: 'mcp-server', bridge: url, flushIntervalMs: 5 });
    const sessions = new Map();
    const http = createServer(async (request, response) => {
      let transport = sessions.get(request.headers['mcp-session-id']);
      if (transport === undefined) {
        transport = new StreamableHTTPServerTransport({
          sessionIdGenerator: mode === 'stateless' ? undefined : randomUUID,
          enableJsonResponse: mode === 'json',
          onsessioninitialized: (id) => sessions.set(id, transport),
        });
        if (mode === 'stateless') response.on('close', () => transport.close());
        await newServer(url, collector).connect(transport);
      }
      await transport.handleRequest(request, response);
    });
    await new Promise((resolve) => http.listen(0, '127.0.0.1', resolve));
    t.after(async () => {
      http.closeAllConnections();
      http.close();
      await collector.close(0);
    });
    await pair.client.connect(new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${http.address().port}/mcp`)));
    return pair;
    // A stateless server knows nothing of the request that a cancellation means.
  }, { cancellation: mode !== 'stateless' });
}
