#!/usr/bin/env node
// Runs one check over the project: check_house.mjs NAME ROOT [--fix]. Prints what it finds; exit 1 when that is something.
// `--fix` lets the check's ratchet shrink to what is there; only an edit by hand makes one grow.
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
// While several branches move the same files, a line that is better than its ratchet is no failure.
const complaints = fix ? [] : compare(found, allowed, `node tests/house/check_house.mjs ${name} . --fix`, false);
for (const complaint of complaints) console.log(complaint);
process.exitCode = complaints.length === 0 ? 0 : 1;
