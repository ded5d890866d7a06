// The collector itself: what it attaches to, what it costs when it is off, changes while pages run, clients beside it,
// restarts of Chromium.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { chromium } from 'playwright-core';
import puppeteer from 'puppeteer-core';
import { startWorld } from './world.mjs';

const icon = '<link rel=icon href=data:,>';
const script = (body) => ({ type: 'text/javascript', body });
let world, page;

before(async () => {
  world = await startWorld({
    categories: [],
    pages: {
      '/': `<!doctype html>${icon}<title>top</title>`,
      '/all': `<!doctype html>${icon}<script>console.log('page')</script><iframe src=/same></iframe>
        <script>const other = document.createElement('iframe'); other.src = 'http://10.0.2.2:' + location.port + '/other'; document.body.append(other);
        const worker = new Worker('/worker.js'); window.nested = new Promise((resolve) => { worker.onmessage = resolve; }); new SharedWorker('/shared.js');</script>`,
      '/same': '<!doctype html><script>console.log("same")</script>',
      '/other': `<!doctype html><script>console.log('other'); new Worker('/worker-of-other.js')</script>`,
      '/worker.js': script(`console.log('worker'); new Worker('/nested.js').onmessage = () => postMessage('nested spoke')`),
      '/worker-of-other.js': script(`console.log('worker of other')`),
      '/nested.js': script(`console.log('nested'); postMessage('spoke')`),
      '/shared.js': script(`console.log('shared')`),
      '/popup': '<!doctype html><script>console.log("popup"); fetch("/from-popup")</script>',
      '/from-popup': 'x', '/before': 'x', '/after': 'x',
    },
  });
  page = await world.devtools.first();
});
after(() => world?.stop());

const texts = (envelopes) => envelopes.map(({ event }) => event.data.text);
const configure = (...names) => world.agent('PUT', '/telemetry', { browser: world.on(['control', 'connection', ...names]) });

test('while no category of the browser is on, nobody is attached', async () => {
  await page.go(world.site.url('/all'));
  await page.run(`new Promise((resolve) => document.readyState === 'complete' ? resolve() : addEventListener('load', resolve)).then(() => nested).then(() => true)`);
  const { targetInfos } = await world.devtools.call('Target.getTargets', { filter: [{}] });
  const attached = targetInfos.filter((target) => target.attached && target.targetId !== page.targetId && target.type !== 'browser' && target.type !== 'tab');
  assert.deepEqual(attached, []);
  await world.mark();
  assert.deepEqual(world.seen('console', 'network', 'page', 'monitor'), []);
});

test('switched on, it sees what was there: pages, frames of both kinds, workers, their workers', async () => {
  await configure('console');
  // Messages from before are not reported; messages from now on are.
  await page.run(`console.log('page again')`);
  await world.untilType('console_log');
  assert.deepEqual(texts(world.seen('console')), ['page again']);
  await page.go(world.site.url('/all'));
  for (const text of ['page', 'same', 'other', 'worker', 'nested', 'shared', 'worker of other']) await world.untilType('console_log', (data) => data.text === text);
  const of = (text) => world.events.findLast(({ event }) => event.data?.text === text).event.data;
  assert.deepEqual(['page', 'same', 'other', 'worker', 'nested', 'shared'].map((text) => of(text).target_type), ['page', 'page', 'other', 'other', 'other', 'shared_worker']);
  assert.equal(of('nested').nav_seq, of('page').nav_seq, 'parts of a page share its count');
  await world.mark();
  const all = texts(world.seen('console'));
  assert.equal(new Set(all).size, all.length, 'nothing is reported twice');
});

test('a change of categories goes on with seq, on pages that run', async () => {
  const before = (await (await configure('console', 'network')).json()).seq;
  await page.run(`fetch('/before').then(() => console.log('both'))`);
  await world.untilType('console_log', (data) => data.text === 'both');
  await world.untilType('network_response', (data) => data.url === world.site.url('/before'));
  await configure('network');
  await page.run(`fetch('/after').then(() => console.log('network only'))`);
  const last = await world.untilType('network_response', (data) => data.url === world.site.url('/after'));
  assert.ok(last.seq > before);
  await world.mark();
  assert.ok(!texts(world.seen('console')).includes('network only'));
  const seqs = world.events.map(({ seq }) => seq);
  assert.deepEqual(seqs, seqs.map((_, i) => seqs[0] + i));
});

test('a popup does not hang, and its first word is heard', async () => {
  await configure('console', 'network', 'page');
  const loaded = await page.run(`new Promise((resolve) => { const opened = window.open('/popup'); opened.addEventListener('load', () => resolve(true)); })`);
  assert.equal(loaded, true);
  await world.untilType('console_log', (data) => data.text === 'popup');
  await world.untilType('network_response', (data) => data.url === world.site.url('/from-popup'));
});

test('Playwright and Puppeteer work beside it', async () => {
  const one = await chromium.connectOverCDP(world.browser.cdp_ws_url);
  const context = one.contexts()[0];
  const tab = await context.newPage();
  await tab.goto(world.site.url('/all'));
  const [popup] = await Promise.all([context.waitForEvent('page'), tab.evaluate(`window.open('/popup')`)]);
  await popup.waitForLoadState();
  assert.equal(await popup.evaluate('1 + 1'), 2);
  await tab.route('**/before', (route) => route.fulfill({ body: 'routed' }));
  assert.equal(await tab.evaluate(`fetch('/before').then((answer) => answer.text())`), 'routed');
  await popup.close();
  await tab.close();
  await one.close();
  const two = await puppeteer.connect({ browserWSEndpoint: world.browser.cdp_ws_url, defaultViewport: null });
  const other = await two.newPage();
  const heard = [];
  other.on('console', (message) => heard.push(message.text()));
  await other.goto(world.site.url('/all'), { waitUntil: 'networkidle0' });
  assert.ok(heard.includes('page'));
  await other.close();
  await two.disconnect();
  assert.deepEqual(world.seen('monitor'), []);
});

test('the page that curl uses is nobody\'s business', async () => {
  await world.mark();
  const count = world.seen('network', 'page', 'console').length;
  const answer = await world.client.browsers.curl(world.id, { url: world.site.url('/before') });
  assert.equal(answer.status, 200);
  await world.untilType('api_call');
  await world.mark();
  assert.deepEqual(world.seen('network', 'page', 'console').slice(count).map(({ event }) => [event.type, event.data.url]), []);
});

test('Chromium dies and comes back: told, and heard again', async () => {
  await world.devtools.call('Browser.crash').catch(() => {});
  const [lost, back] = [await world.untilType('monitor_disconnected'), await world.untilType('monitor_reconnected')];
  assert.deepEqual(lost.event.data, { reason: 'chrome_restarted' });
  assert.ok(back.event.data.reconnect_duration_ms > 0 && back.seq > lost.seq);
  const again = await world.reconnect();
  const fresh = await again.first();
  await fresh.go(world.site.url('/'));
  await fresh.run(`console.log('after the restart')`);
  await world.untilType('console_log', (data) => data.text === 'after the restart');
  await world.untilType('network_response', (data, event) => data.url === world.site.url('/') && event.ts > back.event.ts);
});

test('off again, it is gone', async () => {
  await configure();
  const { targetInfos } = await world.devtools.call('Target.getTargets');
  assert.deepEqual(targetInfos.filter(({ attached }) => attached).length, 1, 'only the page of this test');
  await world.endAndCompare();
});
