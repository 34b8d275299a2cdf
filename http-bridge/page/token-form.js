// SPDX-License-Identifier: GPL-3.0-or-later
// Asks for the bridge's token, where it wants one.
import { keepToken, token } from '/page/api.js';
import { byId, setText } from '/page/dom.js';

/** `onToken()` is called when there is one to try. */
export function askForToken(onToken) {
  const dialog = byId('token');
  if (dialog.open) return;
  if (token()) setText(byId('token-problem'), 'The bridge did not accept this token. It is what the file behind its --token-file holds.');
  byId('token-form').onsubmit = (event) => {
    event.preventDefault();
    keepToken(byId('token-field').value.trim());
    dialog.close();
    onToken();
  };
  dialog.showModal();
}
