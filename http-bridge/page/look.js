// SPDX-License-Identifier: GPL-3.0-or-later
// How the page looks, as the view wants it: light or dark, for a wall, with explanations.
import { byId, setClass } from '/page/dom.js';

let lock;

// A screen on a wall must not go dark. Browsers let it go whenever the page is hidden.
async function keepAwake(wanted) {
  if (!wanted || document.hidden) {
    lock?.release();
    lock = undefined;
  } else if (!lock) {
    lock = await navigator.wakeLock?.request('screen').catch(() => undefined);
    lock?.addEventListener('release', () => { lock = undefined; });
  }
}

export function applyLook({ theme, wall, explain, stack, trend }) {
  document.documentElement.dataset.theme = theme;
  setClass(document.body, 'wall', wall);
  setClass(document.body, 'explain', explain);
  document.querySelector(`input[name=stack][value="${stack}"]`).checked = true;
  document.querySelector(`input[name=trend][value="${trend}"]`).checked = true;
  byId('verdict').hidden = stack !== 'compare';
  keepAwake(wall);
}
