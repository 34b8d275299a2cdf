// SPDX-License-Identifier: GPL-3.0-or-later
// Compiles src/ twice: to ES modules and to CommonJS, each with its own types.
import { execFileSync } from 'node:child_process';
import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const compiler = createRequire(import.meta.url).resolve('typescript/bin/tsc');
rmSync('dist', { recursive: true, force: true });
for (const [kind, type] of [['esm', 'module'], ['cjs', 'commonjs']]) {
  execFileSync(process.execPath, [compiler, '--project', `tsconfig.${kind}.json`], { stdio: 'inherit' });
  // Node and TypeScript take a file's kind from the nearest package.json.
  mkdirSync(`dist/${kind}`, { recursive: true });
  writeFileSync(`dist/${kind}/package.json`, `${JSON.stringify({ type })}\n`);
}
