// Checks that what a header declares is used: each function is called somewhere, each type is named
// somewhere.
import { code_of } from '../cpp_text.mjs';
import { name_of_function, visit_scopes } from '../cpp_scopes.mjs';
import { kCpp } from '../tree.mjs';

const kWord = /[A-Za-z_]\w*/g;
// Names that the language or a library calls.
const kCalledByOthers = new Set(['begin', 'end', 'hash', 'what', 'throw_exception_from_error', 'PrintTo']);
const kNoName = new Set(['if', 'for', 'while', 'switch', 'return', 'sizeof', 'decltype', 'noexcept', 'alignas', 'static_assert',
  'explicit', 'defined', 'requires']);

// Splits a function's head: the name that it declares is no use of it; all other words of the head are.
function split_head(head) {
  const name = name_of_function(head).split('::').at(-1).replace(/<.*|^~/g, '');
  const at = head.search(new RegExp(`(?<![.\\w])~?${name.replace(/\W/g, '\\$&')}\\s*\\(`));
  return { name, rest: at === -1 ? head : head.slice(0, at).replace(/(\w+::)+$/, '') + head.slice(at + name.length) };
}

export function names_in(text) {
  const code = code_of(text).replace(/^[ \t]*#[ \t]*(include|pragma)[^\n]*/gm, '');
  const declared = [], used = new Set();
  const use = (piece) => { for (const [word] of piece.matchAll(kWord)) used.add(word); };
  const spans = [];
  visit_scopes(code, (block) => {
    const type = /^\s*(?:template\s*<.*>\s*)?(?:enum\s+class|enum|class|struct)\s+(?:\[\[\w+\]\]\s*)?(\w+)\s*(?:final)?\s*(:(?!:)[^{]*)?$/s.exec(block.head);
    if (block.kind === 'function' || (block.kind === 'statement' && /^[^={]*\(/s.test(block.head) && !/^\s*(friend|using|return|static_assert|[A-Z_]+\s*\()/.test(block.head))) {
      const { name, rest } = split_head(block.head);
      if (/^[A-Za-z_]\w*$/.test(name) && !/^operator|^TYPED_TEST/.test(name) && !kNoName.has(name)) declared.push({ name, at: block.start + block.head.search(/\S/) });
      use(rest);
      if (block.kind === 'function') use(code.slice(block.open, block.end));
    } else if (type) {
      if (block.kind !== 'statement') declared.push({ name: type[1], at: block.start + block.head.search(/\S/) });
      if (type[2]) use(type[2]);
      if (block.kind === 'enum') use(code.slice(block.open, block.end));
    } else {
      use(block.head);
    }
    spans.push([block.start, block.kind === 'function' || block.kind === 'enum' ? block.end : block.open]);
  });
  // Values and constructors' member lists are in no visited block.
  spans.sort((a, b) => a[0] - b[0]);
  let covered = 0;
  for (const [from, to] of spans) {
    if (from > covered) use(code.slice(covered, from));
    covered = Math.max(covered, to);
  }
  for (const [, macro] of code.matchAll(/^[ \t]*#[ \t]*define((?:[^\n\\]|\\[\s\S])*)/gm)) use(macro);
  return { declared, used };
}

export function check(tree) {
  const used = new Set(kCalledByOthers), declared = [];
  for (const path of tree.paths(kCpp)) {
    const text = tree.text(path);
    const names = names_in(text);
    for (const name of names.used) used.add(name);
    if (!path.endsWith('.h')) continue;
    for (const { name, at } of names.declared) declared.push({ name, path, line: text.slice(0, at).split('\n').length });
  }
  return declared.filter(({ name }) => !used.has(name))
    .map(({ name, path, line }) => ({ key: name, where: `${path}:${line}`, why: `${name} is declared and never used` }));
}
