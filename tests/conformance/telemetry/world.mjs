// A browser with telemetry, a page to show in it, and three readers of its events: stream, pages, archive.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { createServer } from 'node:http';
import Kernel from '@onkernel/sdk';
import WebSocket from 'ws';
import { setUpOn, startTogether, startWye } from '../server.mjs';

const WITHIN_MS = 30_000;

/** `type:category:fields` of docs/telemetry.md, from the program itself. */
function readReference() {
  const types = new Map();
  const text = execFileSync(process.env.WYE_BIN, ['internal', 'telemetry-reference'], { encoding: 'utf8' });
  const context = /`ctx` = `([^`]*)`/.exec(text)[1];
  for (const line of text.split('\n')) {
    const row = /^\| `(\w+)` \| (\w+) \|.*\| `([^`]*)` \|$/.exec(line);
    if (!row || !row[3].includes(':') && row[3] !== 'ctx') continue;
    const fields = new Map(row[3].replace(/\bctx\b/, context).split(' ').map((word) => {
      const [name, kind] = word.split(':');
      return [name.replace('*', ''), { kind, always: name.endsWith('*') }];
    }));
    types.set(row[1], { category: row[2], fields });
  }
  return types;
}
export const reference = readReference();

const KINDS = {
  s: (value) => typeof value === 'string',
  i: (value) => Number.isSafeInteger(value),
  n: (value) => typeof value === 'number',
  b: (value) => typeof value === 'boolean',
  o: (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  Stack: (value) => value.callFrames.every(({ functionName, scriptId, url, lineNumber, columnNumber }) => KINDS.s(functionName) && KINDS.s(scriptId) && KINDS.s(url) && KINDS.i(lineNumber) && KINDS.i(columnNumber)),
};

/** Every field that must be there is, none is there that is not of the type, each is of its kind. */
export function checkFields({ seq, event }) {
  const known = reference.get(event.type);
  assert.ok(known, `${event.type} is not in the reference`);
  assert.equal(event.category, known.category);
  assert.ok(Number.isSafeInteger(event.ts) && Math.abs(event.ts / 1000 - Date.now()) < 600_000, `${event.type} ts ${event.ts}`);
  const data = event.data ?? {};
  for (const [name, { kind, always }] of known.fields) {
    if (data[name] === undefined) {
      assert.ok(!always, `${seq} ${event.type} lacks ${name}: ${JSON.stringify(data).slice(0, 500)}`);
      continue;
    }
    const list = kind.endsWith('[]');
    const good = KINDS[kind.replace('[]', '')];
    assert.ok(list ? data[name].every(good) : good(data[name]), `${event.type}.${name} is no ${kind}: ${data[name]}`);
  }
  for (const name of Object.keys(data)) assert.ok(known.fields.has(name), `${event.type} has an unknown ${name}`);
}

/** A site on loopback from `{path: body | {type, body, status, headers} | (request, response) => …}`. */
export async function startPages(pages) {
  const server = createServer((request, response) => {
    const found = pages[request.url] ?? pages[request.url.split('?')[0]];
    if (typeof found === 'function') return found(request, response);
    if (found === undefined) return response.writeHead(404, { 'Content-Type': 'text/plain' }).end('nothing here');
    const { type = 'text/html; charset=utf-8', body = found, status = 200, headers = {} } = typeof found === 'object' && !Buffer.isBuffer(found) ? found : {};
    response.writeHead(status, { 'Content-Type': type, ...headers });
    response.end(body);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: (path = '/', host = 'host.wye.internal') => `http://${host}:${server.address().port}${path}`,
    stop: () => new Promise((resolve) => { server.closeAllConnections(); server.close(resolve); }),
  };
}

/** The smallest DevTools client: nothing is enabled but what a test asks for. */
export async function connectDevTools(url) {
  const socket = new WebSocket(url, { maxPayload: 512 * 1024 * 1024 });
  await once(socket, 'open');
  let last = 0;
  const waiting = new Map(), listeners = new Set();
  socket.on('message', (text) => {
    const message = JSON.parse(text);
    if (message.id === undefined) { for (const listener of listeners) listener(message); return; }
    const { resolve, reject, method } = waiting.get(message.id);
    waiting.delete(message.id);
    if (message.error) reject(new Error(`${method}: ${message.error.message}`));
    else resolve(message.result);
  });
  socket.on('close', () => { for (const { reject, method } of waiting.values()) reject(new Error(`${method}: closed`)); });
  const call = (method, params = {}, sessionId = undefined) => new Promise((resolve, reject) => {
    waiting.set(++last, { resolve, reject, method });
    socket.send(JSON.stringify({ id: last, method, params, sessionId }));
  });
  /** A page by its target; `run` evaluates in it and waits for promises. */
  const attach = async (targetId) => {
    const { sessionId } = await call('Target.attachToTarget', { targetId, flatten: true });
    const page = {
      targetId, sessionId,
      call: (method, params) => call(method, params, sessionId),
      go: (to) => call('Page.navigate', { url: to }, sessionId),
      async run(expression) {
        const { result, exceptionDetails } = await call('Runtime.evaluate', { expression, awaitPromise: true, returnByValue: true, userGesture: true }, sessionId);
        if (exceptionDetails) throw new Error(exceptionDetails.exception?.description ?? exceptionDetails.text);
        return result.value;
      },
      async click(x, y) {
        for (const type of ['mousePressed', 'mouseReleased']) await page.call('Input.dispatchMouseEvent', { type, x, y, button: 'left', clickCount: 1 });
      },
      async press(key, text = key) {
        await page.call('Input.dispatchKeyEvent', { type: 'keyDown', key, text });
        await page.call('Input.dispatchKeyEvent', { type: 'keyUp', key });
      },
    };
    return page;
  };
  return {
    call, attach,
    on: (listener) => { listeners.add(listener); return () => listeners.delete(listener); },
    first: async () => attach((await call('Target.getTargets')).targetInfos.find(({ type }) => type === 'page').targetId),
    open: async (to = 'about:blank') => attach((await call('Target.createTarget', { url: to })).targetId),
    close: () => { socket.close(); return once(socket, 'close'); },
  };
}

/** A browser of a private server, with the categories on. */
export async function startWorld({ categories = [], pages = {}, create = {} } = {}) {
  const [wye, site] = await startTogether(startWye(), startPages(pages));
  return setUpOn([wye, site], () => makeWorld({ wye, site, categories, create }));
}

async function makeWorld({ wye, site, categories, create }) {
  const client = new Kernel({ apiKey: wye.apiKey, baseURL: wye.baseURL, maxRetries: 0 });
  const on = (names) => Object.fromEntries(names.map((name) => [name, { enabled: true }]));
  const browser = await client.browsers.create({ headless: true, timeout_seconds: 300, telemetry: { browser: on(['control', ...categories]) }, ...create });
  const id = browser.session_id;
  const events = [], changed = [];
  const stream = await client.browsers.telemetry.stream(id, { replay: 'all' });
  const streaming = (async () => {
    for await (const envelope of stream) {
      events.push(envelope);
      for (const wake of changed.splice(0)) wake();
    }
  })().catch((error) => error);
  let devtools = await connectDevTools(browser.cdp_ws_url);
  const agent = (method, path, body) => {
    const target = new URL(browser.base_url + path);
    target.searchParams.set('jwt', new URL(browser.cdp_ws_url).searchParams.get('jwt'));
    return fetch(target, { method, headers: { 'Content-Type': 'application/json' }, body: body === undefined ? undefined : JSON.stringify(body) });
  };
  const world = {
    wye, site, client, browser, id, events, agent, on,
    get devtools() { return devtools; },
    /** To the Chromium that runs now. */
    reconnect: async () => devtools = await connectDevTools(browser.cdp_ws_url),
    /** The envelopes of these categories since the mark. */
    seen: (...wanted) => events.filter(({ event }) => wanted.includes(event.category) || wanted.includes(event.type)),
    /** Waits until the stream has brought what `is` looks for; returns it. */
    async until(is, what = String(is)) {
      const deadline = Date.now() + WITHIN_MS;
      for (;;) {
        const found = events.find(({ event, seq }) => is(event, seq));
        if (found) return found;
        const left = deadline - Date.now();
        if (left <= 0) assert.fail(`did not come: ${what}\nthere is ${events.map(({ event }) => event.type).join(' ')}\n${wye.output()}`);
        await new Promise((resolve) => { const timer = setTimeout(resolve, left); changed.push(() => { clearTimeout(timer); resolve(); }); });
      }
    },
    untilType: (type, and = () => true) => world.until((event) => event.type === type && and(event.data, event), type),
    /** An event of ours behind everything that was told so far. */
    async mark() {
      const answer = await agent('POST', '/telemetry/events', { type: 'mark', category: 'control' });
      assert.equal(answer.status, 200);
      const { seq } = await answer.json();
      await world.until((event, at) => at === seq, 'the mark');
      return seq;
    },
    async pull(query = {}) {
      const all = [];
      for await (const envelope of client.browsers.telemetry.events(id, { limit: 100, offset: 1, ...query })) all.push(envelope);
      return all;
    },
    /** Ends the browser; stream, pages before and archive after are the same, event for event. */
    async endAndCompare({ streamMayLose = false } = {}) {
      const closed = events.length;
      await devtools.close();
      await world.until((event, seq) => event.type === 'cdp_disconnect' && seq > closed, 'cdp_disconnect');
      await world.mark();
      const streamed = [...events];  // before the page, which may then have more
      const pulled = await world.pull();
      await client.browsers.deleteByID(id);
      await streaming;
      const archived = await world.pull();
      if (streamMayLose) {  // a reader that the ring has overtaken may have gaps, but no other fault
        const bySeq = new Map(pulled.map((envelope) => [envelope.seq, envelope]));
        for (const envelope of streamed) assert.deepEqual(envelope, bySeq.get(envelope.seq));
      } else {
        assert.deepEqual(pulled.slice(0, streamed.length), streamed);
      }
      assert.deepEqual(archived.slice(0, pulled.length), pulled);
      assert.deepEqual(archived.map(({ seq }) => seq), archived.map((_, i) => i + 1), 'no seq is missing or used twice');
      for (const envelope of archived) if (envelope.event.type !== 'mark') checkFields(envelope);
      return archived;
    },
    async stop() {
      stream.controller.abort();
      await Promise.all([wye.stop(), site.stop()]);
    },
  };
  return world;
}

/** Data without what differs from run to run, for comparing whole events. */
export function essence({ event }, ...leave) {
  const data = { ...event.data };
  for (const name of ['session_id', 'target_id', 'frame_id', 'loader_id', 'parent_frame_id', 'source_frame_id', 'request_id', 'headers', 'stack_trace', 'cdp_timestamp', ...leave]) delete data[name];
  return { type: event.type, ...data };
}
