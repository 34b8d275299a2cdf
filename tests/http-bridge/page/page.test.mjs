// SPDX-License-Identifier: GPL-3.0-or-later
// What the page shows of a daemon, and to whom.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Browser, figures, number, says, text } from './browser.mjs';
import { contrasts } from './contrast.mjs';
import { DaemonSocket } from './daemon-socket.mjs';
import { World, eventually } from './world.mjs';

const hostile = ['<img src=x onerror=document.title=1>', '"><script>alert(1)</script>', 'add\u202evoxel\u200b', 'x'.repeat(200), '&lt;b&gt;'];

// Figures have three digits.
const isNear = (seen, expected) => Math.abs(seen - expected) <= Math.abs(expected) * 0.006;
const near = (seen, expected, what) => assert.ok(isNear(seen, expected), `${what}: ${seen} on the page, ${expected} of the API`);

async function callHostile(path) {
  const socket = await DaemonSocket.connect(path);
  let id = 0;
  for (const method of hostile) {
    const answered = new Promise((resolve) => { socket.onLine = resolve; });
    socket.send({ jsonrpc: '2.0', id: ++id, method });
    await answered;
  }
  socket.close();
}

test('the page of a watched daemon', async (t) => {
  const world = World.prepare(t);
  await world.startDaemon();
  world.url = await world.startBridge('bridge', ['--port', '0', '--history', world.file('history.db')]);
  const load = world.startLoad('--connections', '4', '--mix', 'mixed', '--rate', '300', '--seconds', '6', '--layers', world.instance);
  const browser = await Browser.start(t);
  const page = await browser.page();
  const answer = await page.goto(world.url);
  assert.match(answer.headers()['content-security-policy'], /^default-src 'none'; script-src 'self'; style-src 'self';/);
  await says(page, '^Live$');

  await t.test('has a chart with its first second', async () => {
    await page.waitForFunction(() => performance.getEntriesByName('first-chart').length === 1);
    assert.match(await page.locator('#latency canvas').getAttribute('aria-label'), /^Latency, .*p50 .*at most/);
  });

  await new Promise((resolve) => { load.exitCode === null ? load.once('exit', resolve) : resolve(); });
  await callHostile(world.socket);
  const instanceOf = async (name) => JSON.parse(await world.get(`/api/v1/${name}?instance=${world.instance}`)).instances[0];

  await t.test('shows the figures of the API', async () => {
    const looked = async () => {
      const [latency, throughput, watching] = [await figures(page, 'latency'), await figures(page, 'throughput'), await figures(page, 'watching')];
      const { daemon, own_cost: cost, ring } = await instanceOf('overview');
      const minute = daemon.windows['1m'];
      return [
        ['p50', number(latency.p50), minute.latency.p50_ns],
        ['p95', number(latency.p95), minute.latency.p95_ns],
        ['p99', number(latency.p99), minute.latency.p99_ns],
        ['mean', number(latency['1 / 5 / 15 min'].split(' / ')[0]), minute.latency.mean_ns],
        ['requests', number(throughput.Requests), daemon.run_total.all],
        ['not ok', number(throughput['Not ok, 1 min']), minute.outcomes.error],
        ['lost', number(watching.Lost), ring.lost + ring.lane_misses],
        ['plugin cost', number(watching['Plugin cost'].split(', ')[0]), cost.waited_ns_per_request],
        ['memory of telemetry', number(watching['Telemetry\'s memory']), cost.resident_bytes],
      ];
    };
    // Figures are written once a second.
    const all = await eventually(looked, (each) => each.every(([, seen, expected]) => isNear(seen, expected)), 'the figures of the API');
    assert.ok(all.find(([what]) => what === 'requests')[2] > 1000);
    const { targets } = await instanceOf('layers');
    near(number(await text(page, '#latency-current p:last-child b')), targets.latency_ns, 'target');
    assert.equal(number((await text(page, '#throughput-current p:last-child b')).replace('/s', '')), targets.operations_per_second);
  });

  await t.test('shows where the time of each stack goes', async () => {
    const cells = (rows) => rows.map((row) => [row.cells[0], row.cells[2], row.cells[3]].map((cell) => cell.textContent));
    for (const stack of ['4-layer', '2-layer']) {
      await page.evaluate((wanted) => { location.hash = `#stack=${wanted}`; }, stack);
      // Spans are joined a while after they came, and both are made once a second: so they are compared until both are of the same second.
      const looked = async () => ({
        seen: await page.locator('#layers-content tr:not(.heading)').evaluateAll(cells),
        p99: number((await figures(page, 'latency')).p99),
        expected: (await instanceOf('layers')).stacks.find((each) => each.stack === stack).windows['1m'],
      });
      await eventually(looked, ({ seen, p99, expected: { breakdown: { hops }, outermost } }) => seen.length === hops.length && isNear(p99, outermost.latency.p99_ns)
        && hops.every((hop, i) => seen[i][0] === hop.name && isNear(number(seen[i][1]), hop.mean_ns) && isNear(number(seen[i][2]), hop.share_ratio)), `the hops of ${stack}`);
    }
    await page.evaluate(() => { location.hash = '#'; });
  });

  await t.test('lists operations by their share of the time', async () => {
    await page.locator('#operations button').press('Enter');  // under a pointer, rows would hold still
    const { operations } = await instanceOf('operations');
    const busy = ({ windows: { '1m': { latency } } }) => latency.count * (latency.mean_ns ?? 0);
    const expected = operations.filter((each) => each.layer === 'daemon' && each.windows['1m'].outcomes.all > 0).sort((a, b) => busy(b) - busy(a));
    const all = expected.reduce((sum, each) => sum + busy(each), 0);
    const rows = await eventually(() => page.locator('#operations tbody tr').evaluateAll((each) => each.map((row) => [...row.cells].map((cell) => cell.textContent))),
      (seen) => seen.length === expected.length && seen[0][0] === expected[0].operation, 'all operations');
    near(number(rows[0][2]), busy(expected[0]) / all, 'share');
    near(number(rows[0][6]), expected[0].windows['1m'].latency.p99_ns, 'p99');
  });

  await t.test('shows hostile names as text', async () => {
    // The daemon keeps the beginning of a long one. They come with the second after that in which they were called.
    const isOf = (shown) => (each) => each === shown || (each.endsWith('…') && shown.startsWith(each.slice(0, -1)));
    const wanted = hostile.map((name) => name.replace('\u202e', '<U+202E>').replace('\u200b', '<U+200B>'));
    await eventually(() => page.locator('#operations bdi').allTextContents(), (names) => wanted.every((shown) => names.some(isOf(shown))), `${wanted}`);
    assert.equal(await page.locator('main img, main script').count(), 0);
    assert.match(await page.title(), /Goxel telemetry$/);
  });

  await t.test('compares the stacks in the words of the comparison', async () => {
    await page.keyboard.press('4');
    const verdict = await eventually(() => text(page, '.verdict'), (seen) => !/^Comparing/.test(seen), 'a verdict');
    assert.match(verdict, /^2-layer is (faster|slower|not proven to be faster or slower|not compared yet, for want of data): /);
    const document = JSON.parse(await world.get(`/api/v1/compare?a=stack:4-layer&b=stack:2-layer&instance=${world.instance}`));
    const { verdict: word, same_mix: { mean_ns: mean } } = document.layers.find((layer) => layer.raw.layer === 'mcp-client');
    if (word === 'faster') assert.match(verdict, /^2-layer is faster/);
    near(number(/: ([^:]*) → /.exec(verdict)[1]), mean.a, 'mean of a');
    assert.deepEqual(await page.locator('#layers-content .heading span').allTextContents(), ['4-layer', '2-layer']);
  });

  await t.test('is still drawn when its scale changes while its size does', async () => {
    const { width, height } = page.viewportSize();
    await page.setViewportSize({ width: width - 200, height });
    await page.evaluate(() => new Promise((resolve) => { requestAnimationFrame(() => requestAnimationFrame(resolve)); }));
    await page.keyboard.press('g');
    await page.evaluate(() => new Promise((resolve) => { setTimeout(resolve, 300); }));
    await page.keyboard.press('g');
    await page.setViewportSize({ width, height });
    assert.deepEqual(page.complaints, []);
  });

  await t.test('is driven by keys, has its view in the address, and goes back', async () => {
    await page.keyboard.press('2');
    assert.match(page.url(), /stack=4-layer/);
    assert.ok(await page.locator('input[value="4-layer"]').isChecked());
    await page.keyboard.press('g');
    assert.match(page.url(), /scale=linear/);
    await page.goBack();
    assert.doesNotMatch(page.url(), /scale=linear/);
    await page.goBack();
    assert.match(page.url(), /stack=compare/);
    await page.keyboard.press('1');
    await page.keyboard.press('?');
    assert.ok(await page.locator('#keys').isVisible());
    await page.keyboard.press('2');  // does nothing while the list is open
    await page.keyboard.press('Escape');
    assert.ok(!await page.locator('#keys').isVisible());
    assert.doesNotMatch(page.url(), /stack/);
    await page.keyboard.press('w');
    assert.ok(await page.locator('body.wall').isVisible());
    await page.keyboard.press('w');
    await page.reload();
    await says(page, '^Live$');
    await page.keyboard.press('Tab');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'skip');
    await page.keyboard.press('Enter');
    assert.equal(await page.evaluate(() => document.activeElement.id), 'main');
    const stops = new Set();
    for (let i = 0; i < 60; ++i) {
      await page.keyboard.press('Tab');
      stops.add(await page.evaluate(() => document.activeElement.id || document.activeElement.textContent.slice(0, 30)));
    }
    assert.ok(stops.has('link') && stops.has('help'), [...stops].join(' | '));
  });

  await t.test('can be read without being seen', async () => {
    await page.keyboard.press('v');
    const charts = await page.locator('.chart').evaluateAll((each) => each.map((chart) => {
      const canvas = chart.querySelector('canvas');
      return { role: canvas.getAttribute('role'), label: canvas.getAttribute('aria-label'), rows: chart.querySelectorAll('tbody tr').length, open: chart.querySelector('details').open };
    }));
    assert.equal(charts.length, 3);
    for (const { role, label, open } of charts) assert.ok(role === 'img' && label.length > 20 && open, label);
    assert.ok(charts[0].rows > 3 && charts[1].rows > 3);
    await page.keyboard.press('v');
    const nameless = await page.evaluate(() => [...document.querySelectorAll('button, a, input, select, summary, [role=region], section')].filter((node) => {
      const labels = node.getAttribute('aria-labelledby') ? [document.getElementById(node.getAttribute('aria-labelledby'))] : [...node.labels ?? []];
      return ![node.getAttribute('aria-label'), node.textContent, ...labels.map((label) => label.textContent)].some((name) => name?.trim());
    }).map((node) => node.outerHTML));
    assert.deepEqual(nameless, []);
    const snapshot = await page.locator('body').ariaSnapshot();
    for (const name of ['heading "Latency"', 'heading "Throughput"', 'img "Latency,', 'radio "4-layer"', 'status: Live']) assert.ok(snapshot.includes(name), `${name} in\n${snapshot}`);
  });

  await t.test('fits 320 pixels, and a window that is zoomed to 400 %', async () => {
    for (const hash of ['#', '#stack=compare', '#tables&explain', '#wall']) {
      await page.evaluate((wanted) => { location.hash = wanted; }, hash);
      for (const [width, height] of [[320, 640], [320, 256], [390, 844], [768, 1024], [2560, 1440]]) {
        await page.setViewportSize({ width, height });
        await page.waitForTimeout(250);  // charts are laid out again a tenth of a second later
        assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0, `${hash} at ${width} pixels`);
        const cut = await page.evaluate(() => [...document.querySelectorAll('section')].filter((each) => each.scrollWidth > each.clientWidth).map((each) => each.id));
        assert.deepEqual(cut, [], `what does not fit at ${width} pixels, ${hash}`);
      }
    }
    await page.evaluate(() => { location.hash = '#'; });
    await page.setViewportSize({ width: 1280, height: 900 });
  });

  await t.test('has a contrast of 4.5 : 1 everywhere', async () => {
    for (const scheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme: scheme });
      for (const stale of [false, true]) {
        await page.evaluate((on) => document.body.classList.toggle('stale', on), stale);
        await page.waitForTimeout(400);
        const found = await contrasts(page);
        assert.ok(found.length > 50, `${found.length} texts`);
        assert.deepEqual(found.filter(({ ratio }) => ratio < 4.5), [], `${scheme}${stale ? ', stale' : ''}`);
      }
    }
  });

  assert.deepEqual(page.complaints, []);
});
