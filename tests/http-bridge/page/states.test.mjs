// SPDX-License-Identifier: GPL-3.0-or-later
// What the page says when something is not there, or not any more; and what it does while nobody sees it.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { writeFileSync } from 'node:fs';
import { Browser, figures, number, says, text } from './browser.mjs';
import { World, eventually } from './world.mjs';

const restarts = 200;

// A browser's tab that is behind another one.
const setHidden = (page, hidden) => page.evaluate((on) => {
  Object.defineProperty(document, 'hidden', { value: on, configurable: true });
  Object.defineProperty(document, 'visibilityState', { value: on ? 'hidden' : 'visible', configurable: true });
  document.dispatchEvent(new Event('visibilitychange'));
}, hidden);

const heapMB = async (page) => {
  const session = await page.context().newCDPSession(page);
  await session.send('HeapProfiler.collectGarbage');
  return (await session.send('Runtime.getHeapUsage')).usedSize / 1e6;
};

test('before the first answer nothing is said of daemons', async (t) => {
  const world = World.prepare(t);
  world.url = await world.startBridge('bridge');
  const page = await (await Browser.start(t)).page();
  await page.routeWebSocket('**/api/v1/stream', () => {});  // takes what it is sent, and answers nothing
  await page.goto(world.url);
  await says(page, '^Connecting$');
  assert.ok(!await page.locator('#cure').isVisible());
});

test('a daemon that comes, and goes', async (t) => {
  const world = World.prepare(t);
  world.url = await world.startBridge('bridge');
  const browser = await Browser.start(t);
  const page = await browser.page();
  await page.goto(world.url);

  await says(page, '^Waiting$');
  assert.ok(await page.locator('#cure').isVisible(), 'what to do');
  assert.match(await text(page, '#facts'), /waiting/i);
  assert.ok(!await page.locator('#latency').isVisible(), 'no figures of nothing');

  await world.startDaemon();
  await says(page, '^Live$');
  assert.ok(await page.locator('#latency').isVisible());
  await eventually(() => text(page, '#notices'), (said) => /No request ended in the last minute\./.test(said), 'that nothing ended');
  assert.match(await text(page, '#notices'), /Only .* were watched so far/);
  await eventually(() => text(page, '#notices'), (said) => /no past/.test(said), 'that there is no history');
  assert.match(await text(page, '#trend-note'), /Without a history/);
  assert.equal((await figures(page, 'daemon')).Clients, '0');

  const load = world.startLoad('--connections', '1', '--requests', '50');
  await new Promise((resolve) => { load.once('exit', resolve); });
  await eventually(() => figures(page, 'throughput'), (seen) => number(seen.Requests) >= 50, '50 requests');

  await world.kill('daemon');
  await says(page, '^Gone since \\d\\d:\\d\\d:\\d\\d$');
  assert.match(await text(page, '#facts'), /was killed or crashed/);
  await eventually(() => text(page, '#notices'), (said) => /these are its last figures/.test(said), 'that figures are the last');
  assert.equal(await text(page, '#throughput-current b >> nth=0'), '–', 'a daemon that has ended has no rate');
  assert.match(await page.title(), /^Gone since/);
  await eventually(() => page.locator('#latency canvas').getAttribute('aria-label'), (label) => /crash at/.test(label), 'a mark in the chart');

  await world.startDaemon();
  await says(page, '^Live$');
  await eventually(() => text(page, '#notices'), (said) => /This is run 2/.test(said), 'which run this is');

  // By a supervisor: frames meet a daemon that is gone by luck alone.
  for (let run = 3; run < 5; ++run) {
    await world.kill('daemon');
    await world.startDaemon();
    await eventually(() => text(page, '#notices'), (said) => said.includes(`This is run ${run}`), 'the next run');
  }
  await eventually(() => page.locator('#latency canvas').getAttribute('aria-label'), (label) => label.match(/crash at/g)?.length === 3, 'a mark of each crash');
  assert.deepEqual(page.complaints, []);
});

test('a bridge that goes and comes, and a page that nobody sees', async (t) => {
  const world = World.prepare(t);
  await world.startDaemon();
  world.url = await world.startBridge('bridge');
  const port = new URL(world.url).port;
  const load = world.startLoad('--connections', '1', '--rate', '50', '--seconds', '1000');
  t.after(() => load.kill());
  const browser = await Browser.start(t);
  // The browser's date is an hour ahead of the machine's.
  const page = await browser.page({ before: () => {
    const Real = Date;
    const ahead = 3_600_000;
    window.Date = class extends Real {
      constructor(...given) { super(...(given.length === 0 ? [Real.now() + ahead] : given)); }
      static now() { return Real.now() + ahead; }
    };
  } });
  await page.goto(world.url);
  await says(page, '^Live$');

  await t.test('goes by the bridge\'s clock, and not by the browser\'s', async () => {
    assert.match(await text(page, '#age'), /^, 0\.\d s old$/);
    await page.waitForFunction(() => performance.getEntriesByName('first-chart').length === 1);
    const { taken_realtime_ns: taken } = JSON.parse(await world.get('/api/v1/overview'));
    const [, shown] = / to (\d\d:\d\d:\d\d):/.exec(await page.locator('#latency canvas').getAttribute('aria-label'));
    const seconds = (at) => at.split(':').reduce((sum, part) => sum * 60 + Number(part), 0);
    const expected = new Date(taken / 1e6).toTimeString().slice(0, 8);
    assert.ok(Math.abs(seconds(shown) - seconds(expected)) < 10, `${shown} on the page at ${expected}`);
  });

  await t.test('fades and says since when, if the bridge is away', async () => {
    await world.kill('bridge');
    await says(page, '^Stale since \\d\\d:\\d\\d:\\d\\d$');
    assert.match(await text(page, '#facts'), /The bridge does not answer\. .* These are the last figures\./);
    assert.ok(await page.locator('body.stale').isVisible());
    assert.match(await text(page, '#latency h2'), /as of \d\d:\d\d:\d\d$/);
    assert.equal(await page.locator('#latency canvas').evaluate(async (canvas) => {
      await Promise.all(canvas.getAnimations().map((animation) => animation.finished));
      return getComputedStyle(canvas).opacity;
    }), '0.35');
    const age = Number(/([\d.]+) s old/.exec(await text(page, '#age'))[1]);
    await page.waitForFunction((before) => parseFloat(document.getElementById('age').textContent.slice(2)) > before, age + 0.5);
    await world.startBridge('bridge', ['--port', port]);
    await says(page, '^Live$');
    assert.ok(!await page.locator('body.stale').isVisible());
    assert.equal(await page.locator('.as-of >> nth=0').textContent(), '');
  });

  await t.test('draws and asks nothing for 12 hours that nobody sees it, and is right again at once', async () => {
    const hidden = await browser.page();
    await hidden.clock.install();
    let asked = 0;
    hidden.on('request', () => { ++asked; });
    hidden.on('websocket', (socket) => {
      ++asked;
      socket.on('framereceived', () => { ++asked; });
    });
    await hidden.goto(world.url);
    await says(hidden, '^Live$');
    // Its first charts may move each other, and are resized in the next frame. That frame a page that is hidden in truth does not get.
    await eventually(() => hidden.locator('#latency canvas').getAttribute('aria-label'), (label) => / to /.test(label), 'the first chart');
    await hidden.waitForTimeout(1000);
    await setHidden(hidden, true);
    await hidden.evaluate(() => {
      window.changes = [];
      const told = ({ type, attributeName, target }) => `${type} ${attributeName ?? ''} of ${(target.id ?? target.parentElement?.id) || target.nodeName}: ${target.textContent}`;
      new MutationObserver((changes) => { window.changes.push(...changes.map(told)); }).observe(document, { subtree: true, childList: true, characterData: true, attributes: true });
    });
    const before = await heapMB(hidden);
    const askedBefore = asked;
    await hidden.clock.fastForward('12:00:00');
    await hidden.waitForTimeout(1000);
    assert.equal(asked, askedBefore, 'what was asked for or came while hidden');
    assert.deepEqual(await hidden.evaluate(() => window.changes), [], 'what was drawn while hidden');

    const { daemon } = JSON.parse(await world.get('/api/v1/overview')).instances[0];
    const since = Date.now();
    await setHidden(hidden, false);
    await hidden.waitForFunction((least) => Number(document.querySelector('#throughput-figures > div:last-child .value').textContent.replaceAll(',', '')) >= least
      && document.getElementById('state').textContent === 'Live', daemon.run_total.all, { polling: 10 });
    t.diagnostic(`right again after ${Date.now() - since} ms`);
    assert.match(await text(hidden, '#age'), /^, 0\.\d s old$/);
    await hidden.waitForTimeout(2000);
    const grown = await heapMB(hidden) - before;
    t.diagnostic(`its memory grew by ${grown.toFixed(2)} MB`);
    assert.ok(grown <= 2, `${grown} MB`);
    assert.deepEqual(hidden.complaints, []);
    await hidden.close();
  });

  await t.test(`outlives ${restarts} restarts of the bridge`, async () => {
    const before = await heapMB(page);
    const began = Date.now();
    for (let i = 0; i < restarts; ++i) {
      await (i % 20 === 0 ? world.stop('bridge') : world.kill('bridge'));  // a bridge that is asked to end takes its time for its clients
      await world.startBridge('bridge', ['--port', port]);
    }
    await says(page, '^Live$');
    const { daemon } = JSON.parse(await world.get('/api/v1/overview')).instances[0];
    await eventually(() => figures(page, 'throughput'), (seen) => number(seen.Requests) >= daemon.run_total.all, 'the newest count');
    t.diagnostic(`${((Date.now() - began) / restarts).toFixed(0)} ms each; memory grew by ${(await heapMB(page) - before).toFixed(2)} MB`);
    assert.ok(await heapMB(page) - before <= 3);
  });

  assert.deepEqual(page.complaints, []);
});

test('a bridge that asks for its token', async (t) => {
  const world = World.prepare(t);
  await world.startDaemon();
  writeFileSync(world.file('token'), 'correct-horse-battery+staple/?\n', { mode: 0o600 });
  world.url = await world.startBridge('bridge', ['--port', '0', '--token-file', world.file('token')]);
  const browser = await Browser.start(t);
  const page = await browser.page();
  await page.goto(world.url);
  await page.locator('#token-field').fill('this is not the token');
  await page.keyboard.press('Enter');
  await eventually(() => text(page, '#token-problem'), (said) => /did not accept/.test(said), 'that the token is wrong');
  await page.locator('#token-field').fill('correct-horse-battery+staple/?');
  await page.keyboard.press('Enter');
  await says(page, '^Live$');
  assert.equal(await page.evaluate(() => localStorage.length + document.cookie.length), 0, 'kept by the tab alone');
  assert.doesNotMatch(page.url(), /correct/);
  assert.deepEqual(page.complaints, []);
});
