import assert from 'node:assert/strict';

const prepare = ({ machine }) => machine.open();
const seen = async ({ machine }, ...types) => (await machine.inPage('seen')).filter(({ type }) => types.includes(type));
const typed = ({ machine }) => machine.inPage('text.value');
const bad = (call, bodies) => Object.fromEntries(Object.entries(bodies).map(([what, body]) =>
  [what, [400, 'bad_request', ({ browsers, id }) => browsers.computer[call](id, body)]]));
const EMPTY = { takesBrowser: true, status: 200, prepare };
const JSON_ANSWER = { ...EMPTY, type: 'application/json' };

export const computer = {
  'browsers.computer.clickMouse': {
    ...EMPTY, call: ({ browsers, id }) => browsers.computer.clickMouse(id, { x: 400, y: 100 }),
    proof: 'the page has a click there',
    effect: async (leg) => assert.deepEqual((await seen(leg, 'click')).map(({ x, y }) => [x, y]), [[400, 100]]),
    bad: bad('clickMouse', { 'no y': { x: 1 }, 'outside of the screen': { x: 5000, y: 1 }, 'a button that does not exist': { x: 1, y: 1, button: 'top' } }),
  },
  'browsers.computer.moveMouse': {
    ...EMPTY, call: ({ browsers, id }) => browsers.computer.moveMouse(id, { x: 20, y: 300, smooth: false }),
    proof: 'the page has the mouse there',
    effect: async (leg) => {
      const { x, y } = (await seen(leg, 'mousemove')).at(-1);
      assert.deepEqual([x, y], [20, 300]);
    },
    bad: bad('moveMouse', { 'no y': { x: 1 }, 'outside of the screen': { x: 1, y: 5000 }, 'too short a time': { x: 1, y: 1, duration_ms: 49 } }),
  },
  'browsers.computer.getMousePosition': {
    ...JSON_ANSWER, prepare: ({ machine }) => machine.ask('computer/move_mouse', { method: 'POST', body: JSON.stringify({ x: 33, y: 44, smooth: false }) }),
    call: ({ browsers, id }) => browsers.computer.getMousePosition(id),
    proof: 'where the mouse was moved to',
    effect: (_, position) => assert.deepEqual(position, { x: 33, y: 44 }),
    bad: { 'a body that is no object': [400, 'bad_request', ({ browsers, id }) => browsers.computer.getMousePosition(id, { body: [] })] },
  },
  'browsers.computer.dragMouse': {
    ...EMPTY, call: ({ browsers, id }) => browsers.computer.dragMouse(id, { path: [[10, 300], [60, 350]], smooth: false, step_delay_ms: 0 }),
    proof: 'the page has the button down at its begin and up at its end',
    effect: async (leg) => assert.deepEqual((await seen(leg, 'mousedown', 'mouseup')).map(({ type, x, y }) => [type, x, y]), [['mousedown', 10, 300], ['mouseup', 60, 350]]),
    bad: bad('dragMouse', { 'one point': { path: [[1, 1]] }, 'a point outside of the screen': { path: [[1, 1], [5000, 2]] },
                            'a button that cannot drag': { path: [[1, 1], [2, 2]], button: 'back' } }),
  },
  'browsers.computer.scroll': {
    ...EMPTY, call: ({ browsers, id }) => browsers.computer.scroll(id, { x: 20, y: 300, delta_y: 2 }),
    proof: 'the page has scrolled down',
    effect: async ({ machine }) => {
      await machine.run('await page.waitForFunction(() => scrollY > 0)');
      assert.ok((await seen({ machine }, 'wheel')).every(({ deltaY }) => deltaY > 0));
    },
    bad: bad('scroll', { 'no way': { x: 1, y: 1 }, 'outside of the screen': { x: 5000, y: 1, delta_y: 1 } }),
  },
  'browsers.computer.typeText': {
    ...EMPTY, call: ({ browsers, id }) => browsers.computer.typeText(id, { text: 'naïve 漢字' }),
    proof: 'the page has the text',
    effect: async (leg) => assert.equal(await typed(leg), 'naïve 漢字'),
    bad: bad('typeText', { 'no text': {}, 'a delay below 0': { text: 'a', delay: -1 } }),
  },
  'browsers.computer.pressKey': {
    ...EMPTY, call: ({ browsers, id }) => browsers.computer.pressKey(id, { keys: ['Shift+a', 'Return', 'b'] }),
    proof: 'the page has what the keys write',
    effect: async (leg) => assert.equal(await typed(leg), 'A\nb'),
    bad: bad('pressKey', { 'no keys': { keys: [] }, 'a key that does not exist': { keys: ['Retrun'] } }),
  },
  'browsers.computer.captureScreenshot': {
    ...EMPTY, type: 'image/png', call: ({ browsers, id }) => browsers.computer.captureScreenshot(id, { region: { x: 300, y: 0, width: 40, height: 30 } }),
    proof: 'a picture of that size, which changes with the page',
    effect: async ({ machine, browsers, id }, answer) => {
      const picture = Buffer.from(await answer.arrayBuffer());
      assert.deepEqual([picture.toString('latin1', 1, 4), picture.readUInt32BE(16), picture.readUInt32BE(20)], ['PNG', 40, 30]);
      await machine.inPage('text.style.background = "#0f0"');
      const other = Buffer.from(await (await browsers.computer.captureScreenshot(id, { region: { x: 300, y: 0, width: 40, height: 30 } })).arrayBuffer());
      assert.notDeepEqual(other, picture);
    },
    bad: bad('captureScreenshot', { 'a part without a size': { region: { x: 0, y: 0, width: 0, height: 1 } },
                                    'a part outside of the screen': { region: { x: 5000, y: 0, width: 1, height: 1 } } }),
  },
  'browsers.computer.setCursorVisibility': {
    ...JSON_ANSWER, call: ({ browsers, id }) => browsers.computer.setCursorVisibility(id, { hidden: true }),
    proof: 'the answer only: a headless screen shows no cursor',
    effect: (_, answer) => assert.deepEqual(answer, { ok: true }),
    bad: bad('setCursorVisibility', { 'no hidden': {}, 'hidden that is neither true nor false': { hidden: 'yes' } }),
  },
  'browsers.computer.writeClipboard': {
    ...EMPTY, call: ({ browsers, id }) => browsers.computer.writeClipboard(id, { text: 'copied' }),
    proof: 'the keys that paste give it to the page',
    effect: async ({ machine, ...leg }) => {
      const done = await machine.ask('computer/press_key', { method: 'POST', body: JSON.stringify({ keys: ['Ctrl+v'] }) });
      assert.equal(done.status, 200);
      assert.equal(await typed({ machine, ...leg }), 'copied');
    },
    bad: bad('writeClipboard', { 'no text': {}, 'a text that is none': { text: 5 } }),
  },
  'browsers.computer.readClipboard': {
    ...JSON_ANSWER,
    prepare: async ({ machine }) => {
      await machine.open();
      await machine.inPage('(text.value = "from the page", text.select())');
      await machine.ask('computer/press_key', { method: 'POST', body: JSON.stringify({ keys: ['Ctrl+c'] }) });
    },
    call: ({ browsers, id }) => browsers.computer.readClipboard(id),
    proof: 'what the keys that copy took from the page',
    effect: (_, answer) => assert.deepEqual(answer, { text: 'from the page' }),
    bad: { 'a body that is no object': [400, 'bad_request', ({ browsers, id }) => browsers.computer.readClipboard(id, { body: [] })] },
  },
  'browsers.computer.batch': {
    ...EMPTY, call: ({ browsers, id }) => browsers.computer.batch(id, { actions: [
      { type: 'click_mouse', click_mouse: { x: 400, y: 100 } }, { type: 'type_text', type_text: { text: 'both' } }, { type: 'press_key', press_key: { keys: ['Home'] } },
      { type: 'type_text', type_text: { text: 'of ' } }] }),
    proof: 'the page has the text, in the order of the actions',
    effect: async (leg) => assert.equal(await typed(leg), 'of both'),
    bad: bad('batch', { 'no actions': { actions: [] }, 'an action that does not exist': { actions: [{ type: 'fly' }] },
                        'an action outside of the screen': { actions: [{ type: 'click_mouse', click_mouse: { x: 5000, y: 1 } }] } }),
  },
};
