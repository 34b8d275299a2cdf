// SPDX-License-Identifier: GPL-3.0-or-later

/** Where the bridge listens, in the words of node:http. */
export type BridgeAddress =
  | { readonly socketPath: string; readonly hostHeader: string }
  | { readonly host: string; readonly port: number; readonly hostHeader: string };

const defaultBridge = 'http://127.0.0.1:9464';
const none = new Set(['', 'off', 'none', 'false', '0']);

/**
 * The address that `bridge` names: "http://HOST:PORT", "unix:/PATH" or "/PATH"; false, or "off": none. Without `bridge` the environment's
 * GOXEL_TELEMETRY_BRIDGE counts, then the bridge's default address.
 */
export function bridgeAddress(bridge: string | false | undefined): BridgeAddress | undefined {
  const text = bridge === undefined ? process.env['GOXEL_TELEMETRY_BRIDGE'] ?? defaultBridge : bridge;
  if (text === false || none.has(text)) return undefined;
  if (text.startsWith('unix:') || text.startsWith('/')) {
    return { socketPath: text.replace(/^unix:(\/\/(?=\/))?/, ''), hostHeader: 'localhost' };
  }
  let url: URL | undefined;
  try {
    url = new URL(text.includes('://') ? text : `http://${text}`);
  } catch {
    // said below
  }
  if (url?.protocol !== 'http:') {
    // On stderr, once; the host runs on without telemetry.
    process.emitWarning(`"${text}" is no address of a telemetry bridge (http://HOST:PORT or unix:/PATH): nothing is reported`,
      { code: 'GOXEL_TELEMETRY_BRIDGE' });
    return undefined;
  }
  const port = url.port === '' ? 80 : Number(url.port);
  return { host: url.hostname.replace(/^\[(.*)\]$/, '$1'), port, hostHeader: url.host };
}
