// SPDX-License-Identifier: GPL-3.0-or-later
// Asks the bridge for what does not come over the socket: the past, comparisons, alerts; and tells it what a person says of those. A token, where
// the bridge asks for one, is kept by this tab and no longer.

const key = 'goxel-telemetry-token';

export const token = () => sessionStorage.getItem(key) ?? '';
export function keepToken(text) { sessionStorage.setItem(key, text); }

/** A problem that the bridge answered with, or its absence; `message` is a sentence. */
export class Problem extends Error {
  constructor(status, sentence) {
    super(sentence);
    this.status = status;
  }
}

async function ask(path, { headers, ...options }) {
  let answer;
  try {
    answer = await fetch(path, { headers: { ...headers, ...(token() ? { Authorization: `Bearer ${token()}` } : {}) }, ...options });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Problem(0, 'The bridge does not answer.');
  }
  const document = await answer.json().catch(() => ({}));
  if (!answer.ok) throw new Problem(answer.status, document.detail ?? `The bridge answered ${answer.status}.`);
  return document;
}

export const get = (path, signal) => ask(path, { signal });
export const post = (path, document) => ask(path, { method: 'POST', headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(document) });

/** Looks again and again while somebody wants to see it; `look(signal, …)` gives after how many milliseconds, undefined: no more. */
export class Repeated {
  #look;
  #timer;
  #abort;

  constructor(look) { this.#look = look; }

  /** Also: at once. */
  start(...what) {
    this.stop();
    const { signal } = this.#abort = new AbortController();
    const again = async () => {
      const next = await this.#look(signal, ...what);
      if (!signal.aborted && next) this.#timer = setTimeout(again, next);
    };
    again();
  }

  stop() {
    clearTimeout(this.#timer);
    this.#abort?.abort();
  }
}

/** The path with its parameters; those that are undefined are left out. */
export const path = (name, parameters) => `/api/v1/${name}?${new URLSearchParams(
  Object.entries(parameters).filter(([, value]) => value !== undefined))}`;
