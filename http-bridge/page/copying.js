// SPDX-License-Identifier: GPL-3.0-or-later
// What can be taken from the page into a terminal or a message: commands for this daemon, and a link to this view.
import { byId, element, setText } from '/page/dom.js';

async function copy(text) {
  try {
    await navigator.clipboard.writeText(text);
    setText(byId('copied'), 'Copied.');
  } catch {  // without TLS, browsers have a clipboard on loopback only
    setText(byId('copied'), `This browser does not let the page copy. It is: ${text}`);
  }
}

const quoted = (text) => (/^[\w.-]+$/.test(text) ? text : `'${text.replaceAll('\'', '\'\\\'\'')}'`);

export function showCommands(instance) {
  const commands = ['goxel-telemetry-viewer', 'goxel-telemetry top', 'goxel-telemetry trace slowest', 'goxel-telemetry compare stack:4-layer stack:2-layer']
    .map((command) => `${command} --instance ${quoted(instance)}`).concat('goxel-telemetry baseline list');
  byId('commands').replaceChildren(...commands.map((command) => {
    const button = element('button', { type: 'button', 'aria-label': `Copy ${command}` }, 'Copy');
    button.addEventListener('click', () => copy(command));
    return element('li', {}, button, ' ', element('code', {}, command));
  }));
}

/** `link()` is the address to copy. */
export function offerLink(link) {
  byId('link').addEventListener('click', () => copy(link()));
}
