// Checks that a function fits on a screen.
import { functions_of } from '../cpp_scopes.mjs';
import { kCpp } from '../tree.mjs';

export const kMost = 70;

export function check(tree) {
  return tree.paths(kCpp).flatMap((path) =>
    functions_of(tree.text(path))
      .filter(({ lines }) => lines > kMost)
      .map(({ name, line, lines }) => ({ key: name, size: lines, where: `${path}:${line}`,
        why: `${name} has ${lines} lines; at most ${kMost}` })));
}
