// SPDX-License-Identifier: GPL-3.0-or-later
// The bridge's alerts (docs/alerts.md). They come seldom, and each answer reads a file: so they are asked for seldom, those of the past only when
// something changed.
import { Repeated, get, path } from '/page/api.js';

const everyMs = 8000;
const pastMs = 60_000;  // somebody may have judged one of the past
const mostActive = 256;
const mostPast = 100;

/** What counts of an answer: which alerts are active, and how many there were. */
const marks = ({ alerts, accuracy }) => JSON.stringify([alerts.map(({ id }) => id), accuracy]);

export class Alerts extends Repeated {
  #past = [];
  #pastOf;      // marks() when they were asked for,
  #pastAt = 0;  // and when

  /** `take({ active, past, accuracy, silences, message })` with each answer; of a refusal, its sentence is the message, and there is nothing else. */
  constructor(take) {
    super(async (signal) => {
      try {
        const document = await get(path('alerts', { active: true, limit: mostActive }), signal);
        if (this.#pastOf !== marks(document) || performance.now() - this.#pastAt > pastMs) {
          this.#past = (await get(path('alerts', { limit: mostPast }), signal)).alerts.filter(({ active }) => !active);
          [this.#pastOf, this.#pastAt] = [marks(document), performance.now()];
        }
        take({ ...document, active: document.alerts, past: this.#past });
      } catch (error) {
        if (signal.aborted || error.status === 401) return undefined;
        // A bridge that is away is the header's matter.
        if (error.status !== 0) take({ message: error.message });
      }
      return everyMs;
    });
  }

  /** The next answer has those of the past anew. */
  forget() { this.#pastOf = undefined; }
}
