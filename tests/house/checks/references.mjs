// Checks that what docs and comments name exists: files, links, make targets, tests, and our own functions
// and types.
import { code_of, comments_of, script_comments_of } from '../cpp_text.mjs';
import { kCpp, kDocs } from '../tree.mjs';

const kPath = /(?<![\w/.-])(?:src|docs|tests|tools|include|bench|examples|web|cmake|dist)\/[\w./*{},-]*[\w*}/]/g;
const kLink = /\]\((?!https?:|#|mailto:)([\w.\/][^)#\s]*)[^)]*\)/g;
const kTest = /(?<![\w.:/-])([A-Z]\w+)\.(\*(?!\*)|[a-z][a-z0-9_]{3,})(…)?/g;
const kFile = /(?<![\w/.<*-])[a-z][a-z0-9_]*\.(?:h|cc|mjs)\b(?!\w)/g;
const kQuoted = /`([^`\n]+)`/g;

function texts_of(tree) {
  return tree.paths().filter((path) => !path.startsWith('tests/house/')).flatMap((path) => {
    const text = tree.text(path);
    if (kDocs.test(path)) return [{ path, line: 1, text, doc: true }];
    const comments = kCpp.test(path) ? comments_of(text) : script_comments_of(path, text);
    return comments.map(({ line, text: comment }) => ({ path, line, text: comment }));
  });
}

// `a.{h,cc}` is two paths, `a*` any with that beginning; a name without its ending stands for its sources.
function has_path(tree, named) {
  const list = /^(.*)\{([^}]*)\}(.*)$/.exec(named);
  if (list) return list[2].split(',').every((middle) => has_path(tree, list[1] + middle + list[3]));
  if (named.includes('*')) {
    const pattern = new RegExp(`^${named.replace(/[.]/g, '\\.').replace(/\*+/g, '[^ ]*')}`);
    return tree.paths().some((path) => pattern.test(path));
  }
  return tree.has(named) || ['.h', '.cc', '.mjs', '.md'].some((end) => tree.has(named + end));
}

function index_of(tree) {
  const words = new Set(), tests = new Map();
  for (const path of tree.paths(/^(src|include|tests|bench|examples|web|tools)\//)) {
    if (kDocs.test(path)) continue;
    const code = kCpp.test(path) ? code_of(tree.text(path)) : tree.text(path);
    for (const [word] of code.matchAll(/[A-Za-z_]\w*/g)) words.add(word);
    for (const [, suite, name] of code.matchAll(/\bT(?:EST|YPED_TEST)(?:_F|_P)?\s*\(\s*(\w+)\s*,\s*(\w+)/g))
      tests.set(suite, [...(tests.get(suite) ?? []), name]);
  }
  const targets = new Set([...tree.text('Makefile').matchAll(/^([a-z][\w -]*):(?!=)/gm)].flatMap(([, names]) => names.split(' ')));
  return { words, tests, targets };
}

export function check(tree) {
  const { words, tests, targets } = index_of(tree);
  const found = [], names = new Set(tree.paths().map((path) => path.replace(/.*\//, '')));
  for (const { path, line, text, doc } of texts_of(tree)) {
    const complain = (at, what, why) => found.push({ key: `${path} ${what}`,
      where: `${path}:${line + text.slice(0, at).split('\n').length - 1}`, why });
    for (const { 0: named, index } of text.matchAll(kPath))
      if (!has_path(tree, named.replace(/[.,]$/, ''))) complain(index, named, `${named} is not there`);
    for (const { 0: named, index } of text.matchAll(kFile))
      if (!names.has(named)) complain(index, named, `no file is called ${named}`);
    if (doc)
      for (const { 1: link, index } of text.matchAll(kLink)) {
        const parts = [...path.split('/').slice(0, -1), ...link.split('/')].filter((part) => part !== '.');
        const flat = parts.reduce((out, part) => (part === '..' ? out.slice(0, -1) : [...out, part]), []).join('/');
        if (!tree.has(flat)) complain(index, link, `the link ${link} leads nowhere`);
      }
    for (const { 1: suite, 2: name, 3: cut, index } of text.matchAll(kTest)) {
      if (!tests.has(suite) && name !== '*') continue;  // `Browser.close` is a DevTools method
      const there = tests.has(suite) && (name === '*' || tests.get(suite).some((one) => (cut ? one.startsWith(name) : one === name)));
      if (!there) complain(index, `${suite}.${name}`, `there is no test ${suite}.${name}`);
    }
    for (const { 1: quoted, index } of text.matchAll(kQuoted)) {
      const target = /^make ([a-z-]+)/.exec(quoted)?.[1];
      if (target && !targets.has(target)) complain(index, quoted, `make has no target ${target}`);
      const call = /^(?:\w+(?:::|\.|->))*([a-z]\w*_\w+)\(\)?$/.exec(quoted) ?? /^(?:wye::)?(?:\w+::)*([a-z]\w*)\(\)$/.exec(quoted);
      const type = /^(?:wye::)?(?:\w+::)*([A-Z][a-z0-9]+(?:[A-Z][a-z0-9]+)+)(?:::(\w+)\(?\)?)?$/.exec(quoted);
      for (const word of [call?.[1], type?.[1], type?.[2]])
        if (word && !words.has(word)) complain(index, quoted, `nothing is called ${word}`);
    }
  }
  found.push(...readmes(tree));
  return found;
}

// Checks what a folder's README names (`spool`, `ring`: …): files, folders, or functions and constants of its
// headers.
function readmes(tree) {
  const found = [];
  for (const path of tree.paths(/^(src|tests)\/.*README\.md$/)) {
    const folder = path.replace(/README\.md$/, '');
    const inside = tree.paths().filter((file) => file.startsWith(folder)).map((file) => file.slice(folder.length));
    const headers = inside.filter((file) => file.endsWith('.h')).map((file) => tree.text(folder + file)).join('\n');
    const is_there = (name) => inside.some((file) => file.startsWith(name + '/') || file.startsWith(name + '.') || file === name ||
        file.includes(`/${name}.`) || file.endsWith(`/${name}`)) || headers.includes(`${name}(`) || new RegExp(`\\b${name} =`).test(headers);
    const list = tree.text(path).replace(/^(?!- |  ).*$/gm, '');
    for (const { 1: names, index } of list.matchAll(/((?:`[a-z][\w/.-]*`(?:,? and |,\s+)?)+):\s/g))
      for (const [, name] of names.matchAll(/`([\w/.-]+)`/g)) {
        const plain = name.replace(/\/$/, '');
        if (!is_there(plain)) found.push({ key: `${path} ${name}`, why: `${folder}${plain} is not there`,
          where: `${path}:${list.slice(0, index).split('\n').length}` });
      }
  }
  return found;
}
