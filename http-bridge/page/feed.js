// SPDX-License-Identifier: GPL-3.0-or-later
// All that is shown live comes over one socket, /api/v1/stream (docs/http-api.md). If it breaks, it is opened again, soon at first and then more
// seldom, and what was subscribed to is subscribed to again.
import { get, token } from '/page/api.js';

const protocol = 'goxel-telemetry.v1';
const firstWaitMs = 100;
const longestWaitMs = 10_000;
const silentMs = 10_000;  // a connection may be dead without having ended

const subscriptions = new Map();  // by id
let lastId = 0;
let socket;
let isPaused = false;
let failures = 0;
let retry;      // timers: when it is opened again,
let silence;    // and when it has been silent for too long
let tell = () => {};

/** `listener(sentence, isUnauthorised)`: what is wrong with the bridge; empty: nothing. */
export function onState(listener) { tell = listener; }

/** `onDocument(document, missed)` for each that comes, `onProblem(sentence)` if the bridge refuses. Gives a function that ends it. */
export function subscribe(name, { instance, hz }, onDocument, onProblem = () => {}) {
  const id = String(++lastId);
  subscriptions.set(id, { request: { subscribe: name, id, instance, hz }, onDocument, onProblem });
  send(subscriptions.get(id).request);
  return () => {
    if (subscriptions.delete(id)) send({ unsubscribe: id });
  };
}

/** Nothing is asked of the bridge until resume(). */
export function pause() {
  isPaused = true;
  clearTimeout(retry);
  drop();
}

/** Also: tries again at once. */
export function resume() {
  isPaused = false;
  failures = 0;
  open();
}

function send(message) {
  if (socket?.readyState === WebSocket.OPEN) socket.send(JSON.stringify(message));
}

const base64url = (text) => btoa(text).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');

function drop() {
  clearTimeout(silence);
  const old = socket;
  socket = undefined;
  old?.close();
}

function open() {
  clearTimeout(retry);
  if (socket) return;
  const address = `${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/v1/stream`;
  const mine = socket = new WebSocket(address, token() ? [protocol, `goxel-telemetry.token.${base64url(token())}`] : protocol);
  mine.onopen = () => {
    if (socket !== mine) return;
    for (const { request } of subscriptions.values()) send(request);
    expectSoon();
  };
  mine.onmessage = ({ data }) => {
    if (socket !== mine) return;
    if (failures > 0) tell('');
    failures = 0;
    expectSoon();
    const { id, missed, document, problem } = JSON.parse(data);
    const subscription = subscriptions.get(id);
    if (problem) subscription?.onProblem(problem.detail);
    else subscription?.onDocument(document, missed);
  };
  mine.onclose = () => {
    if (socket === mine) lost();
  };
}

function expectSoon() {
  clearTimeout(silence);
  silence = setTimeout(lost, silentMs);
}

// A browser does not say why a socket was not opened; an answer of the bridge may.
async function reason() {
  try {
    await get('/api/v1/instances');
    return { sentence: 'The connection to the bridge broke.' };
  } catch (error) {
    return { sentence: error.message, isUnauthorised: error.status === 401 };
  }
}

async function lost() {
  drop();
  ++failures;
  const failure = failures;
  const { sentence, isUnauthorised } = await reason();
  if (isPaused || socket || failures !== failure) return;
  tell(`${sentence}${isUnauthorised ? '' : ' It is tried again within ten seconds.'}`, isUnauthorised);
  if (isUnauthorised) return;
  const longest = Math.min(longestWaitMs, firstWaitMs * 2 ** (failures - 1));
  clearTimeout(retry);
  retry = setTimeout(open, longest * (0.5 + Math.random() / 2));
}
