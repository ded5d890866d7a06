// Shows that each check fails for a bad sample and passes for a good one: a check that cannot fail is a
// defect.
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

test('function_length: 71 lines are too many, wherever the function stands', async () => {
  const body = 'void f(const std::vector<int>& a) {\n' + '  go();\n'.repeat(68) + '}\n';
  const long = body.replace('  go();', '  go();\n  const auto g = [] { return Value{.x = 1}; };');
  assert.deepEqual(await found_in('function_length', { 'src/a.cc': `namespace wye {\n${body}}\n` }), []);
  assert.deepEqual(await found_in('function_length', { 'src/a.cc': `namespace wye {\n${long}}\n` }), ['f']);
  const method = long.replace('void f', 'explicit Maker').replace(') {', ')\n      : a_{1}, b_({.c = 2}) {');
  assert.deepEqual(await found_in('function_length', { 'src/a.h': `class Maker {\n public:\n  int x_ = 0;\n  ${method}};\n` }), ['Maker::Maker']);
  const table = 'constexpr int kTable[] = {\n' + '  1,\n'.repeat(90) + '};\n';
  assert.deepEqual(await found_in('function_length', { 'src/a.cc': table }), []);
});

test('file_length: the longest, the median, the ninth decile and the share of tests', async () => {
  const lines = (count) => '\n'.repeat(count);
  assert.deepEqual(await found_in('file_length', { 'tests/a.cc': lines(451), 'src/b.cc': '', 'src/c.cc': '', 'src/d.cc': '' }),
    ['tests/a.cc', 'p90']);
  assert.deepEqual(await found_in('file_length', { 'src/a.cc': lines(101), 'src/a_test.cc': lines(101) }), ['median']);
  assert.deepEqual(await found_in('file_length', { 'src/a.cc': lines(60), 'src/testing/b.h': lines(40) }), []);
  assert.deepEqual(await found_in('file_length', { 'src/a.cc': lines(61), 'src/testing/b.h': lines(40) }), ['tests']);
});

test('unused_names: a function, a method and a type that nothing uses', async () => {
  const header = '/// x\n[[nodiscard]] int used(int a);\nint never(int b);\nclass Kept {\n public:\n  int also_never() const { return 1; }\n};\nstruct Lost {\n  int field = 0;\n};\n';
  const source = '#include "a.h"\nint used(int a) { return a; }\nint never(int b) { return b; }\nint main() { Kept k; return used(1); }\n';
  assert.deepEqual(await found_in('unused_names', { 'src/a.h': header, 'src/a.cc': source }), ['never', 'also_never', 'Lost']);
  assert.deepEqual(await found_in('unused_names', { 'src/a.h': 'int quoted();\n', 'src/a.cc': '// quoted()\nauto t = "quoted()";\n' }), ['quoted']);
});

test('dead_files: a source, a header, a document and a script that nothing names', async () => {
  const used = { 'src/CMakeLists.txt': 'wye_module(x SOURCES a.cc)', 'src/a.cc': '#include "a.h"\n', 'src/a.h': '',
    'README.md': 'see docs/guide.md', 'docs/guide.md': '', 'tests/run': '#!/bin/sh\n', 'Makefile': 'test:\n\ttests/run\n' };
  assert.deepEqual(await found_in('dead_files', used), []);
  const dead = { 'src/b.cc': '', 'src/b.h': '', 'docs/lost.md': '', 'tools/forgotten': '' };
  assert.deepEqual(await found_in('dead_files', { ...used, ...dead }), Object.keys(dead).sort());
});

test('words: in names, in docs, in comments, and not in code', async () => {
  const list = { 'tests/house/banned_words.txt': '[names]\nhelper\n[prose]\nin order to\nvery  # filler\n' };
  assert.deepEqual(await found_in('words', { ...list, 'src/a.cc': 'class NetHelper {};  // very slow\nint very = 1;\n', 'README.md': 'In order\nto run `very`' }),
    ['NetHelper', 'in order to', 'very']);
  assert.deepEqual(await found_in('words', { ...list, 'src/help.cc': '// everything\n' }), []);
});

test('references: files, links, targets, tests, functions, and what a README lists', async () => {
  const base = { Makefile: 'build: deps\n', 'src/x/a.cc': 'TEST(Suite, a_good_name) { run_it(); }', 'docs/a.md': '' };
  const good = '[a](docs/a.md) src/x/a.cc src/x/a `make build` Suite.a_good_name Suite.a_good… Suite.* `run_it()`';
  assert.deepEqual(await found_in('references', { ...base, 'README.md': good }), []);
  const bad = '[a](docs/b.md) src/x/b.cc lost.h `make tea` Suite.a_bad_name NoSuite.* `run_away()` `RunAway`';
  assert.equal((await found_in('references', { ...base, 'README.md': bad })).length, 9);
  assert.deepEqual(await found_in('references', { ...base, 'src/x/README.md': '- `a`: here. `b`, `c/`: not.\n' }), ['src/x/README.md b', 'src/x/README.md c/']);
});

test('public_docs: a type, a function and a method without a comment', async () => {
  const good = '/// One.\nstruct One {\n  int field = 0;\n};\n/// Both.\nint a();\nint b();\nint c();\n\nint d();  ///< Four.\n';
  assert.deepEqual(await found_in('public_docs', { 'include/wye/a.h': `namespace wye {\n${good}}\n` }), []);
  const bad = 'struct One {};\n\n/// Two.\nclass Two {\n public:\n  Two();\n  int naked() const;\n\n private:\n  int hidden();\n};\n\nint alone();\n';
  assert.deepEqual(await found_in('public_docs', { 'include/wye/a.h': `namespace wye {\n${bad}}\n` }), ['One', 'Two::naked', 'alone']);
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
