// SPDX-License-Identifier: GPL-3.0-or-later
// Looks at the messages that pass through an MCP transport. What a transport has to have is the same in both majors of the SDK: send(),
// and the callbacks onmessage and onclose, which its user sets. So any transport will do, and nothing of the SDK is needed.
import { membersOf, type Members } from '../messages.js';

/** What is looked at. None of it may throw. */
export interface TransportTap {
  /** A message is to be sent; the result is sent instead. */
  sending(message: Members): Members;
  /** Sending failed. */
  notSent(message: Members, error: unknown): void;
  /** A message came. Calls `deliver` exactly once. */
  received(message: Members, deliver: (message: Members) => void): void;
  closed(): void;
}

type Callback = (...args: unknown[]) => unknown;

const tapped = new WeakSet<object>();

/** From now on, `tap` sees what passes through `transport`. The first time only: a transport has one user. */
export function tapTransport(transport: unknown, tap: TransportTap): void {
  if (typeof transport !== 'object' || transport === null || tapped.has(transport)) return;
  tapped.add(transport);
  tapSend(transport as Members, tap);
  // A callback may be chained into a later one, and is to be looked at once.
  let within = false;
  interceptCallback(transport, 'onmessage', (callback) => function (this: unknown, message: unknown, ...more: unknown[]): unknown {
    const members = within ? undefined : membersOf(message);
    if (members === undefined) return callback.call(this, message, ...more);
    within = true;
    try {
      tap.received(members, (delivered) => void callback.call(this, delivered, ...more));
    } finally {
      within = false;
    }
    return undefined;
  });
  interceptCallback(transport, 'onclose', (callback) => function (this: unknown, ...args: unknown[]): unknown {
    tap.closed();
    return callback.apply(this, args);
  });
}

function tapSend(transport: Members, tap: TransportTap): void {
  const send = transport['send'];
  if (typeof send !== 'function') return;
  transport['send'] = function (this: unknown, message: unknown, ...more: unknown[]): unknown {
    const one = (part: unknown): unknown => {
      const members = membersOf(part);
      return members === undefined ? part : tap.sending(members);
    };
    const sent: unknown = Array.isArray(message) ? message.map(one) : one(message);
    const result: unknown = (send as Callback).call(this, sent, ...more);
    if (!(result instanceof Promise)) return result;
    // Passed on, not handled here: who forgets to handle it is told so as before.
    return result.catch((error: unknown) => {
      for (const part of Array.isArray(sent) ? sent : [sent]) tap.notSent(membersOf(part) ?? {}, error);
      throw error;
    });
  };
}

/** Whatever is assigned to `object[name]`, now or later, is wrapped. */
function interceptCallback(object: object, name: string, wrap: (callback: Callback) => Callback): void {
  const wrapped = new WeakSet<object>();
  const wrapOnce = (value: unknown): unknown => {
    if (typeof value !== 'function' || wrapped.has(value)) return value;
    const result = wrap(value as Callback);
    wrapped.add(result);
    return result;
  };
  const members = object as Members;
  // Some transports hand the callback on to another one in a setter of their class.
  const inherited = accessorOf(object, name);
  let current = wrapOnce(members[name]);
  if (inherited !== undefined) members[name] = current;
  Object.defineProperty(object, name, {
    configurable: true,
    enumerable: true,
    get: (): unknown => inherited?.get === undefined ? current : inherited.get.call(object),
    set: (value: unknown): void => {
      current = wrapOnce(value);
      inherited?.set?.call(object, current);
    },
  });
}

function accessorOf(object: object, name: string): PropertyDescriptor | undefined {
  for (let holder: unknown = object; holder !== null; holder = Object.getPrototypeOf(holder)) {
    const descriptor = Object.getOwnPropertyDescriptor(holder, name);
    if (descriptor !== undefined) return descriptor.set === undefined ? undefined : descriptor;
  }
  return undefined;
}
