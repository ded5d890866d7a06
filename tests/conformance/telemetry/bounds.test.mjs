// Pages that make too many events: the agent's memory stays bounded, losses are counted and reported, a second session is not affected.
import assert from 'node:assert/strict';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { after, before, test } from 'node:test';
import { startWorld } from './world.mjs';

const icon = '<link rel=icon href=data:,>';
const AGENT_MAY_GROW_KB = 96 * 1024 * Number(process.env.WYE_TEST_MEMORY_SHARE ?? 1);
let world, page, agent, baseline;

/** The agent of this session's VM, as the host sees it. */
function findAgent(id) {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (readlinkSync(`/proc/${pid}/fd/2`).includes(id) && /wye-vm/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
          && /NSpid:.*\t1\n/.test(readFileSync(`/proc/${pid}/status`, 'utf8'))) return pid;
    } catch { continue; }
  }
  throw new Error('no agent');
}
/** The most that it ever held. */
const peak = () => Number(/VmHWM:\s+(\d+)/.exec(readFileSync(`/proc/${agent}/status`, 'utf8'))[1]);
/** Prints what a test cost, which the bound alone does not tell. */
function assertBounded(what) {
  const grown = peak() - baseline;
  console.log(`${what}: the agent's memory grew by ${grown} KiB at most, from ${baseline} KiB`);
  assert.ok(grown < AGENT_MAY_GROW_KB, `the agent grew by ${grown} KiB`);
}
const calm = async () => {
  await page.go(world.site.url('/'));
  await page.run('new Promise((resolve) => document.readyState === "complete" ? resolve() : addEventListener("load", resolve))');
};
const state = async () => (await world.agent('GET', '/telemetry')).json();

before(async () => {
  world = await startWorld({
    categories: ['network', 'console', 'page', 'interaction'],
    pages: {
      '/': `<!doctype html>${icon}<title>calm</title>`,
      '/small': 'x',
      '/frame': 'x',
      '/frames': `<!doctype html>${icon}${'<iframe src=/frame></iframe>'.repeat(5000)}`,
      '/huge': (_, response) => {
        response.writeHead(200, { 'Content-Type': 'text/plain' });
        const piece = Buffer.alloc(1 << 20, 'x');
        let left = 100;
        const more = () => { while (left > 0) { --left; if (!response.write(piece)) return response.once('drain', more); } response.end(); };
        more();
      },
    },
  });
  page = await world.devtools.first();
  await page.go(world.site.url('/'));
  await world.untilType('page_load');
  agent = findAgent(world.id);
  baseline = peak();
});
after(() => world?.stop());

test('a page that logs megabytes without end', async () => {
  const began = (await state()).seq;
  const logged = {};  // as fast as Chromium takes them, which is less than 10,000 a second for the long ones
  logged.megabytes = await page.run(`new Promise((resolve) => { const end = performance.now() + 800, long = 'é'.repeat(500000); let many = 0;
    (function again() { for (let i = 0; i < 20; ++i, ++many) console.log(long + i, { long }); if (performance.now() < end) setTimeout(again); else resolve(many); })(); })`);
  logged.short = await page.run(`new Promise((resolve) => { const end = performance.now() + 400; let many = 0;
    (function again() { for (let i = 0; i < 2000; ++i, ++many) console.log('short', i); if (performance.now() < end) setTimeout(again); else resolve(many); })(); })`);
  await page.run(`for (let i = 0; i < 2500; ++i) console.log('m'.repeat(8000), i); console.log('it is over')`);
  const dropped = await world.untilType('telemetry_dropped');
  assert.deepEqual([dropped.event.category, dropped.event.data.category, dropped.event.data.reason], ['monitor', 'console', 'rate']);
  const after = await state();
  assert.ok(after.dropped_events >= dropped.event.data.dropped);
  const kept = world.seen('console').filter(({ seq }) => seq > began);
  assert.ok(kept.length > 50 && kept.every(({ event }) => event.data.args.every((text) => Buffer.byteLength(text) <= 8192 + 14)));
  // The other categories continue meanwhile.
  await page.run(`fetch('/small').then((answer) => answer.text())`);
  await world.untilType('network_response', (data) => data.url === world.site.url('/small'));
  assertBounded(`${logged.megabytes} strings of 1 MB, ${logged.short} short ones and 2,500 of 8 kB`);
});

// Chromium makes no more than 1,000 of them, whatever number a page asks for.
test('a page of 5,000 iframes', async () => {
  const { dropped_events: before = 0 } = await state();  // the pages above lost some
  await page.go(world.site.url('/frames'));
  const frames = await page.run(`new Promise((resolve) => { const tell = () => resolve(frames.length);
    document.readyState === 'complete' ? tell() : addEventListener('load', tell); })`);
  await world.untilType('page_load', (data) => data.url === world.site.url('/frames'));
  // Read from the pages, since a stream may lose events. A response is reported once its body has been read,
  // which is after the load.
  const told = async () => {
    await world.mark();
    const all = (await world.pull({ category: ['network', 'page'] })).map(({ event }) => event).filter(({ data }) => data.url === world.site.url('/frame'));
    return ['page_navigation', 'network_response'].map((type) => all.filter((event) => event.type === type).length);
  };
  let counts = await told();
  for (const end = Date.now() + 30_000; counts[1] < frames && Date.now() < end;) counts = await told();
  const dropped = ((await state()).dropped_events ?? 0) - before;
  assert.ok(frames > 500, `${frames} frames`);
  assert.deepEqual([...counts, dropped], [frames, frames, 0]);
  assertBounded(`${frames} frames with a document from the network each`);
  await calm();
});

test('an answer of 100 MB', async () => {
  const length = await page.run(`fetch('/huge').then((answer) => answer.arrayBuffer()).then((bytes) => bytes.byteLength)`);
  assert.equal(length, 100 << 20);
  const { event } = await world.untilType('network_response', (data) => data.url === world.site.url('/huge'));
  assert.equal(event.data.body, undefined);
  assertBounded('an answer of 100 MB');
});

test('words that are no words: half pairs, every byte, addresses without end', async () => {
  await page.run(`fetch('/small?half', { method: 'POST', body: '\\ud800' }); fetch('/small?bytes', { method: 'POST', body: new Uint8Array(512).map((_, i) => i) });
    fetch('/small?' + 'u'.repeat(100000)); fetch('data:text/plain,' + 'd'.repeat(3000000)); document.title = '\\udfff'; 0`);
  await world.untilType('network_request', (data) => data.url.endsWith('/small?half') && data.post_data === '\ufffd');
  await world.untilType('network_request', (data) => data.url.endsWith('/small?bytes'));
  const long = await world.untilType('network_request', (data) => data.url.includes('uuu'));
  assert.equal(long.event.data.url.length, 8192 + '...[truncated]'.length);
  const inline = await world.untilType('network_response', (data) => data.url.startsWith('data:text/plain,ddd'));
  assert.equal(inline.event.data.url.length, 8192 + '...[truncated]'.length);
  await page.run(`console.log('still here \\ud800')`);
  await world.untilType('console_log', (data) => data.text === 'still here \ufffd');
});

test('stream, pages and archive tell the same, and nothing is missing in between', async () => {
  await world.endAndCompare({ streamMayLose: true });
});
