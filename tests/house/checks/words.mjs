// Checks for words that the project does without (banned_words.txt): in names of files and types, and in
// prose.
import { comments_of, script_comments_of, code_of } from '../cpp_text.mjs';
import { kCpp, kDocs } from '../tree.mjs';

const kList = 'tests/house/banned_words.txt';

// Reads the sections `[names]` and `[prose]`, with a word or phrase in each line.
export function read_list(text) {
  const lists = { names: [], prose: [] };
  let into;
  for (const row of text.split('\n')) {
    const line = row.replace(/\s*#.*$/, '').trim();
    const section = /^\[(\w+)\]$/.exec(line);
    if (section) into = lists[section[1]];
    else if (line !== '') into.push(line);
  }
  return lists;
}

// Splits the name of a file or type into words: `NetworkHelper`, `network_helper`, `bench/common`.
const words_of = (name) => name.replace(/([a-z0-9])([A-Z])/g, '$1_$2').toLowerCase().split(/[^a-z0-9]+/);

function prose_of(tree, path) {
  const text = tree.text(path);
  if (kDocs.test(path)) return [{ line: 1, text: text.replace(/```[\s\S]*?```|`[^`\n]*`/g, (code) => code.replace(/[^\n]/g, ' ')) }];
  const comments = kCpp.test(path) ? comments_of(text) : script_comments_of(path, text);
  return comments.map(({ line, text: comment }) => ({ line, text: comment.replace(/`[^`\n]*`/g, (code) => ' '.repeat(code.length)) }));
}

export function check(tree) {
  const { names, prose } = read_list(tree.text(kList));
  const found = [], places = new Map();
  const in_name = (name, where) => {
    for (const word of words_of(name))
      if (names.includes(word)) found.push({ key: name, where, why: `the name ${name} says "${word}": name what it is` });
  };
  const folders = new Set(tree.paths().map((path) => path.replace(/\/[^/]*$/, '')));
  for (const folder of folders) in_name(folder, folder);
  const phrase = new RegExp(`(?<![\\w-])(${prose.map((word) => word.replace(/\s+/g, '\\s+')).join('|')})(?![\\w-])`, 'gi');
  for (const path of tree.paths()) {
    if (path.startsWith('tests/house/')) continue;
    in_name(path.replace(/.*\//, ''), path);
    if (kCpp.test(path))
      for (const [, type] of code_of(tree.text(path)).matchAll(/\b(?:class|struct|namespace)\s+(\w+)/g)) in_name(type, path);
    if (prose.length === 0) continue;
    for (const { line, text } of prose_of(tree, path))
      for (const said of text.matchAll(phrase)) {
        const word = said[1].toLowerCase().replace(/\s+/g, ' ');
        const place = `${path}:${line + text.slice(0, said.index).split('\n').length - 1}`;
        places.set(word, [...(places.get(word) ?? []), place]);
      }
  }
  for (const [word, at] of places)
    found.push({ key: word, size: at.length, where: at.join('\n'), why: `"${word}" is said ${at.length} times: say it without` });
  return found;
}
