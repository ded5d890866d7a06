// The REPL of a browser: state, limits, helpers, and its ends, on both legs.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import Kernel from '@onkernel/sdk';
import { startSite, startTogether, startWye } from './server.mjs';

let wye, site, browser, jwt;

before(async () => {
  [wye, site] = await startTogether(startWye(), startSite());
  browser = await new Kernel({ apiKey: wye.apiKey, baseURL: wye.baseURL }).browsers.create({ headless: true, timeout_seconds: 300 });
  jwt = new URL(browser.cdp_ws_url).searchParams.get('jwt');
});
after(async () => {
  await wye?.stop();
  await site?.stop();
});

const legs = () => [{ base: `${wye.baseURL}/browsers/${browser.session_id}`, key: wye.apiKey }, { base: browser.base_url, key: jwt }];
async function call(leg, body) {
  const answer = await fetch(`${leg.base}/repl`, { method: 'POST', headers: { authorization: `Bearer ${leg.key}` }, body: JSON.stringify(body) });
  return { status: answer.status, json: await answer.json() };
}
const cell = async (code, more) => (await call(legs()[0], { code, ...more })).json;
const text = ({ content = [] }) => content.map((item) => item.text).join('');
const wrote = async (code) => {
  const answer = await cell(code);
  assert.equal(answer.success, true, `${code}: ${answer.error}`);
  return text(answer);
};

test('what a cell declares stays, on either leg', async () => {
  const first = await call(legs()[0], { code: 'let a = 1; const b = 2; var c = 3; class D {}; function e() { return 4 }; a' });
  const second = await call(legs()[1], { code: 'repl.write(a + b + c + e(), typeof D)' });
  assert.deepEqual(Object.keys(first.json), ['repl_id', 'success', 'duration_ms']);
  assert.deepEqual(Object.keys(second.json), ['repl_id', 'success', 'content', 'duration_ms']);
  assert.equal(first.json.repl_id, second.json.repl_id);
  assert.deepEqual(second.json.content, [{ type: 'text', channel: 'write', text: '10 function' }]);
});

test('await and import() work at the top level; static import, return and types do not', async () => {
  assert.equal(await wrote('const fs = await import("node:fs"); const { chromium } = await import("playwright-core"); repl.write(typeof fs.readFileSync + typeof chromium.launch)'),
               'functionfunction');
  for (const code of ['import fs from "fs"', 'export const x = 1', 'return 1', 'const t: number = 1', '(']) {
    const { success, error, repl_terminated: over } = await cell(code);
    assert.deepEqual([success, over, /^SyntaxError/.test(error)], [false, undefined, true], code);
  }
  const thrown = await cell('function inner() { throw new TypeError("no") }; await 1; inner()');
  assert.deepEqual([thrown.success, thrown.error, /inner/.test(thrown.stack)], [false, 'TypeError: no', true]);
  assert.equal(await wrote('repl.write(a)'), '1', 'state outlives an exception');
});

test('content comes in its order and within its bounds', async () => {
  const { content } = await cell('repl.write("1"); console.log("2"); console.error("3"); repl.emitImage(new Uint8Array([1, 2, 3])); repl.write({ x: 1 })');
  assert.deepEqual(content, [{ type: 'text', channel: 'write', text: '1' }, { type: 'text', channel: 'stdout', text: '2\n' },
    { type: 'text', channel: 'stderr', text: '3\n' }, { type: 'image', mime_type: 'image/png', data_b64: 'AQID' }, { type: 'text', channel: 'write', text: '{ x: 1 }' }]);
  const much = await cell('for (let i = 0; i < 1000; i++) repl.write("x".repeat(1000))');
  assert.deepEqual([much.success, much.content_truncated, text(much).length], [true, true, 256 * 1024]);
  assert.match((await cell('repl.emitImage(new Uint8Array(9 << 20))')).error, /8 MiB/);
});

test('the helpers drive the browser', async () => {
  assert.equal(await wrote(`await gotoUrl(${JSON.stringify(site.url('/'))}); await waitForLoad(); repl.write((await pageInfo()).title)`), 'A small site');
  assert.equal(await wrote(`await gotoUrl('data:text/html,' + encodeURIComponent('<input id=i><button id=b onclick="document.title = i.value">Go</button><input id=f type=file>'));
    await waitForLoad(); await waitForElement('#b', { visible: true });
    await fillInput('#i', 'hello'); await typeText('!'); await pressKey('End'); await click('#b');
    repl.write(await js('document.title'), await browser.js('return i.value.length'))`), 'hello! 6');
  assert.match(await wrote('repl.write(await accessibilitySnapshot())'), /button "Go"/);
  assert.equal(await wrote(`(await import('node:fs')).writeFileSync('/tmp/up.txt', 'up'); await uploadFile('#f', '/tmp/up.txt'); repl.write(await js('f.files[0].name'))`), 'up.txt');
  assert.equal(await wrote('repl.write(await waitForNetworkIdle({ idleMs: 50 })); await scroll(10, 10, 100)'), 'true');
  assert.equal(await wrote(`const before = (await currentTab()).targetId; const added = await newTab('about:blank');
    repl.write((await listTabs()).length, (await currentTab()).targetId === added); await closeTab(added); await switchTab(before);
    repl.write(' ', (await currentTab()).targetId === before, await iframeTarget('none'), typeof (await cdp('Browser.getVersion')).product, Array.isArray(drainEvents()))`),
               '2 true  true null string true');
  assert.equal(await wrote(`const loaded = waitForEvent('Page.loadEventFired'); await gotoUrl(${JSON.stringify(site.url('/'))}); await loaded; await waitMs(1);
    repl.write((await httpGet(${JSON.stringify(site.url('/'))})).includes('A small site'), (await ensureRealTab()).title, process.env.CDP_ENDPOINT.slice(0, 14), repl.help().includes('gotoUrl'))`),
               'true A small site ws://127.0.0.1 true');
  const shot = await cell('await captureScreenshot()');
  assert.match(shot.content[0].data_b64, /^iVBOR/);
});

test('state survives a restart of Chromium', async () => {
  await cell(`await cdp('Browser.close').catch(() => {}); for (;;) { try { await cdp('Browser.getVersion'); await waitMs(10) } catch { break } }`);
  assert.equal(await wrote('repl.write(a, (await listTabs()).length > 0)'), '1 true');
});

test('reset, time limits, exits and uncaught errors end the state, and say so', async () => {
  let { repl_id: id } = await cell('1');
  const reset = await call(legs()[1], { code: '', reset: true });
  assert.deepEqual([reset.status, reset.json.success, reset.json.repl_id === id], [200, true, false]);
  for (const [code, error] of [['while (true) {}', /time limit of 1 s/], ['await new Promise(() => {})', /time limit/], ['process.exit(3)', /exit code 3/],
    ['setTimeout(() => { throw new Error("late") }, 1); await waitMs(500)', /late/], ['const all = []; for (;;) all.push({ many: [1, 2] })', /memory/],
    ['(await import("node:fs")).writeSync(4, "done 2\\n1\\n"); await waitMs(500)', /asked for/]]) {
    ({ repl_id: id } = await cell('var kept = 1'));
    const answer = await cell(code, { timeout_sec: code.includes('for (;;)') ? 30 : 1 });
    assert.deepEqual([answer.success, answer.repl_terminated, answer.repl_id], [false, true, id], code);
    assert.match(answer.error, error);
    const next = await cell('repl.write(typeof kept)');
    assert.deepEqual([text(next), next.repl_id === id], ['undefined', false], code);
  }
});

test('what is wrong is refused on both legs alike', async () => {
  for (const body of [{}, { code: '' }, { code: 1 }, { code: '1', timeout_sec: 0 }, { code: '1', timeout_sec: 301 }, { code: '1', other: 1 }, []]) {
    const [one, other] = [await call(legs()[0], body), await call(legs()[1], body)];
    assert.deepEqual(one, other);
    assert.equal(one.status, 400, JSON.stringify(body));
  }
});
