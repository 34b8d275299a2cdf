// SPDX-License-Identifier: GPL-3.0-or-later
// A daemon with the plugin, its bridge, and chains to it, as processes. GOXEL_BUILT says where the programs were built.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
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

export class World {
  /** Ends with the test `t`. `daemonOptions` are those of the stand-in; with --pool it loads the plugin itself. */
  static async start(t, daemonOptions = []) {
    const world = new World();
    t.after(() => world.#end());
    const command = ['tests/stand-in-daemon/goxel-stand-in-daemon', '--foreground', '--socket', world.socket,
      '-c', world.#file('daemon_config.json'), ...daemonOptions];
    if (!daemonOptions.includes('--pool')) command.splice(0, 1, 'plugin/goxel-plugin-run', `${built}/${command[0]}`);
    const daemon = world.#run('daemon', command[0], command.slice(1));
    world.stopDaemon = () => world.#stop(daemon);
    world.#run('bridge', 'http-bridge/goxel-telemetry-bridge', ['--instance', world.instance, '--port', '0']);
    await eventually(() => existsSync(world.socket), Boolean, 'the daemon\'s socket');
    world.url = await eventually(() => /listening on (http:[^ \n]*[^ \n/])/.exec(world.#log('bridge'))?.[1], Boolean, 'the bridge');
    return world;
  }

  instance = `chain-${process.pid}-${++worlds}`;
  #folder = mkdtempSync('/tmp/chain-');  // short: a socket's path has at most 107 bytes
  #processes = [];

  constructor() {
    this.socket = this.#file('goxel.sock');
    writeFileSync(this.#file('daemon_config.json'), JSON.stringify({
      plugins: { telemetry: { enabled: true, library: `${built}/plugin/goxel_telemetry.so`, config: { instance: this.instance } } },
    }));
  }

  /** Runs client.mjs: { code, error, times }; `times` are its stopwatches'. */
  async chain(...options) {
    const client = this.startChain(...options);
    const [code] = await once(client, 'close');
    const times = this.#file('times.json');
    // Node 18 warns of how the SDK uses its fetch().
    const error = this.#log('chain').replace(/^\((node:\d+\) |Use `node ).*\n/gm, '');
    return { code, error, times: existsSync(times) ? JSON.parse(readFileSync(times, 'utf8')) : undefined };
  }

  startChain(...options) {
    return this.#run('chain', process.execPath, [new URL('client.mjs', import.meta.url).pathname, '--socket', this.socket,
      '--bridge', this.url, '--instance', this.instance, '--stopwatch', this.#file('times.json'), ...options]);
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

  #file(name) { return `${this.#folder}/${name}`; }
  #log(name) { return readFileSync(this.#file(`${name}.log`), 'utf8'); }

  #run(name, program, args) {
    const log = openSync(this.#file(`${name}.log`), 'w');
    const child = spawn(program.startsWith('/') ? program : `${built}/${program}`, args, { stdio: ['ignore', log, log] });
    this.#processes.push(child);
    return child;
  }

  async #stop(child) {
    if (child.exitCode !== null || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGTERM');
    const overdue = setTimeout(() => child.kill('SIGKILL'), patienceMs);
    await ended;
    clearTimeout(overdue);
  }

  async #end() {
    for (const child of this.#processes.reverse()) await this.#stop(child);
    for (const name of ['', '.layers']) rmSync(`/dev/shm/goxel-telemetry.${this.instance}${name}`, { force: true });
    rmSync(this.#folder, { recursive: true, force: true });
  }
}
