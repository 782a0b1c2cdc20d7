'use strict';
/**
 * Lets plain `node` run the repository's TypeScript without a build: `node --require ./scripts/register.cjs scripts/gen.ts`.
 *
 * It compiles with the very settings Jest uses (.swcrc) and knows the aliases from tsconfig.json, so a script sees the
 * same code as the tests do. Jest's globalSetup files may require it as well: moduleNameMapper does not reach them.
 * Types are not checked here; `npm run check` does that.
 */
const { readFileSync } = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
const { transformSync } = require('@swc/core');

const root = path.resolve(__dirname, '..');
const installed = Symbol.for('puente.register');

if (!globalThis[installed]) {
  globalThis[installed] = true;
  resolveAliases(readAliases());
  compileTypeScript();
}

/** `{ '@puente/providers/*': ['libs/providers/src/*'] }` becomes `{ head: '@puente/providers/', target: '/…/libs/providers/src/' }`. */
function readAliases() {
  const { compilerOptions } = JSON.parse(readFileSync(path.join(root, 'tsconfig.json'), 'utf8'));
  return Object.entries(compilerOptions.paths).map(([pattern, [target]]) => ({
    wildcard: pattern.endsWith('*'),
    head: pattern.replace(/\*$/, ''),
    target: path.join(root, target.replace(/\*$/, '')),
  }));
}

function resolveAliases(aliases) {
  const resolveFilename = Module._resolveFilename;
  Module._resolveFilename = function (request, ...rest) {
    return resolveFilename.call(this, request.startsWith('@puente/') ? expand(request, aliases) : request, ...rest);
  };
}

/** An exact alias wins over a wildcard, as it does in the compiler. */
function expand(request, aliases) {
  const exact = aliases.find((alias) => !alias.wildcard && alias.head === request);
  if (exact) return exact.target;
  const open = aliases.find((alias) => alias.wildcard && request.startsWith(alias.head));
  return open ? path.join(open.target, request.slice(open.head.length)) : request;
}

function compileTypeScript() {
  const options = JSON.parse(readFileSync(path.join(root, '.swcrc'), 'utf8'));
  process.setSourceMapsEnabled(true);
  Module._extensions['.ts'] = (module, filename) => {
    const source = readFileSync(filename, 'utf8');
    const { code } = transformSync(source, { ...options, filename, sourceFileName: filename, swcrc: false });
    module._compile(code, filename);
  };
}
