// SPDX-License-Identifier: GPL-3.0-or-later
import { parseArgs } from 'node:util';

const help = `client.mjs --socket PATH [option...]
Operations of an MCP client on a Goxel daemon, with a collector in each process.

  --socket PATH      the daemon's Unix socket
  --stack STACK      4-layer: client, MCP server, TypeScript client, daemon;
                     2-layer: client, daemon (default: 4-layer)
  --transport KIND   of the 4-layer stack, between client and server:
                     stdio or http (default: stdio)
  --dialect DIALECT  of the 2-layer stack: stock, the stock daemon's own, or
                     mcp, as it is specified (default: stock)
  --rate N           operations a second (default: each one when the one
                     before was answered)
  --operations N     end after so many operations
  --seconds N        end after so long; without either, SIGTERM or SIGINT ends it
  --bridge URL       where the collectors report to
                     (default: http://127.0.0.1:9464)
  --instance NAME    of the daemon (default: goxel)
  --queue N          how many spans of a collector wait for the bridge at most
                     (default: the collector's)
  --stopwatch FILE   where the counts and times of the chain's own stopwatches
                     go, as JSON (default: stdout)

Exit codes: 0 all was done, or it was told to end; 1 something below hung up
or is not there; 2 bad flags or values.`;

export class UsageError extends Error {}

const oneOf = (...words) => (name, text) => {
  if (!words.includes(text)) throw new UsageError(`--${name} is ${words.join(' or ')}, not "${text}"`);
  return text;
};
const number = (name, text) => {
  const value = Number(text);
  if (!(value > 0 && value <= 1e9)) throw new UsageError(`--${name} takes a number above 0, not "${text}"`);
  return value;
};
const text = (name, given) => {
  if (given === '') throw new UsageError(`--${name} is empty`);
  return given;
};
const readers = {
  socket: text, stack: oneOf('4-layer', '2-layer'), transport: oneOf('stdio', 'http'), dialect: oneOf('stock', 'mcp'),
  rate: number, queue: number, operations: number, seconds: number, bridge: text, instance: text, stopwatch: text,
};
const defaults = { stack: '4-layer', transport: 'stdio', dialect: 'stock', bridge: 'http://127.0.0.1:9464', instance: 'goxel' };

/** What the command line asks for; undefined if that was the help. Throws UsageError. */
export function readOptions(args) {
  let values;
  try {
    const options = Object.fromEntries(Object.keys(readers).map((name) => [name, { type: 'string' }]));
    ({ values } = parseArgs({ args, options: { ...options, help: { type: 'boolean', short: 'h' } } }));
  } catch (error) {
    throw new UsageError(error.message.split('\n')[0]);
  }
  if (values.help) {
    process.stdout.write(`${help}\n`);
    return undefined;
  }
  for (const [name, given] of Object.entries(values)) values[name] = readers[name](name, given);
  if (values.socket === undefined) throw new UsageError('--socket is missing; --help lists the options');
  const stack = values.stack ?? defaults.stack;
  const other = stack === '4-layer' ? 'dialect' : 'transport';
  if (values[other] !== undefined) throw new UsageError(`--${other} is not of the ${stack} stack`);
  return { ...defaults, ...values };
}
