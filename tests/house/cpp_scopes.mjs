// Finds where functions begin and end, and what headers declare. It is no parser: it knows this project's own
// style, which clang-format and compilers enforce, and counts braces.
import { code_of, count_lines } from './cpp_text.mjs';

const without_templates = (head) => head.replace(/\btemplate\s*<(?:[^<>]|<(?:[^<>]|<[^<>]*>)*>)*>/g, ' ');
const kScope = /^\s*(?:export\s+)?(?:inline\s+)?(namespace|class|struct|union|enum|extern "\s*")\b/;

// Returns the end of the block that opens at `open`.
function end_of_block(code, open) {
  let depth = 0;
  for (let at = open; at < code.length; ++at) {
    if (code[at] === '{') ++depth;
    if (code[at] === '}' && --depth === 0) return at;
  }
  return code.length;
}

// Tells what the text before a brace is, at the level of a namespace or class.
function kind_of(head) {
  const plain = without_templates(head).replace(/^(\s*(#[^\n]*|(?:public|private|protected)\s*:))*/, '');
  const scope = kScope.exec(plain);
  if (scope && !/\)\s*(const|noexcept|override)?\s*$/.test(plain)) return scope[1].startsWith('extern') ? 'namespace' : scope[1];
  // A brace between parentheses is an argument.
  if (plain.split('(').length > plain.split(')').length) return 'value';
  const call = plain.indexOf('(');
  const assigned = plain.search(/(?<![=!<>]|operator)=(?!=)/);
  if (call === -1 || (assigned !== -1 && assigned < call)) return 'value';
  // In a constructor's list of members, a brace after a name is a member's value.
  const list = /\)\s*(?:noexcept\s*)?:(?!:)/.test(plain);
  if (list && /[\w>]\s*$/.test(plain)) return 'member';
  return 'function';
}

const name_of_scope = (head) =>
  /(\w+)\s*(?:final\s*)?(?::[^:].*)?$/s.exec(head.replace(/\b(public|private|protected)\s*:/g, ''))?.[1] ?? '';

// Calls `visit({kind, head, start, open, end})` for each block at the level of namespaces and classes, and
// `visit({kind: 'statement', …})` for each declaration that ends with a semicolon there.
export function visit_scopes(code, visit) {
  const stack = [];
  let start = 0;
  for (let at = 0; at < code.length; ++at) {
    const c = code[at];
    if (c === '#' && /^[ \t]*$/.test(code.slice(code.lastIndexOf('\n', at - 1) + 1, at))) {
      while (code[at] !== '\n' || code[at - 1] === '\\') if (++at >= code.length) break;
      if (code.slice(start, at).trim().startsWith('#')) start = at;
    } else if (c === '{') {
      const head = code.slice(start, at);
      const kind = kind_of(head);
      const end = end_of_block(code, at);
      const block = { kind, head, start, open: at, end, scopes: [...stack] };
      if (kind === 'member' || kind === 'value' || kind === 'enum') {
        if (kind === 'enum') visit(block);
        at = end;
      } else {
        visit(block);
        if (kind === 'function') at = end, start = end + 1;
        else stack.push(name_of_scope(head)), (start = at + 1);
      }
    } else if (c === '}') {
      stack.pop();
      start = at + 1;
    } else if (c === ';') {
      visit({ kind: 'statement', head: code.slice(start, at), start, open: at, end: at, scopes: [...stack] });
      start = at + 1;
    }
  }
}

export function name_of_function(head) {
  const plain = without_templates(head);
  const test = /\b(TEST(?:_F|_P)?|BENCHMARK\w*|TYPED_TEST)\s*\(\s*(\w+)\s*,\s*(\w+)/.exec(plain);
  if (test) return `${test[2]}.${test[3]}`;
  return /((?:\w+(?:<[^<>]*>)?::)*(?:~?\w+|operator\s*\S+?))\s*\(/.exec(plain)?.[1].replace(/\s+/g, '') ?? '?';
}

// Returns [{name, line, lines}] of all functions with a body.
export function functions_of(text) {
  const code = code_of(text);
  const out = [];
  visit_scopes(code, (block) => {
    if (block.kind !== 'function') return;
    const first = block.start + (/^(?:\s*(?:public|private|protected)\s*:(?!:))?\s*/.exec(block.head)?.[0].length ?? 0);
    const name = name_of_function(block.head);
    const inside = block.scopes.filter((scope) => /^[A-Z]/.test(scope));
    const line = count_lines(code, 0, first) + 1;
    const whole = name.includes('::') || name.includes('.') ? name : [...inside, name].join('::');
    out.push({ name: whole, line, lines: count_lines(code, first, block.end) + 1 });
  });
  return out;
}
