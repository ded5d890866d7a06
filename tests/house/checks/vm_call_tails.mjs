// Checks that only the table in src/wire/vm_calls.cc knows what a call to a VM is: elsewhere no text in the
// code is a call's tail, except where a request is made.
import { kCpp } from '../tree.mjs';

const kTable = 'src/wire/vm_calls.cc', kTables = /^src\/wire\/vm_calls\.(cc|h)$/;
const kRow = /\brow\("[A-Z*]+", "([^"]+)", "\w+"([^)]*)\)/g;
const kString = /"((?:\\.|[^"\\\n])*)"/g;
const kRequest = /\.target = "|browser_path\(/;
const kTests = /_test\.cc$|\/testing\/|_bench\.cc$/;

const escaped = (text) => text.replace(/[.*+?^$()|[\]\\]/g, '\\$&');

// Rows of one segment are common words: only with a slash before them are they tails. The paths of the metro
// itself, those between server and agent, and those of DevTools are others.
function patterns_of(table) {
  const rows = [...table.matchAll(kRow)].filter(([, , traits]) => !/\b(own_origin|agent)\b/.test(traits));
  const tails = rows.map(([, tail]) => tail);
  return [...new Set(tails)].map((tail) => {
    const body = escaped(tail).replaceAll('{}', '[^/"]+');
    return new RegExp(`^${tail.includes('/') ? '/?' : '/'}${body}(?:\\?.*)?$`);
  });
}

export function check(tree) {
  const patterns = patterns_of(tree.text(kTable));
  const found = patterns.length > 0 ? [] : [{ key: kTable, where: kTable, why: 'no rows were found in it' }];
  for (const path of tree.paths(kCpp)) {
    if (!path.startsWith('src/') || kTables.test(path) || kTests.test(path)) continue;
    tree.text(path).split('\n').forEach((line, at) => {
      const code = line.replace(/\/\/(?=[^"]*("[^"]*"[^"]*)*$).*/, '');
      if (code.startsWith('#include') || kRequest.test(code)) return;
      for (const [, text] of code.matchAll(kString))
        if (patterns.some((pattern) => pattern.test(text)))
          found.push({ key: `${path} ${text}`, where: `${path}:${at + 1}`, why: `"${text}" is a tail: make it an attribute of its row` });
    });
  }
  return found;
}
