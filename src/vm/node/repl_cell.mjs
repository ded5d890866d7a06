// Cells of a REPL: declarations stay, `await` and `import()` work at the top level. V8's own mode for consoles does that, but for `import()`,
// which becomes a call of ours.
import { parse } from 'acorn';
import { Session } from 'node:inspector';
import { pathToFileURL } from 'node:url';

const IMPORT = '__wyeImport';
const session = new Session();
session.connect();
// Files are named from the working directory, packages from where this file is.
const importNow = (name) => import(/^\.{0,2}\//.test(String(name)) ? pathToFileURL(String(name)).href : String(name));
Object.defineProperty(globalThis, IMPORT, { value: importNow });

function* importsIn(node) {
  if (node === null || typeof node !== 'object') return;
  if (node.type === 'ImportExpression') yield node.start;
  for (const [key, value] of Object.entries(node)) {
    if (key === 'type') continue;
    if (Array.isArray(value)) for (const one of value) yield* importsIn(one);
    else if (value?.type) yield* importsIn(value);
  }
}

function withOurImport(code) {
  let tree;
  try {
    tree = parse(code, { ecmaVersion: 'latest', sourceType: 'script', allowAwaitOutsideFunction: true });
  } catch {
    return code;  // V8 says what is wrong with it
  }
  let out = code;
  for (const at of [...importsIn(tree)].sort((a, b) => b - a)) out = out.slice(0, at) + IMPORT + out.slice(at + 'import'.length);
  return out;
}

/** Runs a cell to its end; returns undefined, or `{ error, stack }`. */
export function runCell(code) {
  return new Promise((resolve) => {
    session.post('Runtime.evaluate', { expression: withOurImport(code), replMode: true, awaitPromise: true, silent: true }, (refused, answer) => {
      const details = answer?.exceptionDetails;
      if (!refused && !details) return resolve(undefined);
      const text = details?.exception?.description ?? String(details?.exception?.value ?? details?.text ?? refused?.message);
      const lines = text.split('\n'), ours = lines.findIndex((line) => line.includes('node:inspector'));
      resolve({ error: lines[0], stack: lines.slice(0, ours < 0 ? undefined : ours).join('\n') });
    });
  });
}
