// SPDX-License-Identifier: GPL-3.0-or-later

/** Where the bridge listens, in the words of node:http. */
export type BridgeAddress =
  | { readonly socketPath: string; readonly hostHeader: string }
  | { readonly host: string; readonly port: number; readonly hostHeader: string };

const defaultBridge = 'http://127.0.0.1:9464';
// Of a socket's path, on Linux. A longer one would be cut by some versions of Node, and be another.
const pathBytesMax = 107;
const none = new Set(['', 'off', 'none', 'false', '0']);

/**
 * The address that `bridge` names: "http://HOST:PORT", "unix:PATH" (from the working folder of now, if it is relative) or "/PATH"; false,
 * or "off": none. Without `bridge` the environment's GOXEL_TELEMETRY_BRIDGE counts, then the bridge's default address.
 */
export function bridgeAddress(bridge: string | false | undefined): BridgeAddress | undefined {
  const text = bridge === undefined ? process.env['GOXEL_TELEMETRY_BRIDGE'] ?? defaultBridge : bridge;
  if (text === false || none.has(text)) return undefined;
  if (text.startsWith('unix:') || text.startsWith('/')) {
    const socketPath = fromHere(text.replace(/^unix:/, ''));
    return socketPath === undefined ? noAddress(text) : { socketPath, hostHeader: 'localhost' };
  }
  let url: URL | undefined;
  try {
    url = new URL(text.includes('://') ? text : `http://${text}`);
  } catch {
    // said below
  }
  if (url?.protocol !== 'http:') return noAddress(text);
  const port = url.port === '' ? 80 : Number(url.port);
  return { host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port, hostHeader: url.host };
}

/** Undefined: no socket can have that path. */
function fromHere(path: string): string | undefined {
  if (path === '') return undefined;
  try {
    const absolute = path.startsWith('/') ? path : `${process.cwd()}/${path}`;
    return Buffer.byteLength(absolute) <= pathBytesMax ? absolute : undefined;
  } catch {
    return undefined; // the working folder was removed
  }
}

/** Said on stderr, once; the host runs on without telemetry. */
function noAddress(text: string): undefined {
  process.emitWarning(`"${text}" is no address of a telemetry bridge (http://HOST:PORT or unix:/PATH): nothing is reported`,
    { code: 'GOXEL_TELEMETRY_BRIDGE' });
  return undefined;
}
