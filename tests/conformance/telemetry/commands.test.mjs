// `cdp_command`: the commands of clients, with and without compression, and nothing that a user typed.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { after, before, test } from 'node:test';
import puppeteer from 'puppeteer-core';
import WebSocket from 'ws';
import { checkFields, startWorld } from './world.mjs';

const SECRET = 'hunter2-geheim';
const EXCLUDED = ['Input.dispatchMouseEvent', 'Emulation.setFocusEmulationEnabled'];
const capture = (excluded_methods) => ({ browser: { control: { enabled: true, cdp: excluded_methods && { excluded_methods } } } });
let world;

before(async () => {
  world = await startWorld({
    pages: { '/': '<!doctype html><title>form</title><input type="password" autofocus><button>go</button>' },
    create: { telemetry: capture(EXCLUDED) },
  });
});
after(() => world?.stop());

/** A client of its own: `send` whole messages; `end` leaves and returns what telemetry says of it. */
async function connect({ compressed }) {
  await world.mark();  // earlier connections are told by then
  const known = new Set(world.seen('cdp_connect').map(({ seq }) => seq));
  const socket = new WebSocket(world.browser.cdp_ws_url, { perMessageDeflate: compressed && { threshold: 0 } });
  await once(socket, 'open');
  assert.equal(socket.extensions.includes('permessage-deflate'), compressed);
  const { event } = await world.until(({ type }, seq) => type === 'cdp_connect' && !known.has(seq), 'cdp_connect');
  const id = event.data.connection_id;
  const answers = new Map();
  socket.on('message', (text) => { const { id: of } = JSON.parse(text); answers.get(of)?.(); });
  let last = 0;
  const ask = (method, params = {}, { fragments = 1 } = {}) => new Promise((resolve) => {
    answers.set(++last, resolve);
    const text = JSON.stringify({ id: last, method, params });
    const size = Math.ceil(text.length / fragments);
    for (let at = 0; at < text.length; at += size) socket.send(text.slice(at, at + size), { fin: at + size >= text.length });
  });
  const commands = () => world.seen('cdp_command').map(({ event: { data } }) => data).filter(({ connection_id }) => connection_id === id);
  const end = async () => {
    socket.close();
    return (await world.until(({ type, data }) => type === 'cdp_disconnect' && data.connection_id === id, 'cdp_disconnect')).event.data;
  };
  return { id, ask, commands, end };
}

for (const compressed of [false, true]) {
  test(`commands of a client that ${compressed ? 'compresses' : 'does not compress'} are told in their order`, async () => {
    const client = await connect({ compressed });
    await client.ask('Browser.getVersion');
    await client.ask('Target.createTarget', { url: `data:text/html,${SECRET}`, width: 300, height: 200 }, { fragments: 3 });
    await client.ask('Runtime.evaluate', { returnByValue: true, expression: `"${SECRET}${'x'.repeat(3_000_000)}"` });
    await Promise.all(Array.from({ length: 500 }, () => client.ask('Page.bringToFront')));
    await client.ask('Emulation.setFocusEmulationEnabled', { enabled: true });
    const ended = await client.end();
    await world.mark();
    const told = client.commands();
    assert.deepEqual(told.slice(0, 2), [
      { method: 'Target.createTarget', connection_id: client.id, command_id: 2, arguments: { url_scheme: 'data', width: 300, height: 200 } },
      { method: 'Runtime.evaluate', connection_id: client.id, command_id: 3, arguments: { return_by_value: true }, cut: true },
    ]);
    assert.deepEqual(told.slice(2).map(({ method, command_id }) => [method, command_id]), Array.from({ length: 500 }, (_, i) => ['Page.bringToFront', 4 + i]));
    assert.equal(ended.telemetry_excluded, 1);
    assert.equal(ended.telemetry_dropped, 0);
  });
}

test('a form that puppeteer fills in is told by its keys\' names and lengths', async () => {
  const browser = await puppeteer.connect({ browserWSEndpoint: world.browser.cdp_ws_url, defaultViewport: null });
  const page = await browser.newPage();
  await page.goto(world.site.url('/'));
  await page.click('button');
  await page.focus('input');
  await page.keyboard.type(SECRET);
  await page.keyboard.press('Enter');
  assert.equal(await page.$eval('input', (input) => input.value), SECRET);
  const before = world.events.length;
  await browser.disconnect();
  const { event: { data: ended } } = await world.until(({ type }, seq) => type === 'cdp_disconnect' && seq > before, 'cdp_disconnect');
  const told = world.seen('cdp_command').map(({ event }) => event.data).filter(({ connection_id }) => connection_id === ended.connection_id);
  const keys = told.filter(({ method }) => method === 'Input.dispatchKeyEvent');
  assert.equal(keys.length, 2 * SECRET.length + 2, 'each phase');
  assert.deepEqual(keys.slice(-2).map((command) => [command.arguments.type, command.arguments.key]), [['keyDown', 'Enter'], ['keyUp', 'Enter']]);
  assert.deepEqual(keys[0].arguments, { type: 'keyDown', key_length: 1, text_length: 1, modifiers: 0, auto_repeat: false, is_keypad: false });
  assert.match(keys[0].session_id, /^[0-9A-F]{32}$/);
  const navigated = told.find(({ method, arguments: given }) => method === 'Page.navigate' && given.url_scheme === 'http');
  assert.ok(navigated && Number.isSafeInteger(navigated.command_id));
  assert.ok(!told.some(({ method }) => EXCLUDED.includes(method)));
  assert.ok(ended.telemetry_excluded >= 3, 'moved, pressed and released');
  assert.equal(ended.telemetry_dropped, 0);
});

test('a change of telemetry holds for connections that are open', async () => {
  const client = await connect({ compressed: false });
  const update = (telemetry) => world.client.browsers.update(world.id, { telemetry });
  await client.ask('Page.bringToFront');
  assert.deepEqual((await update(capture(undefined))).telemetry.browser.control, { enabled: true });
  await client.ask('Page.stopLoading');
  assert.deepEqual((await update(capture([]))).telemetry.browser.control, { enabled: true, cdp: { excluded_methods: [] } });
  await client.ask('Page.reload');
  assert.equal((await update({ browser: { system: { enabled: true } } })).telemetry.browser.control.cdp.excluded_methods.length, 0);
  await client.ask('Input.dispatchMouseEvent');
  await client.end();
  assert.deepEqual(client.commands().map(({ method }) => method), ['Page.bringToFront', 'Page.reload', 'Input.dispatchMouseEvent']);
});

test('a method that is no command is refused by its name, on every way', async () => {
  const wrong = capture(['Page.close', 'Page.enable']);
  const names = /excluded_methods\[1\] \(Page\.enable\)/;
  await assert.rejects(world.client.browsers.update(world.id, { telemetry: wrong }), { status: 400, message: names });
  await assert.rejects(world.client.browsers.create({ headless: true, telemetry: wrong }), { status: 400, message: names });
  for (const method of ['PUT', 'PATCH']) {
    const answer = await world.agent(method, '/telemetry', wrong);
    assert.equal(answer.status, 400);
    assert.match(await answer.text(), names);
  }
});

test('no event holds what was typed, and each is as the reference says', async () => {
  await world.mark();
  const told = world.seen('cdp_command');
  assert.ok(told.length > 1000);
  told.forEach(checkFields);
  assert.ok(!JSON.stringify(world.events).includes(SECRET));
  assert.equal(world.events.at(-1).event.type, 'mark');
});
