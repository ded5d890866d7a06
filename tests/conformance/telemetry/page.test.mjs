// The category page: tabs, navigations, load, layout, settled, crashes.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { essence, startWorld } from './world.mjs';

const icon = '<link rel=icon href=data:,>';
let world, page;

before(async () => {
  world = await startWorld({
    categories: ['page'],
    pages: {
      '/': `<!doctype html>${icon}<title>one</title><h1 id=big>A large enough heading</h1>`,
      '/frames': `<!doctype html>${icon}<iframe src=/inner></iframe>`,
      '/inner': '<!doctype html>in',
      // Moves 300 ms after load, which restarts the second of settling.
      '/shifts': `<!doctype html>${icon}<style>body{margin:0}#box{height:0}p{font-size:60px}</style><div id=box></div><p id=text>This text will be pushed down by what is above it</p>
        <script>addEventListener('load', () => setTimeout(() => { document.getElementById('box').style.height = '400px'; }, 300))</script>`,
      '/opener': `<!doctype html>${icon}<script>function go() { window.open('/inner'); }</script>`,
    },
  });
  page = await world.devtools.first();
});
after(() => world?.stop());

const since = (seq) => world.seen('page').filter((envelope) => envelope.seq > seq);

test('the blank page that is there is told nothing of', async () => {
  await world.mark();
  assert.deepEqual(world.seen('page'), []);
});

test('a navigation from its document to settled', async () => {
  const seq = await world.mark();
  await page.go(world.site.url('/'));
  await world.untilType('page_navigation_settled');
  const events = since(seq);
  const url = world.site.url('/');
  const context = { target_type: 'page', nav_seq: 1, url };
  assert.deepEqual(events.filter(({ event }) => event.type !== 'page_lcp').map((envelope) => essence(envelope)), [
    { type: 'page_navigation', url, target_type: 'page' }, { type: 'page_dom_content_loaded', ...context }, { type: 'page_load', ...context },
    { type: 'page_layout_settled', ...context }, { type: 'page_navigation_settled', ...context },
  ]);
  const of = (type) => events.find(({ event }) => event.type === type).event;
  assert.equal(of('page_navigation').data.loader_id, of('page_load').data.loader_id);
  assert.equal(of('page_load').data.frame_id, page.targetId);
  assert.ok(of('page_load').data.cdp_timestamp >= of('page_dom_content_loaded').data.cdp_timestamp);
  const quiet = (of('page_layout_settled').ts - of('page_load').ts) / 1000;
  assert.ok(quiet >= 950, `settled ${quiet} ms after load`);
  const paint = of('page_lcp').data;
  assert.equal(paint.lcp_details.element_id, 'big');
  assert.ok(paint.lcp_details.size > 1000);
  assert.ok(Math.abs(paint.lcp_details.render_time - Date.now()) < 600_000, 'in milliseconds since 1970');
});

test('frames navigate too, but load and settle with their page', async () => {
  const seq = await world.mark();
  await page.go(world.site.url('/frames'));
  await world.untilType('page_navigation_settled', (data) => data.nav_seq === 2);
  const events = since(seq).filter(({ event }) => event.type !== 'page_lcp' && event.type !== 'page_layout_shift');
  // The frame's navigation and the page's DOMContentLoaded race each other; the rest does not.
  const types = events.map(({ event }) => event.type);
  assert.equal(types[0], 'page_navigation');
  assert.deepEqual(types.slice(1, 3).sort(), ['page_dom_content_loaded', 'page_navigation']);
  assert.deepEqual(types.slice(3), ['page_load', 'page_layout_settled', 'page_navigation_settled']);
  const inner = events.find(({ event }) => event.data.url === world.site.url('/inner')).event;
  assert.equal(inner.type, 'page_navigation');
  assert.equal(inner.data.parent_frame_id, page.targetId);
});

test('a layout shift is told, and begins the settling anew', async () => {
  const seq = await world.mark();
  await page.go(world.site.url('/shifts'));
  await world.untilType('page_layout_settled', (data) => data.nav_seq === 3);
  const events = since(seq);
  const of = (type) => events.find(({ event }) => event.type === type).event;
  const shift = of('page_layout_shift');
  assert.ok(shift.data.layout_shift_details.value > 0);
  assert.equal(shift.data.layout_shift_details.had_recent_input, false);
  assert.equal(shift.data.source_frame_id, page.targetId);
  assert.equal(shift.data.duration, 0);
  assert.ok(Math.abs(shift.data.time - shift.ts / 1000) < 5000);
  assert.ok((of('page_layout_settled').ts - shift.ts) / 1000 >= 950, 'a second after the shift, not after load');
});

test('a navigation inside a document is none', async () => {
  const seq = await world.mark();
  await page.run(`history.pushState({}, '', '/pushed')`);
  await world.mark();
  assert.deepEqual(since(seq).map(({ event }) => event.type), []);
});

test('tabs: opened by a client, and by a page', async () => {
  const second = await world.devtools.open(world.site.url('/opener'));
  const opened = await world.untilType('page_tab_opened');
  assert.deepEqual(essence(opened), { type: 'page_tab_opened', target_type: 'page', url: world.site.url('/opener') });
  await world.untilType('page_load', (data) => data.url === world.site.url('/opener'));
  await second.run('go()');
  const popup = await world.untilType('page_tab_opened', (data) => data.opener_id === second.targetId);
  assert.equal(popup.event.data.url, world.site.url('/inner'));
  await world.untilType('page_load', (data) => data.target_id === popup.event.data.target_id);
});

test('pages that a client opens at an address: navigation, content and load of each, once', async () => {
  const seq = await world.mark();
  const opened = await Promise.all(Array.from({ length: 8 }, () => world.devtools.open(world.site.url('/'))));
  for (const { targetId } of opened) await world.untilType('page_navigation_settled', (data) => data.target_id === targetId);
  for (const { targetId } of opened) {
    const types = since(seq).filter(({ event }) => event.data.target_id === targetId).map(({ event }) => event.type);
    assert.deepEqual(types.filter((type) => !/lcp|layout/.test(type)),
      ['page_tab_opened', 'page_navigation', 'page_dom_content_loaded', 'page_load', 'page_navigation_settled']);
    await world.devtools.call('Target.closeTarget', { targetId });
  }
});

test('a page that crashes', async () => {
  const crashing = await world.devtools.open(world.site.url('/'));
  await world.untilType('page_load', (data) => data.target_id === crashing.targetId);
  crashing.go('chrome://crash').catch(() => {});
  const { event } = await world.untilType('page_crashed');
  assert.deepEqual([event.data.target_id, event.data.target_type], [crashing.targetId, 'page']);
  assert.equal(event.data.url, world.site.url('/'));
  // The page still exists, and works again once it is reloaded.
  await crashing.go(world.site.url('/inner'));
  await world.untilType('page_load', (data) => data.target_id === crashing.targetId && data.url === world.site.url('/inner'));
});

test('stream, pages and archive tell the same', async () => {
  await world.endAndCompare();
});
