// The REPL of a browser: runs cells one after the other, and keeps what they declare.
import { format } from 'node:util';
import { receive, send } from './channel.mjs';
import { useEndpoint } from './devtools.mjs';
import { makePageFunctions } from './page_functions.mjs';
import { runCell } from './repl_cell.mjs';

const LARGEST_IMAGE = 8 << 20;
const base64Of = (bytes) => Buffer.from(bytes).toString('base64');
const say = (channel, text) => send('text', `${channel}\n${text}`);

function emitImage(bytes, mimeType = 'image/png') {
  const data = typeof bytes === 'string' ? bytes : base64Of(bytes);
  if (data.length > Math.ceil(LARGEST_IMAGE / 3) * 4) throw new RangeError('an image may have 8 MiB');
  if (!/^image\/[a-z0-9.+-]{1,40}$/.test(mimeType)) throw new TypeError('the type must be that of an image');
  if (!/^[A-Za-z0-9+/]*={0,2}$/.test(data)) throw new TypeError('an image is bytes, or their base64');
  send('image', `${mimeType}\n${data}`);
}

// What a cell prints keeps its place among what it writes and shows.
for (const channel of ['stdout', 'stderr'])
  process[channel].write = (chunk, encoding, done) => {
    say(channel, typeof chunk === 'string' ? chunk : Buffer.from(chunk).toString('utf8'));
    (typeof encoding === 'function' ? encoding : done)?.();
    return true;
  };

const functions = makePageFunctions(emitImage);
globalThis.repl = { write: (...values) => say('write', format(...values)), emitImage, help: () => `${Object.keys(functions).join(' ')}; repl.write, repl.emitImage` };
globalThis.browser = { ...functions };
Object.assign(globalThis, functions);

process.on('uncaughtException', (error) => {
  send('uncaught', String(error?.stack ?? error).slice(0, 64 << 10));
  process.exit(7);
});
receive(async (_, command) => {
  useEndpoint(command.endpoint);
  const failed = await runCell(command.code);
  send(failed ? 'error' : 'done', `${command.id}\n${failed ? JSON.stringify(failed) : ''}`);
});
send('ready');
