// Each check fails for a bad sample and passes for a good one: a check that cannot fail is a defect.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Tree } from './tree.mjs';
import { compare, read_allowed, shrink } from './ratchet.mjs';

const found_in = async (name, files, executables) => {
  const { check } = await import(`./checks/${name}.mjs`);
  return check(new Tree(files, executables)).map(({ key }) => key);
};

test('citations: a section that is not there, an odd spelling, a section of nothing', async () => {
  const contracts = { 'docs/contract/wire-api.md': '## 1. One\n## 3. Three\nsee §3 and §4\n' };
  assert.deepEqual(await found_in('citations', { ...contracts, 'src/a.h': '/// (wire-api §1–§3), RFC 9110 §5\n' }), [
    'docs/contract/wire-api.md wire-api has no §4']);
  const bad = { 'src/a.h': '// wire-api\n// §2\n// wire api §1\n// (§7)\n' };
  const found = await found_in('citations', { 'docs/contract/wire-api.md': '## 1. One\n', ...bad });
  assert.deepEqual(found, ['src/a.h wire-api has no §2', 'src/a.h cite it as wire-api', 'src/a.h §7 of what?']);
  assert.equal((await found_in('citations', { 'src/a.cc': 'auto text = "wire-api §9";' })).length, 0);
});

test('a ratchet lets nothing grow, and must follow what shrinks', () => {
  const allowed = read_allowed('# words\nf 80  # why\ng\n');
  const at = (key, size) => ({ key, size, where: 'x', why: 'y' });
  assert.deepEqual(compare([at('f', 80), at('g')], allowed, 'fix'), []);
  assert.equal(compare([at('f', 81), at('g')], allowed, 'fix').length, 1);
  assert.equal(compare([at('f', 79), at('g')], allowed, 'fix').length, 1);
  assert.equal(compare([at('f', 80)], allowed, 'fix').length, 1);
  assert.equal(compare([at('f', 80), at('g'), at('h')], allowed, 'fix').length, 1);
  assert.equal(shrink('# words\nf 80  # why\ng\n', [at('f', 75)]), '# words\nf 75  # why\n');
});

test('vm_call_tails: a tail outside the table, but not a word, a comment, a path of another resource or a test', async () => {
  const table = { 'src/wire/vm_calls.cc': 'row("GET", "logs/events", "readLogs", brief),\nrow("POST", "process/{}/stdin", "a"),\n' +
    'row("POST", "curl", "b",\n    repeats),\nrow("GET", "healthz", "c", agent, served),\n' };
  const bad = { 'src/metro/a.cc': 'if (tail == "logs/events" || tail == "process/x/stdin") go("/curl?url=");\n' };
  assert.deepEqual(await found_in('vm_call_tails', { ...table, ...bad }), [
    'src/metro/a.cc logs/events', 'src/metro/a.cc process/x/stdin', 'src/metro/a.cc /curl?url=']);
  assert.deepEqual(await found_in('vm_call_tails', bad), ['src/wire/vm_calls.cc']);
  const good = 'field("curl"); // "logs/events"\ncall({.target = "/logs/events"});\npath("/logs/events/destinations"); path("/healthz");\n';
  assert.equal((await found_in('vm_call_tails', { ...table, 'src/a.cc': good, 'src/a_test.cc': bad['src/metro/a.cc'] })).length, 0);
});
