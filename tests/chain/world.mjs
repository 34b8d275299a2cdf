// SPDX-License-Identifier: GPL-3.0-or-later
// A daemon with the plugin, its bridge, and chains to it, as processes. GOXEL_BUILT says where the programs were built.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { closeSync, existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createConnection } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';

const built = process.env.GOXEL_BUILT;
const patienceMs = 60_000;
let worlds = 0;

/** What `look` gives as soon as `holds` is true of it; after a minute an error that shows what it gave last. */
export async function eventually(look, holds, what) {
  for (const deadline = Date.now() + patienceMs; ;) {
    const seen = await look();
    if (holds(seen)) return seen;
    if (Date.now() > deadline) throw new Error(`this did not come: ${what}\n${JSON.stringify(seen, null, 1)}`);
    await sleep(50);
  }
}

const connects = (path) => new Promise((resolve) => {
  const socket = createConnection(path, () => {
    socket.destroy();
    resolve(true);
  });
  socket.once('error', () => resolve(false));
});

export class World {
  /**
   * Ends with the test `t`. `daemonOptions` are those of the stand-in; with --pool it loads the plugin itself. `bridgeOptions` are of all its
   * bridges.
   */
  static async start(t, daemonOptions = [], bridgeOptions = []) {
    const world = World.prepare(t, daemonOptions, bridgeOptions);
    [world.url] = await Promise.all([world.startBridge('bridge'), world.startDaemon()]);
    return world;
  }

  /** The same, with nothing started. */
  static prepare(t, daemonOptions = [], bridgeOptions = []) {
    const world = new World(daemonOptions, bridgeOptions);
    t.after(() => world.#end());
    return world;
  }

  /** Of the bridge that is asked, and that chains report to unless they are told otherwise. */
  url;
  instance = `chain-${process.pid}-${++worlds}`;
  #folder = mkdtempSync('/tmp/chain-');  // short: a socket's path has at most 107 bytes
  #daemonOptions;
  #bridgeOptions;
  #processes = new Map();  // the last one of each name

  constructor(daemonOptions, bridgeOptions) {
    this.#daemonOptions = daemonOptions;
    this.#bridgeOptions = bridgeOptions;
    this.socket = this.file('goxel.sock');
    writeFileSync(this.file('daemon_config.json'), JSON.stringify({
      plugins: { telemetry: { enabled: true, library: `${built}/plugin/goxel_telemetry.so`, config: { instance: this.instance } } },
    }));
  }

  async startDaemon() {
    const command = ['tests/stand-in-daemon/goxel-stand-in-daemon', '--foreground', '--socket', this.socket,
      '-c', this.file('daemon_config.json'), ...this.#daemonOptions];
    if (!this.#daemonOptions.includes('--pool')) command.splice(0, 1, 'plugin/goxel-plugin-run', `${built}/${command[0]}`);
    this.#run('daemon', command[0], command.slice(1));
    await eventually(() => connects(this.socket), Boolean, 'the daemon\'s socket');
  }

  /** Its address. */
  async startBridge(name, options = ['--port', '0']) {
    this.#run(name, 'http-bridge/goxel-telemetry-bridge', ['--instance', this.instance, ...options, ...this.#bridgeOptions]);
    return eventually(() => /listening on (http:[^ \n]*[^ \n/])/.exec(this.log(name))?.[1], Boolean, 'the bridge');
  }

  /** Runs `goxel-telemetry tail --json` of an instance. The file that it writes, and the one with what it complains of. */
  startTail(instance) {
    this.#run(`tail of ${instance}`, 'cli/goxel-telemetry', ['tail', '--json', '--backlog', '--instance', instance], `${instance}.spans`);
    return { spans: this.file(`${instance}.spans`), complaints: this.file(`tail of ${instance}.log`) };
  }

  /** To "daemon", "chain", or a bridge by its name. */
  signal(name, signal) { this.#processes.get(name).kill(signal); }

  /** Of the chain, over stdio: the only process that its client started. */
  signalServer(signal) {
    const { pid } = this.#processes.get('chain');
    process.kill(Number(readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8')), signal);
  }

  startLoad(...options) {
    return this.#run('load', 'tests/load-client/goxel-load-client', ['--socket', this.socket, ...options]);
  }

  /** Its exit code, when it has ended by SIGTERM. */
  async end(name) {
    const child = this.#processes.get(name);
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    return (await ended)[0];
  }

  pid(name) { return this.#processes.get(name).pid; }

  async kill(name) {
    const child = this.#processes.get(name);
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  }

  stop(name) { return this.#stop(this.#processes.get(name)); }

  /** Runs client.mjs: { code, error, times }; `times` are its stopwatches'. */
  async chain(...options) {
    const times = this.file('times.json');
    rmSync(times, { force: true });
    const client = this.startChain(...options);
    const [code] = await once(client, 'close');
    // Node 18 warns of how the SDK uses its fetch().
    const error = this.log('chain').replace(/^\((node:\d+\) |Use `node ).*\n/gm, '');
    return { code, error, times: existsSync(times) ? JSON.parse(readFileSync(times, 'utf8')) : undefined };
  }

  startChain(...options) {
    return this.#run('chain', process.execPath, [new URL('client.mjs', import.meta.url).pathname, '--socket', this.socket,
      '--bridge', this.url, '--instance', this.instance, '--stopwatch', this.file('times.json'), ...options]);
  }

  async get(path) { return (await fetch(this.url + path)).text(); }
  async layers() { return JSON.parse(await this.get(`/api/v1/layers?instance=${this.instance}`)).instances[0]; }

  /** The samples of a family of /metrics: [{ value, ...labels }]. */
  async samples(family) {
    const lines = (await this.get('/metrics')).split('\n').filter((line) => line.startsWith(`${family}{`));
    return lines.map((line) => {
      const labels = Object.fromEntries([...line.matchAll(/(\w+)="([^"]*)"/g)].map(([, name, value]) => [name, value]));
      return { ...labels, value: Number(line.slice(line.lastIndexOf(' ') + 1)) };
    });
  }

  /** What a process has written. */
  log(name) { return readFileSync(this.file(`${name}.log`), 'utf8'); }

  /** In the folder that goes with this world. */
  file(name) { return `${this.#folder}/${name}`; }

  #run(name, program, args, output) {
    const log = openSync(this.file(`${name}.log`), 'w');
    const out = output === undefined ? log : openSync(this.file(output), 'w');
    const child = spawn(program.startsWith('/') ? program : `${built}/${program}`, args, { stdio: ['ignore', out, log] });
    for (const file of new Set([log, out])) closeSync(file);
    this.#processes.set(name, child);
    return child;
  }

  async #stop(child) {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    child.kill('SIGCONT');
    const overdue = setTimeout(() => child.kill('SIGKILL'), patienceMs);
    await ended;
    clearTimeout(overdue);
  }

  async #end() {
    for (const child of [...this.#processes.values()].reverse()) await this.#stop(child);
    for (const name of ['', '.layers']) rmSync(`/dev/shm/goxel-telemetry.${this.instance}${name}`, { force: true });
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
