'use strict';
/**
 * Runs an entry of this folder from TypeScript, and everything of apps/ and libs/ that it imports from the build: the
 * processes of a fault run are the product as it was compiled, with one provider more. `FAULT_BUILD` names another
 * build, into which a bug was planted.
 */
const { existsSync } = require('node:fs');
const Module = require('node:module');
const path = require('node:path');
require('../../../scripts/register.cjs');

const root = path.resolve(__dirname, '../../..');
const build = process.env.FAULT_BUILD ?? path.join(root, 'dist');
const shipped = new RegExp(`^${root.replaceAll(/[.*+?^${}()|[\]\\]/g, '\\$&')}/((?:apps|libs)/.+)\\.ts$`);

const resolveFilename = Module._resolveFilename;
Module._resolveFilename = function (request, ...rest) {
  const found = resolveFilename.call(this, request, ...rest);
  const [, source] = shipped.exec(found) ?? [];
  if (source === undefined) return found;
  const built = path.join(build, `${source}.js`);
  return existsSync(built) ? built : found;
};
