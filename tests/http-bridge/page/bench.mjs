// SPDX-License-Identifier: GPL-3.0-or-later
// What the page costs, beside a daemon at 300 requests a second with two stacks of layers and a bridge that keeps its history.
import { readFileSync, readdirSync } from 'node:fs';
import { Browser, says } from './browser.mjs';
import { DaemonSocket } from './daemon-socket.mjs';
import { World } from './world.mjs';

const loads = 15;
const requests = 100;
const seconds = 30;

const ends = [];
const t = { after: (end) => ends.unshift(end) };
const sleep = (ms) => new Promise((resolve) => { setTimeout(resolve, ms); });
const quantile = (values, part) => [...values].sort((a, b) => a - b)[Math.min(values.length - 1, Math.floor(values.length * part))];
const say = (name, values, unit) => console.log(`${name}: ${quantile(values, 0.5).toFixed(1)} ${unit} [${Math.min(...values).toFixed(1)} .. ${Math.max(...values).toFixed(1)}]`);

// Seconds of processor time of a process and all that it started.
function processorSeconds(pid) {
  const stat = readFileSync(`/proc/${pid}/stat`, 'utf8').split(') ')[1].split(' ');
  const children = readdirSync(`/proc/${pid}/task`).flatMap((task) => readFileSync(`/proc/${pid}/task/${task}/children`, 'utf8').split(' ').filter(Boolean));
  return (Number(stat[11]) + Number(stat[12])) / 100 + children.reduce((sum, child) => sum + processorSeconds(child), 0);
}

async function firstChart(world) {
  const times = [];
  for (let i = 0; i < loads; ++i) {
    const browser = await Browser.start({ after: (end) => ends.unshift(end) });
    const page = await browser.page();
    await page.goto('about:blank');
    await page.goto(world.url);
    await page.waitForFunction(() => performance.getEntriesByName('first-chart').length === 1);
    times.push(await page.evaluate(() => performance.getEntriesByName('first-chart')[0].startTime));
    await ends.shift()();
  }
  say('page.first_chart (from the navigation, nothing cached)', times, 'ms');
}

async function update(world, page) {
  const socket = await DaemonSocket.connect(world.socket);
  const waiting = [];
  await page.exposeFunction('seen', () => waiting.shift()?.());
  await page.evaluate(() => new MutationObserver(() => window.seen())
    .observe(document.querySelector('#throughput-figures > div:last-child .value'), { characterData: true, childList: true, subtree: true }));
  const times = [];
  for (let id = 1; id <= requests; ++id) {
    const answered = new Promise((resolve) => { socket.onLine = () => resolve(performance.now()); });
    const shown = new Promise((resolve) => { waiting.push(() => resolve(performance.now())); });
    socket.send({ jsonrpc: '2.0', id, method: 'ping' });
    const [ended, seen] = await Promise.all([answered, shown]);
    times.push(seen - ended);
    await sleep(150 + Math.random() * 100);
  }
  socket.close();
  say('page.update (end of a request to its figure)', times, 'ms');
  console.log(`page.update, p99: ${quantile(times, 0.99).toFixed(1)} ms`);
}

async function cost(page, browser, name) {
  const session = await page.context().newCDPSession(page);
  await session.send('Performance.enable', { timeDomain: 'threadTicks' });
  const look = async () => ({
    ...Object.fromEntries((await session.send('Performance.getMetrics')).metrics.map((metric) => [metric.name, metric.value])), all: processorSeconds(browser.pid()),
  });
  await sleep(5000);
  const before = await look();
  await sleep(seconds * 1000);
  const after = await look();
  const percent = (field) => `${(((after[field] - before[field]) / seconds) * 100).toFixed(2)} %`;
  console.log(`${name}: ${percent('TaskDuration')} of a core's time in the page's thread (script ${percent('ScriptDuration')}, style and layout ${
    ((after.LayoutDuration + after.RecalcStyleDuration - before.LayoutDuration - before.RecalcStyleDuration) / seconds * 100).toFixed(2)} %); all of Chromium's processes ${percent('all')}`);
}

try {
  const world = World.prepare(t);
  await world.startDaemon();
  world.url = await world.startBridge('bridge', ['--port', '0', '--history', world.file('history.db')]);
  const browser = await Browser.start(t);
  const page = await browser.page();
  await page.goto(world.url);
  await says(page, '^Live$');
  await update(world, page);
  world.startLoad('--connections', '4', '--mix', 'mixed', '--rate', '300', '--seconds', '1000', '--layers', world.instance);
  await sleep(15_000);
  await cost(page, browser, 'page.processor');
  await page.evaluate(() => { location.hash = '#wall'; });
  await cost(page, browser, 'page.processor_wall');
  await page.close();
  await firstChart(world);
} finally {
  for (const end of ends) await end();
}
