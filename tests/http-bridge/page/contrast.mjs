// SPDX-License-Identifier: GPL-3.0-or-later

/** Of each text that is shown: { text, ratio }, its contrast by WCAG 2 against what is painted behind it. */
export const contrasts = (page) => page.evaluate(() => {
  const canvas = document.createElement('canvas');
  canvas.width = canvas.height = 1;
  const ctx = canvas.getContext('2d', { willReadFrequently: true });
  const rgba = (color) => {
    ctx.clearRect(0, 0, 1, 1);
    ctx.fillStyle = color;
    ctx.fillRect(0, 0, 1, 1);
    return ctx.getImageData(0, 0, 1, 1).data;
  };
  const luminance = ([r, g, b]) => {
    const [x, y, z] = [r, g, b].map((each) => (each / 255 <= 0.04045 ? each / 255 / 12.92 : ((each / 255 + 0.055) / 1.055) ** 2.4));
    return 0.2126 * x + 0.7152 * y + 0.0722 * z;
  };
  const ground = (node) => {
    for (let at = node; at; at = at.parentElement) {
      const color = getComputedStyle(at).backgroundColor;
      if (rgba(color)[3] === 255) return color;
    }
    return 'white';
  };
  const opacity = (node) => {
    let all = 1;
    for (let at = node; at; at = at.parentElement) all *= getComputedStyle(at).opacity;
    return all;
  };
  const found = [];
  const walker = document.createTreeWalker(document.body, NodeFilter.SHOW_TEXT);
  for (let node = walker.nextNode(); node; node = walker.nextNode()) {
    const parent = node.parentElement;
    if (!node.textContent.trim() || !parent.checkVisibility() || parent.closest('.unseen, legend, .skip, script, noscript, option')) continue;
    const back = rgba(ground(parent));
    const part = opacity(parent);
    const front = [...rgba(getComputedStyle(parent).color)].map((each, i) => each * part + back[i] * (1 - part));
    const [a, b] = [luminance(front), luminance(back)];
    found.push({ text: node.textContent.trim().slice(0, 40), of: parent.className || parent.tagName, ratio: Math.round(((Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05)) * 100) / 100 });
  }
  return found;
});
