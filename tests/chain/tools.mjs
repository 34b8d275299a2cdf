// SPDX-License-Identifier: GPL-3.0-or-later
// The tools of both stacks, named as the daemon names them, with the method that does each one's work in the 4-layer stack.
import { z } from 'zod';

const position = z.object({ x: z.number().int(), y: z.number().int(), z: z.number().int() });
const color = z.object({ r: z.number().int(), g: z.number().int(), b: z.number().int(), a: z.number().int() });

const tools = {
  goxel_add_voxels: {
    description: 'Sets a voxel', inputSchema: { position, color }, method: 'goxel.add_voxel',
    params: (args) => ({ ...args.position, color: [args.color.r, args.color.g, args.color.b, args.color.a] }),
  },
  goxel_get_voxel: { description: 'A voxel\'s colour', inputSchema: { position }, method: 'goxel.get_voxel', params: (args) => args.position },
  goxel_remove_voxels: { description: 'Removes a voxel', inputSchema: { position }, method: 'goxel.remove_voxel', params: (args) => args.position },
  goxel_list_layers: { description: 'All layers', inputSchema: {}, method: 'goxel.list_layers', params: () => ({}) },
};

/** Registers all tools with an McpServer; `call(method, params)` does their work. */
export function registerTools(server, call) {
  for (const [name, { description, inputSchema, method, params }] of Object.entries(tools)) {
    server.registerTool(name, { description, inputSchema }, (args) => call(method, params(args)));
  }
}

const [add, get, remove, list] = Object.keys(tools);
// Of each twenty operations: mostly edits, no file is written.
const mix = [add, add, get, add, list, add, get, add, add, get, add, remove, add, get, add, list, add, add, get, add];

/** The arguments of callTool() of the n-th operation of a chain. */
export function operation(n) {
  const name = mix[n % mix.length];
  const place = { position: { x: n % 32, y: (n >> 5) % 32, z: (n >> 10) % 32 } };
  const given = { [add]: { ...place, color: { r: n % 4, g: 0, b: 255, a: 255 } }, [list]: {} };
  return { name, arguments: given[name] ?? place };
}
