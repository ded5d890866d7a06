// A client's TypeScript or JavaScript as a function.
import { createRequire, stripTypeScriptTypes } from 'node:module';
import { constants, Script } from 'node:vm';

const FILE = '/opt/wye/node/code.ts';
const HEAD = '(async (page, context, browser, require) => {';
const require = createRequire(import.meta.url);

// Types are taken out by putting blanks in their place, so that lines and columns of errors are the client's. Enums and the like need more.
function withoutTypes(source) {
  try {
    return stripTypeScriptTypes(source, { mode: 'strip' });
  } catch (error) {
    if (error.code === 'ERR_UNSUPPORTED_TYPESCRIPT_SYNTAX') return stripTypeScriptTypes(source, { mode: 'transform' });
    throw error;
  }
}

/** Returns an async function (page, context, browser) with the code as its body; throws a SyntaxError. */
export function compile(code) {
  const script = new Script(withoutTypes(`${HEAD}${code}\n})`), {
    filename: FILE, columnOffset: -HEAD.length, importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER });
  const run = script.runInThisContext();
  return (page, context, browser) => run(page, context, browser, require);
}
