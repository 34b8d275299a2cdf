// SPDX-License-Identifier: GPL-3.0-or-later
// What comes from the bridge, and where it is shown. Figures are drawn ten times a second, charts once; while nobody sees the page, nothing is
// asked for.
import { stretchOf } from '/page/alert-stretches.js';
import { AlertsPanel, tone } from '/page/alerts-panel.js';
import { Alerts } from '/page/alerts.js';
import * as clock from '/page/clock.js';
import { offerLink, showCommands } from '/page/copying.js';
import { byId, element, setAttribute, setClass, setRows, setText } from '/page/dom.js';
import * as feed from '/page/feed.js';
import { showCurrent, showFigures, showValues } from '/page/figure-list.js';
import { daemonFigures, latencyFigures, nowFigures, quickFigures, throughputFigures, watchingFigures } from '/page/figures.js';
import { count, duration, name, timeOfDay } from '/page/format.js';
import { InflightPanel } from '/page/inflight-panel.js';
import { listen } from '/page/keys.js';
import { LayersPanel } from '/page/layers-panel.js';
import { LiveCharts } from '/page/live-charts.js';
import { applyLook } from '/page/look.js';
import { notices } from '/page/notices.js';
import { OperationsPanel } from '/page/operations-panel.js';
import { hasData, headerState, sign } from '/page/state.js';
import { askForToken } from '/page/token-form.js';
import { TrendPanel } from '/page/trend-panel.js';
import { change, comparedStacks, link, onChange, view } from '/page/view.js';

const figuresHz = 13;  // so that what has ended is on the screen within 100 ms, and not 110
const allStacks = 'all';
const refillMs = 4000;  // what ended just before the page was opened is in the history by then
const slowMs = 10_000;   // in which so many frames may be left out, for a page that was just opened misses some
const mostMissed = 10;
const noWindow = { covered_seconds: 0, rate_per_second: NaN, latency: { count: 0 },
  outcomes: { all: 0, ok: 0, error: 0, unanswered: 0, malformed: 0, cancelled: 0, notification: 0 } };
const noWindows = { now: noWindow, '1m': noWindow, '5m': noWindow, '15m': noWindow };

const live = new LiveCharts();
const trend = new TrendPanel();
// Few look at these, so their scripts come when somebody does.
let verdict;
let seriesPanel;
const layersPanel = new LayersPanel(byId('layers-content'));
const operationsPanel = new OperationsPanel(byId('operations-content'));
const inflightPanel = new InflightPanel(byId('inflight-content'));
const charts = [...live.charts, trend.chart];
const alerts = new Alerts(tookAlerts);
const alertsPanel = new AlertsPanel({
  onSaid: askForAlerts,
  onStretch: (stretch) => {
    change(stretch);
    byId('trend').scrollIntoView({ block: 'nearest' });
  },
  onLink: (alert) => change({ alert }),
});

// Of the daemon that is looked at, what came last.
let known = {};
let missedFrames = [];  // when
let trouble = '';
let instances = [];
let instance;       // its name
let subscriptions = [];
let filled = new Set();  // stacks whose past was asked for
let chartSecond;
let raised = [];  // alerts, of all daemons

const overview = () => known.overview;
const targets = () => known.layers?.targets ?? {};
const stackView = (stack) => known.layers?.stacks.find((one) => one.stack === stack);
const shownStacks = () => (view.stack === 'compare' ? comparedStacks : [view.stack]);

function windowsOf(stack) {
  if (stack === allStacks) return overview().daemon.windows;
  const windows = stackView(stack)?.windows;
  return windows ? Object.fromEntries(Object.entries(windows).map(([window, { outermost }]) => [window, outermost])) : noWindows;
}

// Where the history has what was seen of a stack: as its outermost layer saw it.
function sourceOf(stack) {
  if (stack === allStacks) return { instance };
  const windows = stackView(stack)?.windows;
  if (!windows) return undefined;
  const layer = windows['15m'].layers[0] ?? 'daemon';
  return { instance: layer === 'daemon' ? instance : `${instance}.layers`, stack, layer };
}

// ---- What comes ----

function tookOverview(document, missed) {
  clock.note(document.taken_realtime_ns);
  const now = performance.now();
  missedFrames = missedFrames.filter((at) => now - at < slowMs).concat(Array(Math.min(missed, mostMissed + 1)).fill(now));
  known.problem = undefined;
  known.overviewDocument = document;
  known.overview = document.instances.find((one) => one.instance === instance);
  if (overview()) {
    live.mark(overview().daemon);
    trend.sample(overview());
    const takenMs = overview().taken_realtime_ns / 1e6;
    const isLive = overview().daemon.state === 'live';
    if (isLive) live.sample(allStacks, overview().daemon.windows.now, takenMs);
    if (chartSecond !== Math.floor(takenMs / 1000)) {
      chartSecond = Math.floor(takenMs / 1000);
      drawSoon('charts');
    }
  }
  drawSoon('figures');
}

function tookLayers(document) {
  known.layers = document.instances.find((one) => one.instance === instance);
  for (const { stack, windows } of known.layers?.stacks ?? []) {
    if (known.layers.state === 'live') live.sample(stack, windows.now.outermost, known.layers.taken_realtime_ns / 1e6);
  }
  if (!trendSource && sourceOf(shownStacks()[0])) startTrend();
  drawWithFigures('slow');
}

function tookOperations(document) {
  known.operations = document.instances.find((one) => one.instance === instance);
  drawWithFigures('slow');
}

function tookInstances(document) {
  instances = document.instances;
  known.message = document.message;
  const choice = view.instance || instance || (instances.find((one) => one.state === 'live') ?? instances[0])?.instance;
  // What the bridge refused it does not send later, either.
  const isThereNow = known.problem !== undefined && instances.some((one) => one.instance === choice);
  if (choice !== instance || isThereNow) watch(choice);
  showChoice();
  drawWithFigures('figures');
}

function tookAlerts(answer) {
  alertsPanel.show(answer);
  if (answer.active) raised = [...answer.past, ...answer.active];
  showStretches();
  if (header) showFacts();
}

// Those of the bridge itself, too.
function showStretches() {
  const stretches = raised.filter((alert) => [instance, ''].includes(alert.instance)).map(stretchOf);
  for (const chart of charts) chart.alerts = stretches;
}

// ---- What is asked for ----

function askForAlerts() {
  alerts.forget();
  alerts.start();
}

function watch(choice) {
  for (const end of subscriptions.splice(0)) end();
  if (choice !== instance) {
    known = { message: known.message };
    live.forget();
    trend.forget();
  }
  instance = choice;
  known.problem = undefined;
  filled = new Set();
  chartSecond = undefined;
  trendSource = undefined;
  showStretches();
  if (instance === undefined) return;
  const refused = (sentence) => {
    known.problem = sentence;
    drawSoon('figures');
  };
  subscriptions.push(
    feed.subscribe('overview', { instance, hz: figuresHz }, tookOverview, refused),
    feed.subscribe('layers', { instance, hz: 1 }, tookLayers, refused));
  if (!view.wall) subscriptions.push(feed.subscribe('operations', { instance, hz: 1 }, tookOperations, refused));
  seriesPanel?.start(instance);
  showCommands(instance);
  startTrend();
  startVerdict();
}

let trendSource;
function startTrend() {
  trendSource = instance === undefined ? undefined : sourceOf(shownStacks()[0]);
  if (trendSource && !document.hidden) trend.start(view, trendSource, () => clock.now() ?? Date.now(), () => targets().latency_ns);
}

async function startVerdict() {
  const isWanted = () => view.stack === 'compare' && instance !== undefined && !document.hidden;
  if (!isWanted()) return verdict?.stop();
  try {
    const { VerdictPanel } = await import('/page/verdict-panel.js');
    verdict ??= new VerdictPanel(byId('verdict-content'));
    if (isWanted()) verdict.start(instance);
  } catch { /* the header says that the bridge is away */ }
}

async function fill(stack, source) {
  try {
    await live.fill(stack, source, clock.now());
    drawSoon('charts');
  } catch (error) {
    if (error.status === 404) known.hasNoPast = true;
  }
}

function fillWhatIsShown() {
  for (const stack of shownStacks()) {
    const source = sourceOf(stack);
    if (!source || filled.has(stack)) continue;
    filled.add(stack);
    fill(stack, source);
    const of = instance;
    setTimeout(() => { if (of === instance && !document.hidden) fill(stack, source); }, refillMs);
  }
}

let endInstances;
function start() {
  stop();
  clock.forget();
  feed.resume();
  endInstances = feed.subscribe('instances', { hz: 1 }, tookInstances);
  if (instance !== undefined) watch(instance);
  alerts.start();
}

function stop() {
  endInstances?.();
  for (const end of subscriptions.splice(0)) end();
  feed.pause();
  trend.stop();
  verdict?.stop();
  alerts.stop();
  seriesPanel?.stop();
}

// ---- What is drawn ----

const wanted = new Set();
let isDrawing = false;
function drawSoon(what) {
  wanted.add(what);
  if (!isDrawing) requestAnimationFrame(draw);
  isDrawing = true;
}

// With the next overview: a frame of its own would cost as much as all that is in it.
const drawWithFigures = (what) => (overview() ? wanted.add(what) : drawSoon(what));

function draw() {
  isDrawing = false;
  if (document.hidden) return wanted.clear();
  showHeader();
  const isKnown = overview() !== undefined && hasData(overview());
  setClass(document.body, 'empty', !isKnown);
  setClass(document.body, 'connecting', known.message === undefined);
  if (isKnown) {
    const isOther = inFull !== `${instance} ${view.stack}`;
    if (isOther || wanted.has('slow') || wanted.has('charts')) showMeasured();
    else showQuick();
    if (wanted.has('slow')) {
      layersPanel.show(known.layers, view.stack);
      operationsPanel.show(known.operations, view.stack);
    }
    if (wanted.has('slow') || wanted.has('charts')) showNotices();
    if (wanted.has('charts')) {
      fillWhatIsShown();
      live.show({ stacks: shownStacks(), nowMs: overview().taken_realtime_ns / 1e6, targetNs: targets().latency_ns,
        targetPerSecond: targets().operations_per_second, isLogarithmic: view.scale === 'log' });
    }
  }
  wanted.clear();
}

let header;  // as it was shown last
function showHeader() {
  const state = headerState(overview(), known.problem ?? known.message, trouble, clock.now());
  setText(byId('age'), state.age);
  const isSame = header?.badge === state.badge && header?.tone === state.tone && header?.isStale === state.isStale;
  header = state;
  if (isSame && !state.isStale && overview()) return;
  setText(byId('sign'), sign(state.tone));
  setText(byId('state'), state.badge);
  setAttribute(byId('badge'), 'class', `badge ${state.tone}`);
  setClass(document.body, 'stale', state.isStale);
  const asOf = state.isStale ? ` as of ${timeOfDay(state.sinceMs)}` : '';
  for (const node of document.querySelectorAll('.as-of')) setText(node, asOf);
  showFacts();
}

// Of alerts that somebody is told of.
function alertsText() {
  const tones = alertsPanel.loud.map(tone);
  return tones.length === 0 ? '' : `, ${sign(tones.includes('bad') ? 'bad' : 'warning')} ${count(tones.length)} alert${tones.length === 1 ? '' : 's'}`;
}

// What of the header changes once a second.
function showFacts() {
  setText(byId('facts'), header.facts);
  const alarm = alertsText();
  setAttribute(byId('icon'), 'href', ['good', 'quiet'].includes(header.tone) && !alarm ? '/page/favicon.svg' : '/page/favicon-away.svg');
  const p99 = overview()?.daemon.windows['1m'].latency;
  const figure = header.badge === 'Live' && p99.count > 0 ? `, p99 ${duration(p99.p99_ns)}` : '';
  const title = `${header.badge}${alarm}${figure}${instance === undefined ? '' : ` – ${name(instance)}`} – Goxel telemetry`;
  if (document.title !== title) document.title = title;
}

let inFull;  // whose figures have their places on the page
function showMeasured() {
  inFull = `${instance} ${view.stack}`;
  const isLive = overview().daemon.state === 'live';
  const { latency_ns: latencyTarget, operations_per_second: rateTarget } = targets();
  const stacks = shownStacks();
  const groups = stacks.map((stack) => {
    const windows = windowsOf(stack);
    return { stack, latency: latencyFigures(windows, latencyTarget),
      throughput: throughputFigures(windows, rateTarget, isLive, stack === allStacks ? overview().daemon.run_total.all : undefined) };
  });
  const several = stacks.length > 1;
  for (const kind of ['latency', 'throughput']) {
    const nows = groups.map((group) => ({ ...group[kind][0], name: several ? `${group.stack} now` : 'Now' }));
    showCurrent(byId(`${kind}-current`), [...nows, groups[0][kind][1]]);
    showFigures(byId(`${kind}-figures`), groups.flatMap((group) => group[kind].slice(2)
      .map((figure) => (several ? { ...figure, name: `${figure.name}, ${group.stack}` } : figure))));
  }
  showFacts();
  showFigures(byId('daemon-figures'), daemonFigures(overview(), known.layers));
  showFigures(byId('watching-figures'), watchingFigures(overview(), known.layers));
  inflightPanel.show(overview());
}

// Ten times a second; all else changes little in a second.
function showQuick() {
  const isLive = overview().daemon.state === 'live';
  shownStacks().forEach((stack, i) => {
    const now = nowFigures(windowsOf(stack), isLive);
    for (const kind of ['latency', 'throughput']) setText(byId(`${kind}-current`).children[i].lastChild, now[kind]);
  });
  const quick = quickFigures(overview(), known.layers);
  showValues(byId('throughput-figures'), quick);
  showValues(byId('daemon-figures'), quick);
  inflightPanel.show(overview());
}

function showNotices() {
  const isSlow = missedFrames.length > mostMissed;
  const said = notices({ ...known, stack: view.stack, isSlow });
  if (known.hasNoPast) said.push('This bridge keeps no past of it: the charts grow from when this page was opened.');
  for (const stack of shownStacks()) {
    if (stack !== allStacks && known.layers && !stackView(stack)) said.push(`No operation of the ${stack} stack has been seen.`);
  }
  setRows(byId('notices'), said, (sentence) => sentence.replace(/[\d.,:]+/g, '0'), () => element('li'), setText);
}

function showChoice() {
  const names = [...new Set([...instances.map((one) => one.instance), ...(instance === undefined ? [] : [instance])])];
  byId('daemons').hidden = names.length < 2;
  const select = byId('instance');
  if (document.activeElement === select) return;
  setRows(select, names, (each) => each, () => element('option'), (option, each) => {
    const state = instances.find((one) => one.instance === each)?.state ?? 'absent';
    option.value = each;
    setText(option, name(each) + (state === 'live' ? '' : ` (${state.replace('_', ' ')})`));
  });
  select.value = instance;
}

// ---- What is wanted ----

function reactTo(isOther) {
  applyLook(view);
  for (const chart of charts) chart.isTableOpen = view.tables;
  if (isOther.alert) alertsPanel.open(view.alert);
  if (isOther.instance && view.instance) watch(view.instance);
  else if (isOther.wall) watch(instance);
  else {
    startTrend();
    startVerdict();
  }
  showChoice();
  requestAnimationFrame(() => {
    for (const chart of charts) if (isOther.theme || isOther.wall) chart.restyle();
  });
  for (const what of ['figures', 'slow', 'charts']) drawSoon(what);
}

function stepDaemon(by) {
  const names = instances.map((one) => one.instance);
  if (names.length > 1) change({ instance: names[(names.indexOf(instance) + by + names.length) % names.length] });
}

let shownView = view;
onChange((now) => {
  const isOther = Object.fromEntries(Object.keys({ ...shownView, ...now }).map((key) => [key, shownView[key] !== now[key]]));
  shownView = now;
  reactTo(isOther);
});
byId('choices').addEventListener('submit', (event) => event.preventDefault());
byId('choices').addEventListener('change', ({ target }) => change({ [target.name || target.id]: target.value }));
byId('trend-range').addEventListener('change', ({ target }) => change({ trend: target.value, from: undefined, to: undefined }));
byId('skip').addEventListener('click', (event) => {
  event.preventDefault();
  byId('main').focus();
});
matchMedia('(prefers-color-scheme: dark)').addEventListener('change', () => { for (const chart of charts) chart.restyle(); });
byId('alerts-series').addEventListener('toggle', async ({ target }) => {
  try {
    seriesPanel ??= new (await import('/page/alert-series.js')).SeriesPanel(target);
    seriesPanel.start(instance);
  } catch {
    target.open = false;
  }
});
offerLink(() => {
  const to = view.to ?? Math.floor((clock.now() ?? Date.now()) / 1000);
  const seconds = { '1h': 3600, '24h': 86_400, '7d': 604_800 }[view.trend];
  return link({ instance: instance ?? '', from: view.from ?? to - seconds, to });
});
listen(stepDaemon);
feed.onState((sentence, isUnauthorised) => {
  trouble = sentence;
  if (isUnauthorised) {
    askForToken(() => {
      feed.resume();
      alerts.start();
    });
  }
  drawSoon('figures');
});
document.addEventListener('visibilitychange', () => {
  if (!document.hidden) return start();
  stop();
  if (!header) return;
  header = { ...header, badge: `Paused since ${timeOfDay(Date.now())}` };  // its title is still seen
  showFacts();
});
// Ages grow while nothing comes.
setInterval(() => { if (!document.hidden && trouble) drawSoon('figures'); }, 500);

applyLook(view);
if (view.alert) alertsPanel.open(view.alert);
for (const chart of charts) chart.isTableOpen = view.tables;
if (!document.hidden) start();
