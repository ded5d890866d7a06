#!/usr/bin/env node
// Runs one check over the project: check_house.mjs NAME ROOT [--fix]. Prints its findings; exits with 1 when
// there are any. `--fix` shrinks the check's ratchet to the present findings; only an edit by hand makes a
// ratchet grow.
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { Tree } from './tree.mjs';
import { compare, read_allowed, shrink } from './ratchet.mjs';

const [name, root, fix] = process.argv.slice(2);
const { check } = await import(`./checks/${name}.mjs`);
const file = join(root, 'tests/house/allowed', `${name}.allowed`);
const allowed = read_allowed(readFileSync(file, 'utf8'));
const found = check(Tree.read(root));
if (fix) writeFileSync(file, shrink(readFileSync(file, 'utf8'), found));
// A line that is better than its ratchet is no failure, since several branches may move the same files.
const complaints = fix ? [] : compare(found, allowed, `node tests/house/check_house.mjs ${name} . --fix`, false);
for (const complaint of complaints) console.log(complaint);
process.exitCode = complaints.length === 0 ? 0 : 1;
