// SPDX-License-Identifier: GPL-3.0-or-later
// The bridge's alerts on the page, and what one can say of them there.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { copyFileSync, writeFileSync } from 'node:fs';
import { test } from 'node:test';
import { Browser, says, text } from './browser.mjs';
import { contrasts } from './contrast.mjs';
import { DaemonSocket } from './daemon-socket.mjs';
import { World, eventually } from './world.mjs';

const rules = '[alerts.request_stuck]\nlimit = "1s"\nclear = "1s"\n[alerts.daemon_gone]\nhold = "1s"\nclear = "1s"\n';
const button = (page, name) => page.locator('#alerts').getByRole('button', { name, exact: true }).first();
const labels = (page) => page.locator('.chart canvas').evaluateAll((each) => each.map((canvas) => canvas.getAttribute('aria-label')));
const isPressed = (page, name) => eventually(() => button(page, name).getAttribute('aria-pressed'), (on) => on === 'true', `"${name}" is chosen`);

// The colours that are drawn above the lines of the latency chart, where nothing is without an alert.
const strip = (page) => page.locator('#latency canvas').evaluate((canvas) => {
  const { chartArea: area } = window.Chart.getChart(canvas);
  const scale = canvas.width / canvas.clientWidth;
  const copy = new OffscreenCanvas(canvas.width, canvas.height).getContext('2d', { willReadFrequently: true });
  copy.drawImage(canvas, 0, 0);
  const { data } = copy.getImageData(area.left * scale, 0, area.width * scale, (area.top - 2) * scale);
  return { height: area.top, painted: data.filter((value, i) => i % 4 === 3 && value === 255).length };
});

test('the alerts of a daemon', async (t) => {
  const world = World.prepare(t);
  writeFileSync(world.file('bridge.toml'), rules);
  const options = ['--config', world.file('bridge.toml'), '--history', world.file('history.db')];
  await world.startDaemon();
  world.url = await world.startBridge('bridge', ['--port', '0', ...options]);
  const { port } = new URL(world.url);
  const ask = async (query) => JSON.parse(await world.get(`/api/v1/alerts${query}`));
  const page = await (await Browser.start(t)).page();
  const answered = page.waitForResponse(/\/api\/v1\/alerts/);
  await page.goto(world.url);
  await says(page, '^Live$');
  let bare;

  await t.test('are said not to be if there are none', async () => {
    await answered;
    await page.waitForFunction(() => performance.getEntriesByName('first-chart').length === 1);
    bare = await strip(page);
    assert.equal(await text(page, '#alerts-name'), 'Alerts: none is active');
    assert.equal(await text(page, '#alerts-accuracy'), '');
    assert.match(await page.title(), /^Live – /);
    await page.keyboard.press('w');
    assert.ok(!await page.locator('#alerts').isVisible(), 'a screen on a wall has no place for that');
    await page.keyboard.press('w');
    assert.doesNotMatch((await labels(page)).join(), /alert/);
  });

  await t.test('can be asked which change they would tell of', async () => {
    const load = world.startLoad('--rate', '50', '--seconds', '1000');
    await page.locator('#alerts-series summary').click();
    const rows = await eventually(() => page.locator('#alerts-series tbody tr').evaluateAll((each) => each.map((row) => [...row.cells].map((cell) => cell.textContent))),
      (all) => all.length > 2, 'what is watched');
    const { instances: [{ series }] } = JSON.parse(await world.get(`/api/v1/alerts/series?instance=${world.instance}`));
    for (const [operation, , channel, state] of rows) {
      assert.ok(operation === 'all operations' || series.some((each) => each.operation === operation), operation);
      assert.ok(['usual time', 'slowest', 'failures'].includes(channel), channel);
      assert.match(state, /^(learning|arming)/);
    }
    await page.locator('#alerts-series summary').click();
    load.kill();
  });

  const socket = await DaemonSocket.connect(world.socket);
  t.after(() => socket.close());
  const end = new Promise((resolve) => { socket.onLine = resolve; });
  socket.send({ jsonrpc: '2.0', id: 1, method: 'stand_in.sleep', params: { ms: 20_000 } });
  await page.locator('#alerts-active .alert').waitFor({ timeout: 60_000 });
  const [stuck] = (await ask('?active=true')).alerts;

  await t.test('say how grave they are, since when, what it is, and what to do', async () => {
    const said = await text(page, '#alerts-active .alert');
    assert.match(said, /^▲ warning the daemon .* stand_in\.sleep\n/);
    assert.ok(said.includes(stuck.summary) && said.includes(stuck.advice), said);
    const since = new Date(stuck.since_realtime_ns / 1e6);
    assert.ok(said.includes(`since ${since.toLocaleDateString('sv')} ${since.toTimeString().slice(0, 8)}`), said);
    assert.equal(await text(page, '#alerts-count'), '1 active');
    await page.waitForFunction(() => document.title.startsWith('Live, ▲ 1 alert, p99 '));
    assert.match(await page.locator('#icon').getAttribute('href'), /favicon-away/);
    assert.match(await text(page, '#alerts-accuracy'), /^Of 1 alert in the last 30 days, none was judged\. Promised: less than 1\.00 % wrong\.$/);
  });

  await t.test('have their evidence behind a click', async () => {
    assert.equal(await page.locator('#alerts-active dl').count(), 0);
    await page.locator('#alerts-active summary').click();
    const facts = await eventually(() => page.locator('#alerts-active dl > div').evaluateAll((rows) => rows.map((row) => [...row.children].map((cell) => cell.textContent))),
      (rows) => rows.length > 0, 'facts');
    assert.deepEqual(facts[0], ['limit', '1.00 s']);
    assert.deepEqual(facts.map(([name]) => name), stuck.evidence.facts.map(({ name }) => name));
  });

  await t.test('are marked on the charts by a sign, a box and a sentence', async () => {
    for (const label of (await labels(page)).slice(0, 2)) assert.match(label, /alert, warning, request stuck since \d\d:\d\d:\d\d/);
    const { height, painted } = await strip(page);
    assert.ok(height > bare.height + 10 && painted > bare.painted + 50, `${painted} pixels above the chart, ${height} high; without: ${JSON.stringify(bare)}`);
  });

  await t.test('are judged by one click', async () => {
    await button(page, 'Right').click();
    await isPressed(page, 'Right');
    assert.equal((await ask('?active=true')).alerts[0].judgement, 'true');
    assert.match(await text(page, '#alerts-accuracy'), /1 was judged: 0 % wrong\. Promised: less than 1\.00 %\.$/);
    await button(page, 'Wrong').click();
    await isPressed(page, 'Wrong');
    assert.equal(await button(page, 'Right').getAttribute('aria-pressed'), 'false');
    assert.match(await text(page, '#alerts-accuracy'), /100 % wrong/);
  });

  await t.test('are silenced for two hours, and told of again', async () => {
    await button(page, 'Silence for 2 h').click();
    await button(page, 'End the silence').waitFor();
    const { silences: [silence] } = await ask('');
    assert.deepEqual([silence.rule, silence.instance, silence.operation], ['request_stuck', world.instance, 'stand_in.sleep']);
    assert.equal(Math.round((silence.end_realtime_ns - silence.begin_realtime_ns) / 1e9), 7200);
    assert.match(await text(page, '#alerts-active'), /silenced until \d{4}-\d\d-\d\d \d\d:\d\d:\d\d/);
    assert.equal(await text(page, '#alerts-count'), '1 active, 1 of them silenced');
    assert.match(await text(page, '#alerts-accuracy'), / What is silenced: goxel-telemetry alerts silences \(1\)\.$/);
    assert.match(await page.title(), /^Live, p99/, 'nobody is told of it');
    await button(page, 'End the silence').click();
    await button(page, 'Silence for 2 h').waitFor();
    assert.deepEqual((await ask('')).silences, []);
  });

  await t.test('go to those of the past when they have ended, below those that are active', async () => {
    await end;
    await button(page, 'Known').hover();
    await eventually(() => text(page, '#alerts-active'), (said) => /, resolved\n/.test(said), 'that it has ended, where the pointer is');
    assert.ok(!await page.locator('#alerts-past').isVisible());
    await page.mouse.move(0, 0);
    await eventually(() => text(page, '#alerts-past'), (said) => /1 of the past/.test(said), 'one of the past');
    assert.equal(await text(page, '#alerts-count'), 'none is active');
    await world.kill('daemon');
    await eventually(() => text(page, '#alerts-active'), (said) => /^✖ confirmed the daemon .* has crashed or was killed\n/.test(said), 'that the daemon is gone');
    await page.locator('#alerts-past > summary').click();
    assert.match(await text(page, '#alerts-past ul'), /^▲ warning .*\n+.* to .* \(\d.*\), resolved/);
    assert.ok(!await page.locator('#alerts-past').getByRole('button', { name: 'Silence for 2 h' }).isVisible(), 'nobody would be told of it');
    // Also on the trend, which is drawn every 20 s.
    await eventually(() => labels(page), (all) => all.every((label) => /alert, warning, request stuck from .* to .*; alert, confirmed, daemon gone since /.test(label)),
      'a mark on every line of time');
  });

  await t.test('have a link, which opens their evidence', async () => {
    const [gone] = (await ask('?active=true')).alerts;
    const [, past] = (await ask('')).alerts;
    await page.locator('#alerts-active .alert a').click();
    assert.equal(new URL(page.url()).hash, `#alert=${gone.id}`);
    assert.match(await text(page, '#alerts-active details'), /last sign of life/);
    const other = await page.context().newPage();
    await other.goto(`${world.url}/#alert=${past.id}`);
    await other.locator('#alerts-past dl').waitFor();
    assert.match(await text(other, '#alerts-past details'), /limit/);
    await other.goto(`${world.url}/#alert=none`);
    await other.reload();
    await eventually(() => text(other, '#alerts-message'), (said) => said === 'This page has no alert none: goxel-telemetry alerts show none.', 'that it is not here');
    await other.close();
    await page.goBack();
  });

  await t.test('lead to their time in the trend', async () => {
    await button(page, 'In the trend').click();
    const { from, to } = Object.fromEntries(new URLSearchParams(new URL(page.url()).hash.slice(1)));
    const since = (await ask('?active=true')).alerts[0].since_realtime_ns / 1e9;
    assert.ok(Number(from) < since && since < Number(to), page.url());
    await page.keyboard.press('Home');
  });

  await t.test('are also on a screen on a wall, without what is to be clicked', async () => {
    await page.keyboard.press('w');
    assert.ok(await page.locator('#alerts-active').isVisible());
    assert.ok(!await button(page, 'Right').isVisible());
    await page.keyboard.press('w');
  });

  await t.test('say at their place what a judgement was not taken for', async () => {
    await world.kill('bridge');
    await button(page, 'Known').click();
    await eventually(() => text(page, '#alerts-active .problem'), (said) => said === 'This was not taken: The bridge does not answer.', 'why not');
    await world.startBridge('bridge', ['--port', port, ...options]);
    await button(page, 'Known').click();
    await isPressed(page, 'Known');
    assert.equal(await text(page, '#alerts-active .problem'), '');
  });

  assert.deepEqual(page.complaints, []);
});

test('what is in a file of alerts', async (t) => {
  const world = World.prepare(t);
  const hostile = '<img src=x onerror=document.title=1>ad\u202ed';
  copyFileSync('alerts-version-1.db', world.file('alerts.db'));
  execFileSync('python3', ['-c', `import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as file:
    file.execute("UPDATE operation SET operation = ? WHERE place = 0", sys.argv[2:])
    file.execute("UPDATE operation SET ratio = 0, ratio_low = 0 WHERE place = 1")
    file.execute("UPDATE fact SET name = ?, value = ? WHERE place = 0", sys.argv[2:] * 2)
    file.execute("UPDATE alert SET summary = ?, advice = ?, compared_with = ?", sys.argv[2:] * 3)
    file.execute("UPDATE not_looked_at SET why = ?", sys.argv[2:])
    file.execute("DELETE FROM course")
    file.executemany("INSERT INTO course SELECT id, ?, ? FROM alert", enumerate([1e308, -1, 5e307, 9e999, 1e308]))
    file.execute("UPDATE alert SET course_usual = 5e307, unit = ?", sys.argv[2:])`, world.file('alerts.db'), hostile]);
  writeFileSync(world.file('token'), 'a-token-of-this-test\n', { mode: 0o600 });
  const options = ['--port', '0', '--alerts-file', world.file('alerts.db'), '--token-file', world.file('token')];
  await world.startBridge('bridge', options);
  await world.stop('bridge');  // it has brought the file up to date, and ended what was active
  execFileSync('python3', ['-c', `import sqlite3, sys
with sqlite3.connect(sys.argv[1]) as file:
    file.executemany("INSERT INTO phase SELECT id, 0, ?, ?, ?, ? FROM alert",
        [(0, sys.argv[2], 3e5, 0.75), (1, "waiting", 1.4e5, 0.35), (2, "sending", -4e4, -0.1)])`, world.file('alerts.db'), hostile]);
  world.url = await world.startBridge('bridge', options);
  const page = await (await Browser.start(t)).page();
  await page.goto(world.url);
  await page.locator('#token-field').fill('a-token-of-this-test');
  await page.keyboard.press('Enter');

  await t.test('is shown also where no daemon is', async () => {
    await page.locator('#alerts-past > summary').click();
    await says(page, '^Waiting$');
    assert.ok(!await page.locator('#latency').isVisible());
    assert.match(await text(page, '#alerts-past ul'), /nobody watches it any more/);
  });

  await t.test('has operations with effect, interval, layers and phases, as text', async () => {
    await page.locator('#alerts-past ul summary').click();
    await page.locator('#alerts-past tbody tr').first().waitFor();
    const rows = await page.locator('#alerts-past tbody tr').evaluateAll((each) => each.map((row) => [...row.cells].map((cell) => cell.textContent)));
    const shown = hostile.replace('\u202e', '<U+202E>');
    assert.deepEqual(rows, [
      [shown, '4-layer', 'slowest', '1.00 ms → 1.50 ms', '×1.50', '×1.25 to ×1.75', '1,000 → 200', 'daemon 80.0 % (+400 µs), mcp-server 20.0 % (+100 µs)',
        `${shown} 75.0 %, waiting 35.0 %`],
      ['ping', '2-layer', 'failures', '0 % → 100 %', '–', 'at most ×3.00', '1 → 2', 'not known', 'not known'],
    ]);
    const said = await text(page, '#alerts-past ul');
    for (const line of [`Compared with ${shown}.`, `Not looked at: ${shown}.`]) assert.ok(said.includes(line), `${line} in ${said}`);
    assert.equal(await page.locator('main img').count(), 0);
    assert.match(await page.title(), /Goxel telemetry$/);
  });

  await t.test('has its course as a line with gaps, its usual level, and words', async () => {
    const course = page.locator('#alerts-past .course');
    assert.match(await course.innerText(), /^Last 1e\+308 .*, at most 1e\+308 .*, usual 5e\+307 .*, with gaps\.$/s);
    const [usual, line] = await course.locator('path').evaluateAll((paths) => paths.map((path) => path.getAttribute('d')));
    assert.equal(usual, 'M0 24.0H240');
    assert.equal(line, 'M3.0 3.0h0M120.0 24.0h0M237.0 3.0h0');
  });

  await t.test('is judged with the token', async () => {
    await button(page, 'Wrong').click();
    await isPressed(page, 'Wrong');
  });

  await t.test('fits 320 pixels, and has a contrast of 4.5 : 1', async () => {
    await page.setViewportSize({ width: 320, height: 640 });
    assert.equal(await page.evaluate(() => document.documentElement.scrollWidth - innerWidth), 0);
    for (const colorScheme of ['light', 'dark']) {
      await page.emulateMedia({ colorScheme });
      assert.deepEqual((await contrasts(page)).filter(({ ratio }) => ratio < 4.5), [], colorScheme);
    }
  });

  assert.deepEqual(page.complaints, []);
});

test('a file of alerts that cannot be read', async (t) => {
  const world = World.prepare(t);
  writeFileSync(world.file('alerts.db'), 'this is no file of alerts'.repeat(1000));
  world.url = await world.startBridge('bridge', ['--port', '0', '--alerts-file', world.file('alerts.db')]);
  const page = await (await Browser.start(t)).page();
  await page.goto(world.url);
  await eventually(() => text(page, '#alerts'), (said) => /^Alerts: not known\n+.*alerts\.db/.test(said), 'that they are not known, and why');
});
