// Checks that each file is used: CMake names a source, an include a header, a link a document, and any text a
// script or picture.
import { kCpp } from '../tree.mjs';

const base = (path) => path.slice(path.lastIndexOf('/') + 1);
const stem = (path) => base(path).replace(/\.[^.]*$/, '');
// Files that other tools find by their places.
const kKnown = /(^|\/)(README\.md|CMakeLists\.txt|CMakePresets\.json|Makefile|LICENSE|package(-lock)?\.json|\.[^/]*)$|^(CHANGELOG|CONTRIBUTING|ARCHITECTURE|THREAT-MODEL)\.md$/;

function includes_of(tree) {
  const out = new Set();
  for (const path of tree.paths(kCpp))
    for (const [, name] of tree.text(path).matchAll(/^\s*#include ["<]([^">]+)[">]/gm)) {
      out.add(name);
      out.add(`${path.slice(0, path.lastIndexOf('/'))}/${name}`);
    }
  return out;
}

export function check(tree) {
  const included = includes_of(tree);
  const cmake = tree.paths(/(^|\/)CMakeLists\.txt$|\.cmake$/).map((path) => [path, tree.text(path)]);
  const texts = tree.paths().map((path) => [path, tree.text(path)]);
  const built = (path) => cmake.some(([list, text]) =>
    path.startsWith(list.replace(/[^/]*$/, '')) && new RegExp(`(^|[\\s/"(])${base(path).replace('.', '\\.')}([\\s)"]|$)`).test(text))
    || cmake.some(([list, text]) => path.startsWith(list.replace(/[^/]*$/, '')) && text.includes('${') && new RegExp(`[\\s(]${stem(path).replace(/_(fuzz|test|bench)$/, '(_$1)?')}[\\s)]`).test(text));
  const headed = (path) => [...included].some((name) => path === name || path.endsWith(`/${name}`));
  const named = (path) => texts.some(([other, text]) => other !== path && text.includes(base(path)));
  const named_by_stem = (path) => texts.some(([other, text]) => other !== path && /CMakeLists\.txt$/.test(other)
    && path.startsWith(other.replace(/[^/]*$/, '')) && new RegExp(`[\\s(]${stem(path).replace(/\.test$/, '')}[\\s)]`).test(text));

  const used = (path) => {
    if (/\.cc$/.test(path)) return built(path);
    if (/\.h$/.test(path)) return headed(path);
    return named(path) || named_by_stem(path);
  };
  return tree.paths().filter((path) => !kKnown.test(path) && !path.startsWith('tests/house/') && !used(path))
    .map((path) => ({ key: path, where: path, why: 'nothing uses it' }));
}
