#!/usr/bin/env node
// Prints the table of docs/parity.md, which is made from the cases; with --fix writes it, with --check says whether it is written.
import { readFileSync, writeFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { CASES } from './cases.mjs';
import { notServed } from './not_served.mjs';

const DOC = fileURLToPath(new URL('../../../docs/parity.md', import.meta.url));
const [BEGIN, END] = ['<!-- parity -->\n', '<!-- end -->\n'];

function rowOf([name, one], notes) {
  const bad = Object.entries(one.bad).map(([what, [status, code]]) => `${what}: ${status} \`${code}\``);
  const besides = one.badBesides ? [`(${one.badBesides})`] : [];
  const mark = one.note ? ` ${notes.indexOf(one.note) + 1})` : '';
  const [direct, through] = [one.route === 'control' ? '–' : `yes${mark}`, one.route === 'direct' ? '–' : 'yes'];
  return `| \`${name}\` | ${direct} | ${through} | ${one.status} | ${one.proof} | ${[...bad, ...besides].join('; ')} |\n`;
}

function notServedText() {
  const byReason = new Map();
  for (const [name, why] of Object.entries(notServed)) {
    const [, resource, method] = /^(.*)\.(\w+)$/.exec(name);
    if (!byReason.has(why)) byReason.set(why, new Map());
    const resources = byReason.get(why);
    resources.set(resource, [...(resources.get(resource) ?? []), method]);
  }
  return [...byReason].map(([why, resources]) => `- ${why}: ${[...resources].map(([resource, methods]) => `\`${resource}\` (${methods.join(', ')})`).join(', ')}.\n`).join('');
}

export function tableText() {
  const cases = Object.entries(CASES);
  const notes = [...new Set(cases.map(([, { note }]) => note).filter(Boolean))];
  return `${cases.length} methods are called, ${Object.keys(notServed).length} are not served.

| method | direct | control plane | answer | what shows its effect | bad input |
| --- | --- | --- | --- | --- | --- |
${cases.map((one) => rowOf(one, notes)).join('')}
${notes.map((note, at) => `${at + 1}) ${note}\n`).join('')}
## Not served

Each is called, too, and answered with 501 \`not_implemented\`, by both clients alike:

${notServedText()}`;
}

const partsOf = (text) => [text.slice(0, text.indexOf(BEGIN) + BEGIN.length), text.slice(text.indexOf(BEGIN) + BEGIN.length, text.indexOf(END)), text.slice(text.indexOf(END))];

/** Whether docs/parity.md has the table of the present cases. */
export const isWritten = () => partsOf(readFileSync(DOC, 'utf8'))[1] === tableText();

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  const option = process.argv[2];
  if (option === '--fix') {
    const [head, , tail] = partsOf(readFileSync(DOC, 'utf8'));
    writeFileSync(DOC, head + tableText() + tail);
  } else if (option === '--check') {
    if (!isWritten()) throw new Error('docs/parity.md is not what the cases are; run: node tests/conformance/parity/table.mjs --fix');
  } else {
    process.stdout.write(tableText());
  }
}
