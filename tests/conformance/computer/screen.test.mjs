// Screenshots, dialogs, tabs and sizes, and pages that do not react.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { actOn, call, plainBrowser, readPng, startWorld } from './world.mjs';

let world, site, legs, act, run, inPage, events, open;
before(async () => {
  world = await startWorld();
  ({ site, legs, act, run, inPage, events, open } = world);
});
after(() => world?.stop());

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

test('a dialog is seen around, answered by keys, and blocks the rest', async () => {
  const own = await plainBrowser(world);
  const does = (path, body) => actOn(own.legs[1], path, body);
  await own.evaluate(`box.onclick = () => { box.style.background = '#0f0'; window.answer = prompt('name?', 'nobody') }; 1`);
  const began = performance.now();
  await does('click_mouse', { x: 60, y: 70 });
  assert.ok(performance.now() - began < 5_000, 'nobody waits for the dialog');
  for (const leg of own.legs) {
    const png = readPng((await actOn(leg, 'screenshot', { region: { x: 40, y: 50, width: 100, height: 20 } })).bytes);
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
  const own = await plainBrowser(world);
  await own.evaluate(`box.style.background = '#f00'; new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(() => {
    setTimeout(() => alert('early'), 0); resolve(1) })))`);
  const png = readPng((await actOn(own.legs[1], 'screenshot', {})).bytes);
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

test('the next Chromium takes what comes after the end of one', async () => {
  await run(`const session = await browser.newBrowserCDPSession(); await session.send('Browser.close').catch(() => {})`).catch(() => {});
  const shot = await call(legs[1], 'computer/screenshot', {});
  assert.ok([200, 503].includes(shot.status), String(shot.bytes));
  await act('click_mouse', { x: 5, y: 5 });
  assert.equal((await act('screenshot', {})).type, 'image/png');
  assert.deepEqual((await act('get_mouse_position')).json, { x: 5, y: 5 });
});
