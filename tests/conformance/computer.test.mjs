// Mouse, keyboard, screen and clipboard: what a page sees of the calls, on both legs, and what they refuse.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { createServer } from 'node:http';
import { inflateSync } from 'node:zlib';
import { once } from 'node:events';
import Kernel from '@onkernel/sdk';
import WebSocket from 'ws';
import { legsOf, startTogether, startWye } from './server.mjs';

let wye, site, client, browser, legs;

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

before(async () => {
  [wye, site] = await startTogether(startWye(), startPages());
  client = new Kernel({ apiKey: wye.apiKey, baseURL: wye.baseURL });
  browser = await client.browsers.create({ headless: true, timeout_seconds: 300, viewport: { width: 1280, height: 720 }, telemetry: { enabled: true } });
  legs = legsOf(wye, browser);
});
after(async () => {
  await wye?.stop();
  await site?.stop();
});

async function call(leg, path, body, { signal, method = 'POST' } = {}) {
  const answer = await fetch(`${leg.base}/${path}`, {
    method, signal, headers: { ...leg.headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
    ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }) });
  const bytes = Buffer.from(await answer.arrayBuffer());
  const type = answer.headers.get('content-type');
  return { status: answer.status, type, retry: answer.headers.get('x-should-retry'), source: answer.headers.get('x-wye-source'),
           bytes, json: type?.startsWith('application/json') ? JSON.parse(bytes) : undefined };
}
/** A call that must be done. */
async function act(path, body, leg = legs[1]) {
  const answer = await call(leg, `computer/${path}`, body);
  assert.equal(answer.status, 200, `${path} ${JSON.stringify(body)}: ${answer.bytes}`);
  return answer;
}
async function run(code) {
  const answer = await call(legs[1], 'playwright/execute', { code });
  assert.equal(answer.json.success, true, JSON.stringify(answer.json));
  return answer.json.result;
}
const inPage = (expression) => run(`return page.evaluate(() => (${expression}))`);
const events = (...types) => inPage('seen.splice(0)').then((all) => all.filter(({ type }) => types.length === 0 || types.includes(type)));
const open = (path = '/') => run(`await page.goto(${JSON.stringify(site.url(path))}); return true`);

/** A small reader of what Chromium and the agent write: 8 bits, RGB or RGBA. */
function readPng(bytes) {
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

test('a screenshot shows the page, and a click changes it', async () => {
  await open();
  for (const leg of legs) {
    const before = await act('screenshot', {}, leg);
    assert.equal(before.type, 'image/png');
    const png = readPng(before.bytes);
    const [width, height] = await inPage('[innerWidth, innerHeight]');
    assert.deepEqual([png.width, png.height], [width, height]);
    assert.deepEqual([png.at(60, 70), png.at(40, 70)], [[0, 0, 255], [255, 255, 255]]);
    await act('click_mouse', { x: 60, y: 70 }, leg);
    assert.deepEqual(readPng((await act('screenshot', undefined, leg)).bytes).at(60, 70), [0, 255, 0]);
    await inPage('box.style.background = "#00f"');
  }
  const clicks = await events('mousedown', 'mouseup', 'click');
  assert.deepEqual(clicks.map(({ type, x, y, button, buttons, detail, trusted }) => [type, x, y, button, buttons, detail, trusted]),
                   legs.flatMap(() => [['mousedown', 60, 70, 0, 1, 1, true], ['mouseup', 60, 70, 0, 0, 1, true], ['click', 60, 70, 0, 0, 1, true]]));
});

test('buttons, double clicks, held keys, and a button that stays down', async () => {
  await open();
  for (const [button, number] of [['left', 0], ['middle', 1], ['right', 2]]) {
    await act('click_mouse', { x: 200, y: 300, button, hold_keys: ['Ctrl', 'Shift_L'] });
    const down = (await events('mousedown'))[0];
    assert.deepEqual([down.button, down.buttons, down.ctrl, down.shift, down.alt], [number, [1, 4, 2][number], true, true, false], button);
  }
  await act('click_mouse', { x: 200, y: 300, num_clicks: 3 });
  assert.deepEqual((await events('click', 'dblclick')).map(({ type, detail }) => type + detail), ['click1', 'click2', 'dblclick2', 'click3']);
  await act('click_mouse', { x: 200, y: 300, click_type: 'down' });
  await act('move_mouse', { x: 210, y: 310, smooth: false });
  await act('click_mouse', { x: 220, y: 320, click_type: 'up' });
  assert.deepEqual((await events('mousedown', 'mousemove', 'mouseup')).map(({ type, x, y, buttons }) => [type, x, y, buttons]).filter(([, x]) => x > 200),
                   [['mousemove', 210, 310, 1], ['mousemove', 220, 320, 1], ['mouseup', 220, 320, 0]]);
  // Every key that was held is up again.
  await act('move_mouse', { x: 5, y: 5, smooth: false });
  const last = (await events()).at(-1);
  assert.deepEqual([last.ctrl, last.shift, last.buttons], [false, false, 0]);
});

test('the mouse moves smoothly or at once, and its position is known', async () => {
  await open();
  await act('move_mouse', { x: 10, y: 500, smooth: false });
  assert.deepEqual((await act('get_mouse_position', {})).json, { x: 10, y: 500 });
  await events();
  const began = performance.now();
  await act('move_mouse', { x: 910, y: 300, duration_ms: 400 });
  assert.ok(performance.now() - began >= 380);
  const moves = await events('mousemove');
  assert.deepEqual([moves.at(-1).x, moves.at(-1).y, (await act('get_mouse_position')).json], [910, 300, { x: 910, y: 300 }]);
  assert.ok(moves.length >= 8, `${moves.length} moves`);
  for (const [i, { x }] of moves.entries()) assert.ok(i === 0 || x >= moves[i - 1].x, 'it goes there and not back');
  const steps = moves.map(({ x }, i) => x - (moves[i - 1]?.x ?? 10));
  assert.ok(Math.max(...steps) > 2 * steps.at(-1), 'it slows down at the end');
  await act('move_mouse', { x: 20, y: 20, smooth: false });
  assert.equal((await events('mousemove')).length, 1);
});

test('drags follow their path, and drop what a page lets be dragged', async () => {
  await open();
  await act('drag_mouse', { path: [[60, 300], [160, 400], [260, 300]], smooth: false, steps_per_segment: 4, step_delay_ms: 20, hold_keys: ['Alt'] });
  const straight = await events('mousedown', 'mousemove', 'mouseup');
  const from = straight.findIndex(({ type }) => type === 'mousedown');
  assert.deepEqual(straight.slice(from).map(({ type, x, y, buttons, alt }) => [type, x, y, buttons, alt]),
                   [['mousedown', 60, 300, 1, true], ['mousemove', 85, 325, 1, true], ['mousemove', 110, 350, 1, true], ['mousemove', 135, 375, 1, true],
                    ['mousemove', 160, 400, 1, true], ['mousemove', 185, 375, 1, true], ['mousemove', 210, 350, 1, true], ['mousemove', 235, 325, 1, true],
                    ['mousemove', 260, 300, 1, true], ['mouseup', 260, 300, 0, true]]);
  await inPage(`(() => { text.insertAdjacentHTML('beforebegin', '<div id=a draggable=true style="position:absolute;left:20px;top:300px;width:80px;height:80px;background:red">a</div>' +
    '<div id=z style="position:absolute;left:400px;top:400px;width:90px;height:90px;background:gray"></div>');
    window.dropped = null; a.ondragstart = (e) => e.dataTransfer.setData('text/plain', 'payload');
    z.ondragover = (e) => e.preventDefault(); z.ondrop = (e) => { e.preventDefault(); dropped = e.dataTransfer.getData('text/plain') } })()`);
  await act('drag_mouse', { path: [[60, 340], [445, 445]], duration_ms: 500, delay: 50 });
  assert.equal(await inPage('dropped'), 'payload');
});

test('the wheel turns by ticks, down before right', async () => {
  await open();
  await inPage(`(() => { document.body.style.width = '9000px'; document.body.style.height = '9000px' })()`);
  await events();
  await act('scroll', { x: 100, y: 400, delta_y: 3, delta_x: 2 });
  // A listener that cannot stop the wheel is not waited for.
  await run(`await page.waitForFunction(() => seen.reduce((sum, { deltaX = 0 }) => sum + deltaX, 0) === 240)`);
  const wheel = await events('wheel');
  assert.equal(wheel.reduce((sum, { deltaY }) => sum + deltaY, 0), 360);
  assert.ok(wheel.every(({ x, y, trusted }) => x === 100 && y === 400 && trusted));
  assert.deepEqual(wheel.map(({ deltaX }) => deltaX !== 0), [...wheel.map(({ deltaX }) => deltaX !== 0)].sort());
  await run(`await page.waitForFunction(() => scrollY === 360 && scrollX === 240)`);
  await act('scroll', { x: 100, y: 400, delta_y: -3 });
  await run(`await page.waitForFunction(() => scrollY === 0)`);
});

const focus = () => inPage(`(() => { text.value = ''; text.focus(); seen.length = 0 })()`);
const typed = () => inPage('text.value');

test('text is typed as it is, whatever it holds', async () => {
  await open();
  for (const text of ['Hello, World! ~`{}|"<>?', 'naïve Größe 漢字 \u0627\u0644 e\u0301\u0302', '😀👩‍👩‍👧‍👦🇩🇪👍🏽', 'two\nlines\tand a tab', 'windows\r\nlines']) {
    await focus();
    // A tab would leave the field.
    await inPage(`(() => { text.onkeydown = (e) => { if (e.key === 'Tab') { e.preventDefault(); document.execCommand('insertText', false, '\\t') } } })()`);
    await act('type', { text }, legs[0]);
    assert.equal(await typed(), text.replace('\r\n', '\n'));
  }
  await focus();
  await act('type', { text: 'aB1!é😀\n' });
  assert.deepEqual((await events('keydown')).map(({ key, code, keyCode, shift, trusted }) => [key, code, keyCode, shift, trusted]),
                   [['a', 'KeyA', 65, false, true], ['B', 'KeyB', 66, true, true], ['1', 'Digit1', 49, false, true], ['!', 'Digit1', 49, true, true],
                    ['é', '', 0, false, true], ['😀', '', 0, false, true], ['Enter', 'Enter', 13, false, true]]);
  await focus();
  const long = Array.from({ length: 2000 }, (_, i) => String.fromCharCode(97 + i % 26)).join('');
  await act('type', { text: long });
  assert.equal(await typed(), long);
  await focus();
  await act('type', { text: 'slow', delay: 60 });
  const keys = await events('keydown');
  assert.equal(await typed(), 'slow');
  assert.ok(keys.at(-1).at - keys[0].at >= 150, 'a pause between the keys');
  await focus();
  await act('type', { text: 'as a hand types it', smooth: true, typo_chance: 0.1 });
  assert.equal(await typed(), 'as a hand types it');
});

test('keys by their X names, alone, together and held', async () => {
  await open();
  const rows = [['Return', 'Enter', 'Enter', 13, 0], ['Page_Up', 'PageUp', 'PageUp', 33, 0], ['KP_Enter', 'Enter', 'NumpadEnter', 13, 3], ['F5_no', null],
                ['Left', 'ArrowLeft', 'ArrowLeft', 37, 0], ['eacute', 'é', '', 0, 0], ['U20AC', '€', '', 0, 0], ['plus', '+', 'Equal', 187, 0],
                ['KP_7', '7', 'Numpad7', 103, 3], ['Control_R', 'Control', 'ControlRight', 17, 2], ['F12', 'F12', 'F12', 123, 0], ['Delete', 'Delete', 'Delete', 46, 0]];
  for (const [name, key, code, keyCode, location] of rows) {
    if (key === null) continue;
    await events();
    await act('press_key', { keys: [name] });
    const down = (await events('keydown')).at(-1);
    assert.deepEqual([down.key, down.code, down.keyCode, down.location, down.trusted], [key, code, keyCode, location, true], name);
  }
  await events();
  await act('press_key', { keys: ['Ctrl+Shift+Left'] });
  assert.deepEqual((await events()).map(({ type, key, ctrl, shift }) => [type, key, ctrl, shift]),
                   [['keydown', 'Control', true, false], ['keydown', 'Shift', true, true], ['keydown', 'ArrowLeft', true, true],
                    ['keyup', 'ArrowLeft', true, true], ['keyup', 'Shift', true, false], ['keyup', 'Control', false, false]]);
  await act('press_key', { keys: ['A', 'b'], hold_keys: ['Alt'] });
  assert.deepEqual((await events()).map(({ type, key, alt, shift }) => `${type} ${key} ${alt} ${shift}`),
                   ['keydown Alt true false', 'keydown Shift true true', 'keydown A true true', 'keyup A true true', 'keyup Shift true false',
                    'keydown b true false', 'keyup b true false', 'keyup Alt false false']);
  await act('press_key', { keys: ['w', 'd'], duration: 200 });
  const held = await events();
  assert.deepEqual(held.map(({ type, key }) => type + key), ['keydownw', 'keydownd', 'keyupd', 'keyupw']);
  assert.ok(held[2].at - held[1].at >= 190);
});

test('editing keys, and the clipboard both ways', async () => {
  await open();
  await focus();
  await act('type', { text: 'copy é😀 this' });
  await act('press_key', { keys: ['Ctrl+a', 'Ctrl+c', 'Delete'] });
  assert.equal(await typed(), '');
  for (const leg of legs) assert.deepEqual((await act('clipboard/read', undefined, leg)).json, { text: 'copy é😀 this' });
  for (const text of ['from outside\r\nwith "quotes" 漢\u0301 \u2028 </script>', 'x'.repeat(300_000), '']) {
    const written = await act('clipboard/write', { text }, legs[0]);
    assert.equal(written.bytes.length, 0);
    assert.equal((await act('clipboard/read', {})).json.text, text);
  }
  await act('clipboard/write', { text: 'pasted' });
  await inPage('text.focus()');
  await act('press_key', { keys: ['Ctrl+v', 'Return', 'Shift+Insert'] });
  assert.equal(await typed(), 'pasted\npasted');
  // A page that listens for everything notices neither reading nor writing, and no client sees the page where they happen.
  await inPage(`(() => { window.noticed = []; for (const type of ['copy', 'paste', 'blur', 'focus', 'visibilitychange']) { addEventListener(type, () => noticed.push(type), true); document.addEventListener(type, () => noticed.push(type), true) } })()`);
  await act('clipboard/write', { text: 'quiet' });
  assert.equal((await act('clipboard/read')).json.text, 'quiet');
  assert.deepEqual(await inPage('noticed'), []);
  const list = await (await fetch(browser.cdp_ws_url.replace('ws:', 'http:').replace('/browser/cdp', '/browser/cdp/json/list'))).json();
  assert.deepEqual(list.filter(({ url }) => !url.startsWith('chrome:')).map(({ type }) => type), ['page']);
});

test('a part of the screen has its own size and the same pixels', async () => {
  await open();
  for (const leg of legs) {
    const part = readPng((await act('screenshot', { region: { x: 40, y: 50, width: 60, height: 30 } }, leg)).bytes);
    assert.deepEqual([part.width, part.height, part.at(9, 10), part.at(10, 10), part.at(59, 29)], [60, 30, [255, 255, 255], [0, 0, 255], [0, 0, 255]]);
  }
  const { width, height } = readPng((await act('screenshot', {})).bytes);
  const whole = readPng((await act('screenshot', { region: { x: 0, y: 0, width, height } })).bytes);
  assert.deepEqual([whole.width, whole.height], [width, height]);
  await inPage(`document.body.style.height = '4000px'; scrollTo(0, 40)`.replace(/^(.*)$/, '(() => { $1 })()'));
  assert.deepEqual(readPng((await act('screenshot', { region: { x: 50, y: 20, width: 1, height: 1 } })).bytes).at(0, 0), [0, 0, 255]);
});

/** A browser that Playwright never connects to, since Playwright dismisses every dialog by itself. */
async function plainBrowser() {
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

test('a dialog is seen around, answered by keys, and blocks the rest', async () => {
  const own = await plainBrowser();
  const does = (path, body) => act(path, body, own.legs[1]);
  await own.evaluate(`box.onclick = () => { box.style.background = '#0f0'; window.answer = prompt('name?', 'nobody') }; 1`);
  const began = performance.now();
  await does('click_mouse', { x: 60, y: 70 });
  assert.ok(performance.now() - began < 5_000, 'nobody waits for the dialog');
  for (const leg of own.legs) {
    const png = readPng((await act('screenshot', { region: { x: 40, y: 50, width: 100, height: 20 } }, leg)).bytes);
    assert.deepEqual([png.width, png.height], [100, 20]);
  }
  for (const [path, body] of [['click_mouse', { x: 1, y: 1 }], ['scroll', { x: 1, y: 1, delta_y: 1 }], ['press_key', { keys: ['F2'] }], ['move_mouse', { x: 9, y: 9 }]]) {
    const refused = await call(own.legs[1], `computer/${path}`, body);
    assert.deepEqual([refused.status, refused.json?.code, refused.retry], [409, 'dialog_open', 'false'], path);
  }
  await does('type', { text: 'Zoë!' });
  await does('press_key', { keys: ['BackSpace', 'Return'] });
  assert.equal(await own.evaluate('answer'), 'Zoë');
  await does('click_mouse', { x: 60, y: 70 });
  await does('press_key', { keys: ['Return'] });
  assert.equal(await own.evaluate('answer'), 'nobody');
  await does('click_mouse', { x: 60, y: 70 });
  await does('press_key', { keys: ['Escape'] });
  assert.equal(await own.evaluate('answer'), null);
  // Held keys and the button are not down for the page after a dialog, even one that opened at their press.
  await own.evaluate(`addEventListener('mousedown', () => alert('down'), { once: true }); seen.length = 0; 1`);
  await does('click_mouse', { x: 400, y: 400, hold_keys: ['Control_L'] });
  await does('press_key', { keys: ['Return'] });
  await does('move_mouse', { x: 410, y: 410, smooth: false });
  const after = (await own.evaluate('seen')).filter(({ type }) => type === 'mousemove').at(-1);
  assert.deepEqual([after.buttons, after.ctrl], [0, false]);
  await own.end();
});

test('a dialog that is older than the first call is seen around, too', async () => {
  const own = await plainBrowser();
  await own.evaluate(`box.style.background = '#f00'; new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => {
    setTimeout(() => alert('early'), 0); resolve(1) })))`);
  const png = readPng((await act('screenshot', {}, own.legs[1])).bytes);
  assert.deepEqual([png.width, png.at(60, 70)], [800, [255, 0, 0]]);
  await own.end();
});

test('a page that does not react is still seen and clicked', async () => {
  await open();
  await inPage(`(() => { setTimeout(() => { const until = performance.now() + 6000; while (performance.now() < until); }, 50) })()`);
  const began = performance.now();
  await act('batch', { actions: [{ type: 'sleep', sleep: { duration_ms: 200 } }, { type: 'click_mouse', click_mouse: { x: 60, y: 70 } }] });
  assert.equal(readPng((await act('screenshot', {})).bytes).at(60, 70)[2], 255);
  assert.ok(performance.now() - began < 5_500, 'before the page reacts');
  await run(`await page.waitForFunction(() => box.style.background === 'rgb(0, 255, 0)')`);
});

test('keys of the browser itself, tabs, back and forward', async () => {
  await open('/one');
  await open('/two');
  // Playwright hears of a new tab a little later than DevTools' list.
  const shows = async (url) => { while (!(await run('return page.url()')).endsWith(url)); };
  await act('press_key', { keys: ['Alt+Left'] });
  await run(`await page.waitForFunction(() => location.pathname === '/one')`);
  await act('press_key', { keys: ['Alt+Right'] });
  await run(`await page.waitForFunction(() => location.pathname === '/two')`);
  await act('click_mouse', { x: 200, y: 300, button: 'back' });
  await run(`await page.waitForFunction(() => location.pathname === '/one')`);
  await inPage('window.old = true');
  await act('press_key', { keys: ['F5'] });
  await run('await page.waitForFunction(() => window.seen && !window.old)');
  await act('press_key', { keys: ['Ctrl+t'] });
  await shows('about:blank');
  assert.deepEqual((await act('screenshot', {})).type, 'image/png');
  await act('press_key', { keys: ['Ctrl+Tab'] });
  await shows('/one');
  assert.deepEqual(await events('keydown').then((all) => all.map(({ key }) => key)), ['Control'], 'the page has seen no Tab');
  await act('press_key', { keys: ['Ctrl+Page_Up'] });
  await shows('about:blank');
  await act('press_key', { keys: ['Ctrl+w'] });
  await shows('/one');
  for (const keys of ['Ctrl+n', 'Ctrl+Shift+t', 'Alt+F4']) {
    const refused = await call(legs[1], 'computer/press_key', { keys: [keys] });
    assert.deepEqual([refused.status, refused.json.code, refused.retry], [501, 'not_implemented', 'false'], keys);
  }
  // A tab that a click opens gets what follows.
  await inPage(`(() => { box.onclick = () => { window.open('/popup') } })()`);
  await act('click_mouse', { x: 60, y: 70 });
  await shows('/popup');
  await run('await page.waitForFunction(() => !!window.seen)');
  await act('click_mouse', { x: 61, y: 71 });
  assert.deepEqual((await events('click')).map(({ x, y }) => [x, y]), [[61, 71]]);
  await run('await page.close()');
});

test('a select is chosen from by keys', async () => {
  await open();
  await inPage(`(() => { document.body.insertAdjacentHTML('beforeend', '<select id=s style="position:absolute;left:20px;top:300px;width:200px"><option>one<option>two<option>three</select>') })()`);
  await act('click_mouse', { x: 60, y: 310 });
  await act('press_key', { keys: ['Down', 'Down', 'Return'] });
  assert.equal(await inPage('s.value'), 'three');
});

test('coordinates are those of the picture, whatever a client emulates', async () => {
  const inner = await run(`const other = await context.newPage(); await other.goto(${JSON.stringify(site.url('/dense'))});
    const session = await context.newCDPSession(other);
    await session.send('Emulation.setDeviceMetricsOverride', { width: 500, height: 400, deviceScaleFactor: 2, mobile: false });
    return other.evaluate(() => [innerWidth, innerHeight, devicePixelRatio])`);
  assert.deepEqual(inner, [500, 400, 2]);
  const png = readPng((await act('screenshot', {})).bytes);
  assert.deepEqual([png.width, png.height], [500, 400]);
  await act('click_mouse', { x: 60, y: 70 });
  assert.deepEqual(readPng((await act('screenshot', {})).bytes).at(60, 70), [0, 255, 0]);
  const refused = await call(legs[1], 'computer/click_mouse', { x: 500, y: 0 });
  assert.deepEqual([refused.status, refused.json.message], [400, 'coordinates exceed screen bounds (max: 499x399)']);
  await run(`await context.pages().find((one) => one.url().endsWith('/dense')).close()`);
});

test('a new size of the window is known at once', async () => {
  const size = async () => { const png = readPng((await act('screenshot', {})).bytes); return [png.width, png.height]; };
  await act('move_mouse', { x: 1, y: 1, smooth: false });
  const [width, height] = await size();
  const resized = await call(legs[0], 'display', { width: width + 200, height: height + 300 }, { method: 'PATCH' });
  assert.equal(resized.status, 200);
  await act('move_mouse', { x: width + 150, y: 100, smooth: false });
  assert.equal((await size())[0], width + 200);
});

test('a batch does its actions in one turn, and stops at the first that fails', async () => {
  await open();
  await focus();
  const first = act('batch', { actions: [{ type: 'drag_mouse', drag_mouse: { path: [[5, 400], [9, 400]], smooth: false, step_delay_ms: 0 } },
                                         { type: 'click_mouse', click_mouse: { x: 400, y: 100 } }, { type: 'type_text', type_text: { text: 'aaa' } },
                                         { type: 'sleep', sleep: { duration_ms: 600 } }, { type: 'type_text', type_text: { text: 'bbb' } },
                                         { type: 'press_key', press_key: { keys: ['Home'] } }, { type: 'set_cursor', set_cursor: { hidden: true } },
                                         { type: 'scroll', scroll: { x: 5, y: 5, delta_y: 1 } }, { type: 'move_mouse', move_mouse: { x: 7, y: 8, smooth: false } }] }, legs[0]);
  await run(`await page.waitForFunction(() => text.value === 'aaa')`);
  let later = false;
  const second = act('type', { text: 'ccc' }).then(() => { later = true; });
  const began = performance.now();
  await act('screenshot', {});
  assert.ok(!later && performance.now() - began < 500, 'a picture waits for nobody');
  await first;
  assert.equal(later, false);
  await second;
  assert.equal(await typed(), 'cccaaabbb', 'calls do not mix');
  const failed = await call(legs[1], 'computer/batch', { actions: [{ type: 'press_key', press_key: { keys: ['x'] } }, { type: 'click_mouse', click_mouse: { x: 5000, y: 0 } },
                                                                    { type: 'press_key', press_key: { keys: ['y'] } }] });
  assert.deepEqual([failed.status, failed.json.code, failed.retry], [400, 'bad_request', 'false']);
  assert.match(failed.json.message, /^actions\[1\]: coordinates exceed screen bounds \(max: \d+x\d+\)$/);
  assert.equal(await typed(), 'cccxaaabbb');
});

test('what a call holds is released when its client goes away, and the next one comes', async () => {
  for (const [path, body, begun] of [
    ['press_key', { keys: ['w'], duration: 60_000, hold_keys: ['Shift_L'] }, 'keydown W'],
    ['drag_mouse', { path: [[60, 300], [200, 300]], delay: 60_000, hold_keys: ['Control_L'] }, 'mousedown undefined'],
    ['batch', { actions: [{ type: 'sleep', sleep: { duration_ms: 10 } }, { type: 'press_key', press_key: { keys: ['w'], duration: 50_000 } }] }, 'keydown w'],
    ['type', { text: 'slow'.repeat(100), delay: 1_000 }, 'keydown s'],
  ]) {
    await open();
    await focus();
    const gone = new AbortController();
    const asked = call(legs[1], `computer/${path}`, body, { signal: gone.signal });
    await run(`await page.waitForFunction((begun) => seen.some(({ type, key }) => type + ' ' + key === begun), ${JSON.stringify(begun)})`);
    gone.abort();
    await assert.rejects(asked);
    await act('move_mouse', { x: 20, y: 400, smooth: false });
    const all = await events();
    const last = all.at(-1);
    assert.deepEqual([last.type, last.buttons, last.ctrl, last.shift], ['mousemove', 0, false, false], path);
    for (const key of ['W', 'w', 'Shift', 'Control', 's'])
      assert.equal(all.filter((e) => e.type === 'keydown' && e.key === key).length > 0, all.filter((e) => e.type === 'keyup' && e.key === key).length > 0, `${path} ${key}`);
  }
});

test('as many calls wait as may, and no more', async () => {
  await open();
  await focus();
  const gone = new AbortController();
  const holder = call(legs[1], 'computer/press_key', { keys: ['F2'], duration: 60_000 }, { signal: gone.signal }).catch(() => {});
  await run(`await page.waitForFunction(() => seen.some(({ key }) => key === 'F2'))`);
  const answers = [];
  let surplus;
  const refused = new Promise((resolve) => { surplus = resolve; });
  const calls = Array.from({ length: 40 }, () => call(legs[1], 'computer/type', { text: 'q' }).then(({ status, json }) => {
    answers.push([status, json?.code]);
    if (answers.length === 8) surplus();
  }));
  await refused;
  assert.deepEqual(answers, Array(8).fill([429, 'rate_limited']));
  gone.abort();
  await Promise.all([holder, ...calls]);
  assert.deepEqual(answers.slice(8), Array(32).fill([200, undefined]));
  assert.equal(await typed(), 'q'.repeat(32));
});

test('both legs refuse the same, byte for byte', async () => {
  const far = 5000;
  const many = (n, one) => Array.from({ length: n }, () => one);
  const bad = {
    click_mouse: [{}, { x: 1 }, { y: 1 }, { x: '1', y: 1 }, { x: 1.5, y: 1 }, { x: -1, y: 1 }, { x: far, y: 1 }, { x: 1, y: far }, { x: 1e18, y: 1 }, { x: 1, y: 1, button: 'top' },
                  { x: 1, y: 1, button: 1 }, { x: 1, y: 1, click_type: 'hold' }, { x: 1, y: 1, num_clicks: 0 }, { x: 1, y: 1, num_clicks: 101 }, { x: 1, y: 1, hold_keys: ['Nonsense'] },
                  { x: 1, y: 1, hold_keys: 'Ctrl' }, { x: 1, y: 1, hold_keys: many(9, 'Ctrl') }, '[]', '{', 'null', '"x"'],
    move_mouse: [{}, { x: 1, y: far }, { x: -1, y: -1 }, { x: 1, y: 1, duration_ms: 49 }, { x: 1, y: 1, duration_ms: 5001 }, { x: 1, y: 1, smooth: 'yes' }, { x: 1, y: 1, hold_keys: ['a+'] }],
    drag_mouse: [{}, { path: [] }, { path: [[1, 1]] }, { path: [[1, 1], [2]] }, { path: [[1, 1], [2, 2, 2]] }, { path: [[1, 1], ['2', 2]] }, { path: [[1, 1], [far, 2]] }, { path: [[1, 1], 2] },
                 { path: many(1001, [1, 1]) }, { path: [[1, 1], [2, 2]], button: 'back' }, { path: [[1, 1], [2, 2]], delay: -1 }, { path: [[1, 1], [2, 2]], duration_ms: 10_001 },
                 { path: [[1, 1], [2, 2]], steps_per_segment: 0 }, { path: [[1, 1], [2, 2]], step_delay_ms: -1 }, { path: [[1, 1], [2, 2]], hold_keys: ['no such key'] }],
    scroll: [{}, { x: 1, y: 1 }, { x: 1, y: 1, delta_x: 0, delta_y: 0 }, { x: 1, y: 1, delta_y: 1001 }, { x: far, y: 1, delta_y: 1 }, { x: 1, y: 1, delta_y: 'down' }, { delta_y: 1 }],
    type: [{}, { text: 5 }, { text: null }, { text: 'a', delay: -1 }, { text: 'a', delay: 60_001 }, { text: 'a', smooth: 1 }, { text: 'a', typo_chance: 0.2 }, { text: 'a', typo_chance: -1 },
           { text: '\u0001' }, { text: 'x'.repeat(100_001) }, '{"text":"\\ud800"}'],
    press_key: [{}, { keys: [] }, { keys: 'Return' }, { keys: ['Retrun'] }, { keys: [''] }, { keys: ['+a'] }, { keys: ['Ctrl+'] }, { keys: [5] }, { keys: many(101, 'a') },
                { keys: [many(9, 'a').join('+')] }, { keys: ['a'], duration: -1 }, { keys: ['a'], duration: 60_001 }, { keys: ['a'], hold_keys: ['Hyper_X'] }, { keys: ['0xffffffff'] }, { keys: ['U110000'] }, { keys: ['UD800'] }],
    screenshot: [{ region: {} }, { region: { x: 0, y: 0, width: 0, height: 1 } }, { region: { x: -1, y: 0, width: 1, height: 1 } }, { region: { x: 0, y: 0, width: far, height: 1 } },
                 { region: { x: far, y: 0, width: 1, height: 1 } }, { region: [] }, { region: { x: 0, y: 0, width: '1', height: 1 } }, '['],
    cursor: [{}, { hidden: 'yes' }, { hidden: null }],
    get_mouse_position: ['[]', '{', '5'],
    'clipboard/read': ['[]', '{'],
    'clipboard/write': [{}, { text: 5 }, { text: 'x'.repeat(4 * 1024 * 1024 + 1) }],
    batch: [{}, { actions: [] }, { actions: many(101, { type: 'sleep', sleep: { duration_ms: 0 } }) }, { actions: [{}] }, { actions: [{ type: 'fly' }] }, { actions: [{ type: 'scroll' }] },
            { actions: [{ type: 'sleep', sleep: { duration_ms: 30_001 } }] }, { actions: [{ type: 'sleep', sleep: {} }] }, { actions: [{ type: 'click_mouse', click_mouse: { x: far, y: 1 } }] },
            { actions: [{ type: 'press_key', press_key: { keys: ['a'] } }, { type: 'press_key', press_key: { keys: ['nope'] } }] }, { actions: {} }],
  };
  await open();
  for (const [path, bodies] of Object.entries(bad))
    for (const body of bodies) {
      const [one, other] = [await call(legs[0], `computer/${path}`, body), await call(legs[1], `computer/${path}`, body)];
      const shown = `${path} ${JSON.stringify(body).slice(0, 200)}`;
      assert.deepEqual(one, other, shown);
      assert.equal(one.status, 400, `${shown}: ${one.bytes}`);
      assert.ok(one.json.code === 'bad_request' && one.json.message.length > 5, `${shown}: ${one.bytes}`);
      assert.equal(one.source, 'agent');
    }
  assert.deepEqual(await events(), [], 'nothing of it has reached the page');
  const large = `{"text":"${'x'.repeat(8 * 1024 * 1024)}"}`;
  for (const path of Object.keys(bad)) {
    const refused = await call(legs[1], `computer/${path}`, large);
    assert.deepEqual([refused.status, refused.json.code], [413, 'payload_too_large'], path);
    for (const leg of legs) assert.equal((await call(leg, `computer/${path}`, undefined, { method: 'GET' })).status, 405);
  }
  assert.equal((await call(legs[0], 'computer/type', large)).status, 413);
});

test('both legs answer the same, and each call is told', async () => {
  await open();
  const good = { click_mouse: { x: 1, y: 1 }, move_mouse: { x: 2, y: 2, smooth: false }, drag_mouse: { path: [[1, 1], [2, 2]], smooth: false, step_delay_ms: 0 }, scroll: { x: 1, y: 1, delta_y: 1 },
                 type: { text: 'a' }, press_key: { keys: ['a'] }, cursor: { hidden: false }, get_mouse_position: {}, 'clipboard/write': { text: 'b' }, 'clipboard/read': {}, screenshot: {},
                 batch: { actions: [{ type: 'sleep', sleep: { duration_ms: 0 } }] } };
  const json = { cursor: { ok: true }, get_mouse_position: { x: 1, y: 1 }, 'clipboard/read': { text: 'b' } };
  for (const [path, body] of Object.entries(good)) {
    const [one, other] = [await act(path, body, legs[0]), await act(path, body, legs[1])];
    assert.deepEqual(one, other, path);
    assert.deepEqual(one.json, json[path], path);
    if (!json[path] && path !== 'screenshot') assert.deepEqual([one.bytes.length, one.type], [0, null], path);
  }
  const told = new Map();
  for await (const { event } of client.browsers.telemetry.events(browser.session_id, { category: ['control'], order: 'desc' })) {
    if (event.type === 'api_call' && !told.has(event.data.operation_id)) told.set(event.data.operation_id, event.data);
    if (told.size >= 13) break;
  }
  const operations = ['batchComputerAction', 'clickMouse', 'dragMouse', 'getMousePosition', 'moveMouse', 'pressKey', 'readClipboard', 'scroll', 'setCursor', 'takeScreenshot', 'typeText', 'writeClipboard'];
  assert.deepEqual([...told.keys()].filter((name) => name !== 'executePlaywrightCode').sort(), operations);
  for (const name of operations) assert.deepEqual(Object.keys(told.get(name)).sort(), ['duration_ms', 'operation_id', 'request_id', 'status'], name);
});

test('the SDK has all of it', async () => {
  await open();
  const { computer } = client.browsers;
  const id = browser.session_id;
  await computer.clickMouse(id, { x: 400, y: 100 });
  await computer.typeText(id, { text: 'sdk' });
  await computer.pressKey(id, { keys: ['Return'] });
  await computer.moveMouse(id, { x: 5, y: 5 });
  assert.deepEqual(await computer.getMousePosition(id), { x: 5, y: 5 });
  await computer.scroll(id, { x: 5, y: 5, delta_y: 1 });
  await computer.dragMouse(id, { path: [[1, 1], [5, 5]] });
  assert.deepEqual(await computer.setCursorVisibility(id, { hidden: true }), { ok: true });
  await computer.writeClipboard(id, { text: 'by the SDK' });
  assert.deepEqual(await computer.readClipboard(id), { text: 'by the SDK' });
  await computer.batch(id, { actions: [{ type: 'click_mouse', click_mouse: { x: 400, y: 100 } }, { type: 'press_key', press_key: { keys: ['z'] } }] });
  const png = Buffer.from(await (await computer.captureScreenshot(id, { region: { x: 0, y: 0, width: 10, height: 20 } })).arrayBuffer());
  assert.deepEqual([readPng(png).width, readPng(png).height], [10, 20]);
  assert.equal(await typed(), 'sdk\nz');
});

test('the next Chromium takes what comes after the end of one', async () => {
  await run(`const session = await browser.newBrowserCDPSession(); await session.send('Browser.close').catch(() => {})`).catch(() => {});
  const shot = await call(legs[1], 'computer/screenshot', {});
  assert.ok([200, 503].includes(shot.status), String(shot.bytes));
  await act('click_mouse', { x: 5, y: 5 });
  assert.equal((await act('screenshot', {})).type, 'image/png');
  assert.deepEqual((await act('get_mouse_position')).json, { x: 5, y: 5 });
});
