// SPDX-License-Identifier: GPL-3.0-or-later

/** Registers the tools that the conversation calls, as the majors both do it. `inner` is called within `outer_tool`. */
export function registerTools(server, z, inner = async () => {}) {
  const text = (value) => ({ content: [{ type: 'text', text: String(value) }] });
  const tool = (name, fn) => server.registerTool(name, { inputSchema: z.object({ n: z.number().optional() }) }, fn);
  tool('add_voxel', async ({ n }) => text(n));
  tool('broken', async () => { throw new Error('no voxels left'); });
  tool('outer_tool', async () => text(JSON.stringify(await inner() ?? null)));
  tool('never', async (_, context) => {
    const signal = context.signal ?? context.mcpReq.signal;
    await new Promise((resolve) => signal.addEventListener('abort', resolve));
    return text('too late');
  });
  // What the handler finds in _meta.
  tool('meta', async (_, context) => text(JSON.stringify(context._meta ?? context.mcpReq._meta ?? null)));
  tool('progressing', async (_, context) => {
    const meta = context._meta ?? context.mcpReq._meta;
    const notify = context.sendNotification ?? context.mcpReq.notify;
    for (const progress of [1, 2]) {
      await notify({ method: 'notifications/progress', params: { progressToken: meta.progressToken, progress } });
    }
    await new Promise((resolve) => setTimeout(resolve, 20));
    return text('done');
  });
}
