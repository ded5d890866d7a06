// The calls themselves: turns, releases, both legs, what is refused, and the SDK.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { call, readPng, startWorld } from './world.mjs';

let world, client, browser, legs, act, run, events, open, focus, typed;
before(async () => {
  world = await startWorld();
  ({ client, browser, legs, act, run, events, open, focus, typed } = world);
});
after(() => world?.stop());

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
