// SPDX-License-Identifier: GPL-3.0-or-later
// What `goxel-telemetry tail --json` writes into a file, taken in as it comes.
import { closeSync, openSync, readSync } from 'node:fs';
import { StringDecoder } from 'node:string_decoder';

export class SpanTail {
  #file;
  #take;
  #decoder = new StringDecoder('utf8');
  #begun = '';
  #bytes = Buffer.alloc(1 << 20);

  /** `take(span)` gets each one. */
  constructor(t, path, take) {
    this.#file = openSync(path, 'r');
    this.#take = take;
    t.after(() => closeSync(this.#file));
  }

  /** Takes what has come since the last time. */
  read() {
    for (let length; (length = readSync(this.#file, this.#bytes)) > 0;) {
      const lines = (this.#begun + this.#decoder.write(this.#bytes.subarray(0, length))).split('\n');
      this.#begun = lines.pop();
      for (const line of lines) this.#take(JSON.parse(line));
    }
  }
}
