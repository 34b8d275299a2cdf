// SPDX-License-Identifier: GPL-3.0-or-later
import { StringDecoder } from 'node:string_decoder';

const lineMax = 16 * 1024 * 1024;

/** A stream of bytes as lines. A line that is too long to be kept is left out. */
export class LineSplitter {
  readonly #decoder = new StringDecoder('utf8');
  #begun = '';
  #tooLong = false;

  /** True where a line begins: nothing of one is kept. */
  get atStart(): boolean {
    return this.#begun === '' && !this.#tooLong;
  }

  /** The lines that `bytes` complete. */
  add(bytes: Buffer | string): string[] {
    const pieces = (typeof bytes === 'string' ? bytes : this.#decoder.write(bytes)).split('\n');
    const lines: string[] = [];
    for (const [i, piece] of pieces.entries()) {
      if (!this.#tooLong) this.#begun += piece;
      if (this.#begun.length > lineMax) {
        this.#tooLong = true;
        this.#begun = '';
      }
      if (i === pieces.length - 1) break;
      if (!this.#tooLong) lines.push(this.#begun);
      this.#begun = '';
      this.#tooLong = false;
    }
    return lines;
  }
}
