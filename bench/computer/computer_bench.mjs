// Measures screenshots, clicks and typed text, beside what a DevTools client takes for the same on the same
// page, in turns. usage: WYE_BIN=… node computer_bench.mjs [rounds = 40]
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { legsOf, startWye } from '../../tests/conformance/server.mjs';

const require = createRequire(new URL('../../tests/conformance/package.json', import.meta.url));
const WebSocket = require('ws');
const rounds = Number(process.argv[2] ?? 40);
const TEXT = 'The quick brown fox jumps over the lazy dog, twice over. '.repeat(2).slice(0, 100);
const PAGE = `data:text/html,<!doctype html><body style="margin:0;font:15px sans-serif"><textarea id=t style="width:600px;height:60px"></textarea>
  <div style="columns:4">${'<p>A page of text, as there are many, with <a href="">links</a> and <b>some emphasis</b> in it.</p>'.repeat(160)}</div>`;

const wye = await startWye();
try {
  const headers = { Authorization: `Bearer ${wye.apiKey}`, 'Content-Type': 'application/json' };
  const create = { method: 'POST', headers, body: JSON.stringify({ headless: true, viewport: { width: 1920, height: 1080 } }) };
  const browser = await (await fetch(`${wye.baseURL}/browsers`, create)).json();
  const leg = legsOf(wye, browser)[1];
  const socket = new WebSocket(browser.cdp_ws_url, { maxPayload: 1 << 28 });
  await once(socket, 'open');
  const waiting = new Map();
  let last = 0;
  socket.on('message', (text) => {
    const { id, result, error } = JSON.parse(text);
    if (id === undefined) return;
    if (error) throw new Error(error.message);
    waiting.get(id)(result);
  });
  const send = (method, params = {}, sessionId = undefined) => new Promise((resolve) => {
    waiting.set(++last, resolve);
    socket.send(JSON.stringify({ id: last, method, params, sessionId }));
  });
  const { targetInfos } = await send('Target.getTargets');
  const { targetId } = targetInfos.find(({ type }) => type === 'page');
  const { sessionId } = await send('Target.attachToTarget', { targetId, flatten: true });
  await send('Page.navigate', { url: PAGE }, sessionId);
  const evaluate = async (expression) => (await send('Runtime.evaluate', { expression, awaitPromise: true }, sessionId)).result.value;
  await evaluate('new Promise((resolve) => document.readyState === "complete" ? resolve() : addEventListener("load", resolve))');
  await evaluate('t.focus()');

  const computer = async (path, body) => {
    const answer = await fetch(`${leg.base}/computer/${path}`, { method: 'POST', headers: leg.headers, body: JSON.stringify(body) });
    const bytes = await answer.arrayBuffer();
    if (!answer.ok) throw new Error(`${path}: ${answer.status} ${Buffer.from(bytes)}`);
  };
  const mouse = (type) => send('Input.dispatchMouseEvent', { type, x: 300, y: 30, button: 'left', clickCount: 1 }, sessionId);
  const cases = {
    'screenshot': [() => computer('screenshot', {}), () => send('Page.captureScreenshot', {}, sessionId)],
    'screenshot, a part': [() => computer('screenshot', { region: { x: 100, y: 100, width: 400, height: 300 } }),
                           () => send('Page.captureScreenshot', { clip: { x: 100, y: 100, width: 400, height: 300, scale: 1 } }, sessionId)],
    'click': [() => computer('click_mouse', { x: 300, y: 30 }),
              async () => { await mouse('mouseMoved'); await mouse('mousePressed'); await mouse('mouseReleased'); }],
    'type 100 characters': [() => computer('type', { text: TEXT }), async () => {
      for (const text of TEXT) {
        await send('Input.dispatchKeyEvent', { type: 'keyDown', text, key: text }, sessionId);
        await send('Input.dispatchKeyEvent', { type: 'keyUp', key: text }, sessionId);
      }
    }],
  };
  const percentile = (values, part) => [...values].sort((a, b) => a - b)[Math.floor(part * (values.length - 1))];
  console.log(`1920×1080, a page of text, ${rounds} rounds; ms at p50 (p90)`);
  for (const [name, ways] of Object.entries(cases)) {
    const times = [[], []];
    for (let round = -2; round < rounds; ++round)  // two to warm up
      for (const at of round % 2 === 0 ? [0, 1] : [1, 0]) {
        await evaluate('t.value = ""');
        const begin = performance.now();
        await ways[at]();
        if (round >= 0) times[at].push(performance.now() - begin);
      }
    const [own, client] = times.map((all) => `${percentile(all, 0.5).toFixed(1)} (${percentile(all, 0.9).toFixed(1)})`);
    console.log(`  ${name.padEnd(20)} computer ${own.padStart(14)}   by DevTools ${client.padStart(14)}   ` +
                `ratio ${(percentile(times[0], 0.5) / percentile(times[1], 0.5)).toFixed(2)}`);
  }
  socket.close();
} finally {
  await wye.stop();
}
