// SPDX-License-Identifier: GPL-3.0-or-later
// What is left when the process ends. No signal handlers: they would change what a signal does to the host.
import { sharedState } from './shared-state.js';
import type { Sender } from './sender.js';

const lastFlushMs = 200;

interface Registry {
  readonly senders: Set<Pick<Sender, 'flush' | 'writeNow' | 'stats'>>;
}

/** From now on, what `sender` has left goes out when the process ends. */
export function flushAtEnd(sender: Sender): void {
  registry().senders.add(sender);
}

export function forgetAtEnd(sender: Sender): void {
  registry().senders.delete(sender);
}

function registry(): Registry {
  return sharedState('process-end', () => {
    const senders: Registry['senders'] = new Set();
    // Nothing keeps the process any more. It comes again after each flush, until there is nothing new.
    const tried = new WeakMap<object, number>();
    process.on('beforeExit', () => {
      for (const sender of senders) {
        const { completed } = sender.stats;
        if (tried.get(sender) === completed) continue;
        tried.set(sender, completed);
        void sender.flush(lastFlushMs, true);
      }
    });
    // process.exit(), an uncaught error, or after beforeExit: only what is done at once is done.
    process.on('exit', () => {
      for (const sender of senders) sender.writeNow();
    });
    return { senders };
  });
}
