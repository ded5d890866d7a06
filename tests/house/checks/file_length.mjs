// Checks that files are short: none over 450 lines, half of them at most 100, nine of ten at most 300. Tests
// are 40 % of all lines.
import { kCpp, kScripts } from '../tree.mjs';

export const kMost = 450, kMedian = 100, kP90 = 300, kTests = 0.4;

const kTest = /^tests\/|_test\.cc$|\/testing\//, kProduct = /^(src|include|web)\//;

export function check(tree) {
  const sizes = tree.paths().filter((path) => kCpp.test(path) || kScripts.test(path))
    .map((path) => ({ path, lines: tree.text(path).split('\n').length - 1 }));
  const found = sizes.filter(({ lines }) => lines > kMost).map(({ path, lines }) => ({
    key: path, size: lines, where: path, why: `${lines} lines; split it, at most ${kMost}` }));
  const sorted = sizes.filter(({ path }) => kCpp.test(path)).map(({ lines }) => lines).sort((a, b) => a - b);
  const share = (name, part, most) => {
    const size = sorted[Math.floor(sorted.length * part)] ?? 0;
    if (size > most) found.push({ key: name, size, where: 'all sources', why: `${name} is ${size} lines; at most ${most}` });
  };
  share('median', 0.5, kMedian);
  share('p90', 0.9, kP90);
  const lines_of = (pattern) => sizes.filter(({ path }) => pattern(path)).reduce((sum, { lines }) => sum + lines, 0);
  const tests = lines_of((path) => kTest.test(path)), product = lines_of((path) => kProduct.test(path) && !kTest.test(path));
  if (tests < kTests * (tests + product))
    found.push({ key: 'tests', where: 'all sources', why: `${tests} lines of tests beside ${product}; at least ${100 * kTests} %` });
  return found;
}
