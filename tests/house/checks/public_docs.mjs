// Checks that include/wye, our promise to others, says what each type and function means. A comment counts
// for the declarations that follow it without an empty line, and so does one after a declaration.
import { code_of } from '../cpp_text.mjs';
import { name_of_function, visit_scopes } from '../cpp_scopes.mjs';

// Names that the language prescribes for iterators and ranges.
const kOfRanges = new Set(['value_type', 'difference_type', 'iterator_category', 'pointer', 'reference', 'Iterator', 'begin', 'end']);
const kSelfEvident = /\boperator\b|=\s*(default|delete)\s*$|^\s*(friend|using\s+\w+::|using namespace|explicit\s+\w+\(|~)/;

// Returns the lines of the text that a comment covers.
function documented_lines(text) {
  const rows = text.split('\n'), out = new Set();
  let speaking = false;
  rows.forEach((row, at) => {
    if (/^\s*$/.test(row)) speaking = false;
    if (/\/\/[/!]/.test(row)) speaking = true;
    if (/\/\/\/</.test(row) || speaking) out.add(at + 1);
    if (/[{}]\s*$/.test(row) && !/\)\s*(const)?\s*\{.*\}\s*$/.test(row)) speaking = speaking && /^\s*\/\//.test(row);
  });
  return out;
}

function private_ranges(code) {
  const out = [];
  for (const { index } of code.matchAll(/\b(private|protected)\s*:/g)) {
    let depth = 0, at = index;
    for (; at < code.length; ++at) {
      if (code[at] === '{') ++depth;
      if (code[at] === '}' && depth-- === 0) break;
      if (depth === 0 && /^public\s*:/.test(code.slice(at, at + 10))) break;
    }
    out.push([index, at]);
  }
  return out;
}

export function check(tree) {
  const found = [];
  for (const path of tree.paths(/^include\/.*\.h$/)) {
    const text = tree.text(path), code = code_of(text);
    const documented = documented_lines(text), hidden = private_ranges(code);
    visit_scopes(code, (block) => {
      if (['namespace', 'member', 'value'].includes(block.kind)) return;
      if (block.scopes.includes('detail') || hidden.some(([from, to]) => block.open >= from && block.open < to)) return;
      const head = block.head.replace(/^\s*(?:(?:public)\s*:)?/, '');
      if (head.trim() === '' || kSelfEvident.test(head)) return;
      const type = /^\s*(?:template\s*<[\s\S]*>\s*)?(?:enum class|enum|class|struct|using)\s+(\w+)/.exec(head);
      const forward = block.kind === 'statement' && type && !/^\s*(template[\s\S]*)?using/.test(head);
      const call = !type && /^[^={]*\(/.test(head);
      if (forward || (!type && !call)) return;
      const name = type ? type[1] : name_of_function(head);
      if (block.scopes.at(-1) === name || kOfRanges.has(name)) return;  // a constructor: its type says enough, or it has a comment
      const first = block.start + /^\s*(?:public\s*:\s*)?/.exec(block.head)[0].length;
      const line = code.slice(0, first).split('\n').length;
      const last = line + head.trimStart().split('\n').length - 1;
      for (let at = line; at <= last; ++at) if (documented.has(at)) return;
      found.push({ key: [...block.scopes.filter((scope) => scope !== 'wye' && scope !== ''), name].join('::'),
        where: `${path}:${line}`, why: `${name} has no comment` });
    });
  }
  return found;
}
