// Mouse, keyboard and clipboard: what a page sees of the calls.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { startWorld } from './world.mjs';

let world, site, browser, wye, legs, act, run, inPage, events, open, focus, typed;
before(async () => {
  world = await startWorld();
  ({ site, browser, wye, legs, act, run, inPage, events, open, focus, typed } = world);
});
after(() => world?.stop());

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

test('a select is chosen from by keys', async () => {
  await open();
  await inPage(`(() => { document.body.insertAdjacentHTML('beforeend', '<select id=s style="position:absolute;left:20px;top:300px;width:200px"><option>one<option>two<option>three</select>') })()`);
  await act('click_mouse', { x: 60, y: 310 });
  await act('press_key', { keys: ['Down', 'Down', 'Return'] });
  assert.equal(await inPage('s.value'), 'three');
});
