// A Playwright executor: runs a client's code with `page`, `context` and `browser`, one call after the other.
import { connect, findPage } from './browser_link.mjs';
import { receive, send } from './channel.mjs';
import { compile } from './code.mjs';
import { restore } from './pristine.mjs';

const LARGEST_RESULT = 16 << 20, LONGEST_ERROR = 64 << 10;
const stringify = JSON.stringify, text = String, sizeOf = Buffer.byteLength.bind(Buffer);

let fail;  // ends the running call; code that it has left behind may throw when nobody awaits it

function messageOf(error) {
  try {
    return text(error?.message ?? error).slice(0, LONGEST_ERROR);
  } catch {
    return 'the code threw something that has no text';
  }
}

function serialise(value) {
  if (value === undefined) return '';
  const json = stringify(value);
  if (json === undefined) throw new TypeError(`the returned ${typeof value} has no JSON form`);
  if (sizeOf(json) > LARGEST_RESULT) throw new RangeError(`the result has more than ${LARGEST_RESULT >> 20} MiB of JSON`);
  return json;
}

async function settle(command, page) {
  const run = compile(command.code);
  const ended = new Promise((_, reject) => { fail = reject; });
  return serialise(await Promise.race([run(page, page.context(), page.context().browser()), ended]));
}

async function execute(command) {
  const say = (kind, body = '') => send(kind, `${command.id}\n${body}`);
  let page;
  try {
    const connection = await connect(command.endpoint);
    page = await findPage(connection, command);
  } catch (error) {
    return say('unreached', messageOf(error));
  }
  if (!page) return say('no_page');
  let kind = 'result', answer;
  try {
    answer = await settle(command, page);
  } catch (error) {
    [kind, answer] = ['error', messageOf(error)];
  }
  fail = undefined;
  let clean = false;
  try {
    clean = restore();
  } catch {}  // it has even taken away what that needs
  if (!clean) send('spent');
  say(kind, answer);
}

process.on('uncaughtException', (error) => {
  send('spent');
  fail?.(error);
});
process.on('unhandledRejection', (error) => { console.error('not awaited, and failed:', messageOf(error)); });
receive((_, command) => execute(command));
send('ready');
