// SPDX-License-Identifier: GPL-3.0-or-later
// Pages in Debian's Chromium. What a page complains of, of scripts, of its content security policy, or of other hosts, is remembered.
import { mkdtempSync, readFileSync, readdirSync, rmSync } from 'node:fs';
import { chromium } from 'playwright-core';

const flags = ['--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run', '--disable-background-networking',
  '--disable-component-update', '--disable-sync'];
// What Chromium itself writes when a bridge is away.
const isOfConnection = (text) => /net::ERR_|WebSocket connection to|the server responded with a status of (401|404)/.test(text);

export class Browser {
  #folder = mkdtempSync('/tmp/page-');
  #context;

  static async start(t, options = {}) {
    const browser = new Browser();
    t.after(() => browser.#end());
    browser.#context = await chromium.launchPersistentContext(browser.#folder, { executablePath: '/usr/bin/chromium', args: flags, ...options });
    return browser;
  }

  /** A page that is shown nothing yet. */
  async page({ width = 1280, height = 900, scheme = 'light', before } = {}) {
    const page = await this.#context.newPage();
    await page.setViewportSize({ width, height });
    await page.emulateMedia({ colorScheme: scheme });
    page.complaints = [];
    page.on('console', (message) => {
      if (['error', 'warning'].includes(message.type()) && !isOfConnection(message.text())) page.complaints.push(message.text());
    });
    page.on('pageerror', (error) => page.complaints.push(error.stack));
    page.on('request', (request) => {
      if (!/^(http:\/\/(localhost|127\.0\.0\.1):|data:)/.test(request.url())) page.complaints.push(`asks ${request.url()}`);
    });
    await page.exposeFunction('complain', (text) => { page.complaints.push(text); });
    await page.addInitScript(() => addEventListener('securitypolicyviolation', (event) => window.complain(`${event.violatedDirective}: ${event.blockedURI}`)));
    if (before) await page.addInitScript(before);
    return page;
  }

  /** Of Chromium's first process, which no other one of this user's folder is. */
  pid() {
    for (const entry of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
      try {
        const words = readFileSync(`/proc/${entry}/cmdline`, 'utf8');
        if (words.includes(this.#folder) && !words.includes('--type=')) return Number(entry);
      } catch { /* it has ended */ }
    }
    throw new Error('Chromium has ended');
  }

  async #end() {
    await this.#context?.close();
    rmSync(this.#folder, { recursive: true, force: true });
  }
}

/** Until the page's badge says so. */
export const says = (page, badge, timeout = 20_000) => page.waitForFunction(
  (wanted) => new RegExp(wanted).test(document.getElementById('state').textContent), badge, { timeout });

export const text = (page, selector) => page.locator(selector).innerText();

/** The figures of a panel, by name. */
export const figures = (page, panel) => page.evaluate((id) => Object.fromEntries([...document.querySelectorAll(`#${id} dl > div`)]
  .map((row) => [row.querySelector('dt').textContent, row.querySelector('.value').textContent])), panel);

/** "12.3 ms" and the like as a number of nanoseconds, bytes, or of what it is. */
export function number(text) {
  const [, digits, unit] = /^▲? ?([\d.,]+) ?(\S*)$/.exec(text) ?? [];
  const factors = { ns: 1, µs: 1e3, ms: 1e6, s: 1e9, B: 1, KiB: 1024, MiB: 1024 ** 2, GiB: 1024 ** 3, '%': 0.01 };
  return Number(digits?.replaceAll(',', '')) * (factors[unit] ?? 1);
}
