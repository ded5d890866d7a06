// What the tests of mouse, keyboard, screen and clipboard share: a page that records, a browser, calls on both legs.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { inflateSync } from 'node:zlib';
import Kernel from '@onkernel/sdk';
import WebSocket from 'ws';
import { legsOf, setUpOn, startTogether, startWye } from '../server.mjs';

/** Tells by an element's colour, and records every event with what a program would look at. */
const PAGE = `<!doctype html><meta charset=utf-8><title>page</title>
<style>body { margin: 0; background: #fff } textarea { position: absolute; left: 300px; top: 0; width: 400px; height: 200px }
#box { position: absolute; left: 50px; top: 60px; width: 100px; height: 80px; background: #00f }</style>
<div id=box></div><textarea id=text></textarea>
<script>
window.seen = [];
const note = (e) => seen.push({ type: e.type, x: e.clientX, y: e.clientY, button: e.button, buttons: e.buttons, detail: e.detail,
  key: e.key, code: e.code, keyCode: e.keyCode, location: e.location, deltaX: e.deltaX, deltaY: e.deltaY, trusted: e.isTrusted,
  ctrl: e.ctrlKey, shift: e.shiftKey, alt: e.altKey, meta: e.metaKey, at: performance.now() });
for (const type of ['mousedown', 'mouseup', 'mousemove', 'click', 'dblclick', 'auxclick', 'contextmenu', 'wheel', 'keydown', 'keyup'])
  addEventListener(type, note, { capture: true, passive: true });
box.onclick = () => { box.style.background = '#0f0' };
</script>`;

async function startPages() {
  const server = createServer((request, response) => {
    response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
    response.end(PAGE);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: (path = '/') => `http://host.wye.internal:${server.address().port}${path}`,
           stop: () => new Promise((resolve) => { server.closeAllConnections(); server.close(resolve); }) };
}

export async function call(leg, path, body, { signal, method = 'POST' } = {}) {
  const answer = await fetch(`${leg.base}/${path}`, {
    method, signal, headers: { ...leg.headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }) });
  const bytes = Buffer.from(await answer.arrayBuffer());
  const type = answer.headers.get('content-type');
  return { status: answer.status, type, retry: answer.headers.get('x-should-retry'), source: answer.headers.get('x-wye-source'),
           bytes, json: type?.startsWith('application/json') ? JSON.parse(bytes) : undefined };
}
/** A call that must be done. */
export async function actOn(leg, path, body) {
  const answer = await call(leg, `computer/${path}`, body);
  assert.equal(answer.status, 200, `${path} ${JSON.stringify(body)}: ${answer.bytes}`);
  return answer;
}

/** A server, a site and a browser, with what the tests do to them: everything but `stop` works on the direct leg. */
export async function startWorld() {
  const [wye, site] = await startTogether(startWye(), startPages());
  return setUpOn([wye, site], async () => {
    const client = new Kernel({ apiKey: wye.apiKey, baseURL: wye.baseURL });
    const browser = await client.browsers.create({ headless: true, timeout_seconds: 300, viewport: { width: 1280, height: 720 }, telemetry: { enabled: true } });
    const legs = legsOf(wye, browser);
    const act = (path, body, leg = legs[1]) => actOn(leg, path, body);
    const run = async (code) => {
      const answer = await call(legs[1], 'playwright/execute', { code });
      assert.equal(answer.json.success, true, JSON.stringify(answer.json));
      return answer.json.result;
    };
    const inPage = (expression) => run(`return page.evaluate(() => (${expression}))`);
    return {
      wye, site, client, browser, legs, act, run, inPage,
      events: async (...types) => (await inPage('seen.splice(0)')).filter(({ type }) => types.length === 0 || types.includes(type)),
      open: (path = '/') => run(`await page.goto(${JSON.stringify(site.url(path))})`),
      focus: () => inPage(`(() => { text.value = ''; text.focus(); seen.length = 0 })()`),
      typed: () => inPage('text.value'),
      stop: async () => { await wye.stop(); await site.stop(); },
    };
  });
}

/** A small reader of what Chromium and the agent write: 8 bits, RGB or RGBA. */
export function readPng(bytes) {
  assert.equal(bytes.subarray(0, 8).toString('latin1'), '\x89PNG\r\n\x1a\n');
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  const pixel = bytes[25] === 6 ? 4 : 3;
  const data = [];
  for (let at = 8; at < bytes.length;) {
    const length = bytes.readUInt32BE(at);
    if (bytes.toString('latin1', at + 4, at + 8) === 'IDAT') data.push(bytes.subarray(at + 8, at + 8 + length));
    at += 12 + length;
  }
  const raw = inflateSync(Buffer.concat(data));
  const stride = width * pixel;
  assert.equal(raw.length, height * (stride + 1));
  const out = Buffer.alloc(height * stride);
  const paeth = (a, b, c) => {
    const [pa, pb, pc] = [Math.abs(b - c), Math.abs(a - c), Math.abs(a + b - 2 * c)];
    return pa <= pb && pa <= pc ? a : pb <= pc ? b : c;
  };
  for (let y = 0; y < height; ++y)
    for (let i = 0; i < stride; ++i) {
      const left = i < pixel ? 0 : out[y * stride + i - pixel], above = y === 0 ? 0 : out[(y - 1) * stride + i];
      const corner = y === 0 || i < pixel ? 0 : out[(y - 1) * stride + i - pixel];
      const guess = [0, left, above, (left + above) >> 1, paeth(left, above, corner)][raw[y * (stride + 1)]];
      out[y * stride + i] = raw[y * (stride + 1) + 1 + i] + guess;
    }
  return { width, height, at: (x, y) => [...out.subarray((y * width + x) * pixel, (y * width + x) * pixel + 3)] };
}

/** A browser that Playwright never connects to, since Playwright dismisses every dialog by itself. */
export async function plainBrowser({ wye, client, site }) {
  const own = await client.browsers.create({ headless: true, timeout_seconds: 120, viewport: { width: 800, height: 600 } });
  const socket = new WebSocket(own.cdp_ws_url);
  await once(socket, 'open');
  const waiting = new Map();
  socket.on('message', (text) => {
    const { id, result, error } = JSON.parse(text);
    waiting.get(id)?.(result ?? { error });
  });
  const send = (method, params = {}, sessionId) => new Promise((resolve) => {
    waiting.set(waiting.size + 1, resolve);
    socket.send(JSON.stringify({ id: waiting.size, method, params, sessionId }));
  });
  const { targetInfos } = await send('Target.getTargets');
  const { targetId } = targetInfos.find(({ type }) => type === 'page');
  const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true });
  const evaluate = async (expression) => {
    const { result } = await send('Runtime.evaluate', { expression, returnByValue: true, awaitPromise: true }, sessionId);
    return result.value;
  };
  await send('Page.navigate', { url: site.url() }, sessionId);
  while (await evaluate('document.readyState === "complete" && !!window.seen') !== true);
  return { legs: legsOf(wye, own), evaluate, send: (method, params) => send(method, params, sessionId),
           browser: own, end: async () => { socket.close(); await client.browsers.deleteByID(own.session_id); } };
}
