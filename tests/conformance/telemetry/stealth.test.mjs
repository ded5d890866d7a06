// A `stealth` session with all categories on: a page that looks for traces finds none, and the documented
// events are reported.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { connectDevTools, essence, startWorld } from './world.mjs';

const icon = '<link rel=icon href=data:,>';
// Replaces, before anything else runs, every function that a foreign listener would have to use, and sets
// traps that DevTools' Runtime domain is known to touch.
const watcher = `
  window.noticed = [];
  const notice = (what) => noticed.push(what);
  Error.prepareStackTrace = (error, frames) => { notice('prepareStackTrace'); return 'x'; };
  for (const type of [EventTarget, Node, Element, Event, CustomEvent, UIEvent, MouseEvent, KeyboardEvent, ErrorEvent, PromiseRejectionEvent, Document, Window]) {
    for (const [name, found] of Object.entries(Object.getOwnPropertyDescriptors(type.prototype ?? {}))) {
      if (!found.configurable || name === 'constructor') continue;
      if (found.get) Object.defineProperty(type.prototype, name, { ...found, get() { if (window.armed) notice('get ' + type.name + '.' + name); return found.get.call(this); } });
      else if (typeof found.value === 'function') type.prototype[name] = function (...given) { if (window.armed) notice('call ' + type.name + '.' + name); return found.value.apply(this, given); };
    }
  }
  for (const name of ['CustomEvent', 'Event']) { const real = window[name]; window[name] = new Proxy(real, { construct(target, given) { if (window.armed) notice('new ' + name); return new target(...given); } }); }
  for (const name of ['bubbles', 'cancelable', 'composed', 'detail', 'toJSON', 'then']) Object.defineProperty(Object.prototype, name, { configurable: true, get() { if (window.armed) notice('Object.prototype.' + name); return undefined; } });
  const names = Object.getOwnPropertyNames(window).sort().join();
`;
let world, page;
const show = async (tab) => {
  await tab.go(world.site.url('/'));
  await tab.run('new Promise((resolve) => document.readyState === "complete" ? resolve() : addEventListener("load", resolve))');
};

before(async () => {
  world = await startWorld({
    categories: ['network', 'console', 'page', 'interaction', 'screenshot'],
    create: { stealth: true },
    pages: {
      '/': `<!doctype html>${icon}<script>${watcher}</script><button style="position:absolute;left:10px;top:10px;width:100px;height:30px">press</button><input style="position:absolute;left:10px;top:60px"><div style="height:3000px"></div>`,
      '/worker.js': { type: 'text/javascript', body: 'console.log("quiet worker"); setTimeout(() => { throw new Error("worker boom") }, 0)' },
      '/frame': '<!doctype html><script>console.log("quiet frame")</script>',
    },
  });
  page = await world.devtools.first();
  await show(page);
});
after(() => world?.stop());

/** What the page noticed while it laid its baits and was used. */
async function noticedBy(tab) {
  await tab.run(`{
    const element = document.createElement('i');
    window.armed = true;
    const bait = new Error('bait');
    Object.defineProperty(bait, 'stack', { get() { notice('stack of an error'); return ''; } });
    Object.defineProperty(bait, 'message', { get() { notice('message of an error'); return ''; } });
    const object = { get a() { notice('getter of a logged object'); return 1; }, toString() { notice('toString'); return ''; } };
    Object.defineProperty(element, 'id', { get() { notice('id of a logged element'); return ''; } });
    setTimeout(() => { console.log(object, element, bait); console.debug(bait); console.table([object]); console.error('said'); }, 0);
    setTimeout(() => { throw bait; }, 0);
    setTimeout(() => { Promise.reject(bait); Promise.reject('a word'); setTimeout(() => { window.baited = true; }, 20); }, 0);
  } 0`);
  await tab.click(30, 20);
  await tab.click(30, 70);
  await tab.press('k');
  await tab.call('Input.dispatchMouseEvent', { type: 'mouseWheel', x: 600, y: 300, deltaX: 0, deltaY: 100 });
  return async () => {
    assert.equal(await tab.run('window.baited'), true);
    return JSON.parse(await tab.run('armed = false, JSON.stringify(noticed)'));
  };
}

test('a page that looks for it finds no more than where nothing is on', async () => {
  const noticed = await noticedBy(page);
  for (const type of ['interaction_click', 'interaction_key', 'interaction_scroll_settled', 'console_log', 'page_load', 'network_response', 'monitor_screenshot']) await world.untilType(type);
  await world.untilType('console_error', (data) => data.text === 'Uncaught (in promise) a word');
  const here = await noticed();
  const bare = await world.client.browsers.create({ headless: true, stealth: true, timeout_seconds: 120 });
  const devtools = await connectDevTools(bare.cdp_ws_url);
  const tab = await devtools.first();
  await show(tab);
  const there = await noticedBy(tab);
  await tab.run('new Promise((resolve) => setTimeout(resolve, 600))');
  assert.deepEqual(here, await there());
  await devtools.close();
  await world.client.browsers.deleteByID(bare.session_id);
});

test('what the quiet console tells, and what it does not', async () => {
  await page.run(`setTimeout(() => { console.warn('plain', 1, { a: 1 }); }, 0); 0`);
  const logged = await world.untilType('console_log', (data) => data.text.startsWith('plain'));
  assert.deepEqual(essence(logged), { type: 'console_log', target_type: 'page', nav_seq: 1, url: world.site.url('/'), level: 'warning', text: 'plain 1 [object Object]' });
  await page.run(`setTimeout(() => { throw new TypeError('boom'); }, 0); 0`);
  const thrown = await world.untilType('console_error', (data) => /boom/.test(data.text));
  assert.equal(thrown.event.data.text, 'Uncaught TypeError: boom');
  assert.equal(thrown.event.data.stack_trace, undefined);
  await page.run(`new Worker('/worker.js'); const frame = document.createElement('iframe'); frame.src = '/frame'; document.body.append(frame); 0`);
  await world.untilType('console_log', (data) => data.text === 'quiet worker');
  await world.untilType('console_log', (data) => data.text === 'quiet frame');
  await world.untilType('console_error', (data) => /worker boom/.test(data.text));
  assert.deepEqual(world.seen('monitor'), []);
});

test('stream, pages and archive tell the same', async () => {
  await world.endAndCompare();
});
