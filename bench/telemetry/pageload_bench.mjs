// Measures the cost of telemetry: four ways to watch the same page of 100 resources, in turns in one run,
// each in its own browser:
//   off        nobody watches
//   floor      a client that sends the enables of all categories and reads no event: Chromium's own cost
//   wye        telemetry with all categories
//   puppeteer  listeners for the same events, text bodies read
// Prints page-load times as ratios, and the CPU per 1,000 network events of the collector (what wye-vm takes
// more than with telemetry off) and of Puppeteer's process.
// usage: WYE_BIN=… node pageload_bench.mjs [rounds = 15]
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { fork } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { startWye } from '../../tests/conformance/server.mjs';
import { connectDevTools } from '../../tests/conformance/telemetry/world.mjs';

const rounds = Number(process.argv[2] ?? 15), RESOURCES = 100, LOADS_A_TURN = 3, TICKS_A_SECOND = 100;
const require = createRequire(new URL('../../tests/conformance/package.json', import.meta.url));
const WebSocket = require('ws');

/** The CPU seconds of a process so far, all its threads. */
function cpuOf(pid) {
  const fields = readFileSync(`/proc/${pid}/stat`, 'utf8').replace(/^.*\) /s, '').split(' ');
  return (Number(fields[11]) + Number(fields[12])) / TICKS_A_SECOND;
}
function findAgent(id) {
  for (const pid of readdirSync('/proc').filter((name) => /^\d+$/.test(name))) {
    try {
      if (readlinkSync(`/proc/${pid}/fd/2`).includes(id) && /wye-vm/.test(readFileSync(`/proc/${pid}/cmdline`, 'utf8'))
          && /NSpid:.*\t1\n/.test(readFileSync(`/proc/${pid}/status`, 'utf8'))) return pid;
    } catch { continue; }
  }
  throw new Error('no agent');
}

// Runs Puppeteer in its own process (this file again), so that its CPU is counted separately.
if (process.env.WATCHER_OF) {
  const puppeteer = require('puppeteer-core');
  const browser = await puppeteer.connect({ browserWSEndpoint: process.env.WATCHER_OF, defaultViewport: null });
  const [page] = await browser.pages();
  let events = 0;
  page.on('request', () => ++events);
  page.on('response', (response) => { ++events; if (/text|json|javascript|css/.test(response.headers()['content-type'] ?? '')) response.text().catch(() => {}); });
  page.on('requestfailed', () => ++events);
  for (const name of ['console', 'pageerror', 'framenavigated', 'load', 'domcontentloaded']) page.on(name, () => {});
  process.send('ready');
  process.on('message', () => { process.send({ events, cpu: process.cpuUsage() }); });
  await new Promise(() => {});
}

async function startSite() {
  const pixel = Buffer.from('iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==', 'base64');
  const kinds = [['css', 'text/css', `.a{color:#123}`.repeat(60)], ['js', 'text/javascript', `console.log('a module', 1);${'/* */'.repeat(300)}`], ['png', 'image/png', pixel], ['json', 'application/json', JSON.stringify({ values: Array(200).fill('word') })]];
  const tags = Array.from({ length: RESOURCES }, (_, n) => [`<link rel=stylesheet href=/${n}.css>`, `<script src=/${n}.js></script>`, `<img src=/${n}.png>`, `<script>fetch('/${n}.json').then((a) => a.json())</script>`][n % 4]);
  const html = `<!doctype html><link rel=icon href=data:,><h1>A page</h1>${tags.join('')}`;
  const server = createServer((request, response) => {
    const kind = kinds.find(([end]) => request.url.split('?')[0].endsWith(end));
    response.writeHead(200, { 'Content-Type': kind?.[1] ?? 'text/html', 'Cache-Control': 'no-store' });
    response.end(kind?.[2] ?? html);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: (n) => `http://host.wye.internal:${server.address().port}/?${n}`, stop: () => { server.closeAllConnections(); server.close(); } };
}

const ENABLES = [['Page.enable'], ['Network.enable', { maxTotalBufferSize: 5000000, maxResourceBufferSize: 65536, maxPostDataSize: 8192 }], ['Runtime.enable'],
                 ['PerformanceTimeline.enable', { eventTypes: ['largest-contentful-paint', 'layout-shift'] }]];
const CATEGORIES = ['network', 'console', 'page', 'interaction', 'screenshot'];

const wye = await startWye(), site = await startSite();
const api = async (method, path, body) => {
  const answer = await fetch(wye.baseURL + path, { method, headers: { Authorization: `Bearer ${wye.apiKey}`, 'Content-Type': 'application/json' }, body: body && JSON.stringify(body) });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.status === 204 ? undefined : answer.json();
};

/** A browser, who watches it, and how it loads the page: `{ load(n), used() }`, `used` = events seen and CPU seconds. */
async function contender(name) {
  const categories = name === 'wye' ? CATEGORIES : ['control'];
  const session = await api('POST', '/browsers', { headless: true, timeout_seconds: 600, telemetry: { browser: Object.fromEntries(categories.map((one) => [one, { enabled: true }])) } });
  const driver = await connectDevTools(session.cdp_ws_url), page = await driver.first(), agent = findAgent(session.session_id);
  let used = () => ({ events: 0, cpu: 0 }), child;
  if (name === 'wye') {
    used = async () => {
      const events = [];
      for (let offset = 1; ; offset += 100) {
        const more = await api('GET', `/browsers/${session.session_id}/telemetry/events?limit=100&offset=${offset}&category[]=network`);
        events.push(...more);
        if (more.length < 100) break;
      }
      return { events: events.length, cpu: cpuOf(agent) };
    };
  } else if (name === 'floor') {
    const socket = new WebSocket(session.cdp_ws_url);
    await once(socket, 'open');
    const send = (id, method, params, sessionId) => socket.send(JSON.stringify({ id, method, params, sessionId }));
    send(1, 'Target.attachToTarget', { targetId: page.targetId, flatten: true });
    const attached = await new Promise((resolve) => socket.on('message', (text) => { const { id, result } = text.length < 10_000 ? JSON.parse(text) : {}; if (id === 1) resolve(result.sessionId); }));
    socket.removeAllListeners('message');
    for (const [n, [method, params]] of ENABLES.entries()) send(n + 2, method, params, attached);
  } else if (name === 'puppeteer') {
    child = fork(fileURLToPath(import.meta.url), { env: { ...process.env, WATCHER_OF: session.cdp_ws_url } });
    await once(child, 'message');
    used = async () => {
      child.send('tell');
      const [{ events, cpu }] = await once(child, 'message');
      return { events, cpu: (cpu.user + cpu.system) / 1e6 };
    };
  }
  return {
    name, used, agentCpu: () => cpuOf(agent), end: () => child?.kill(),
    async load(n) {
      await page.go(site.url(n));
      return page.run(`new Promise((resolve) => { const tell = () => setTimeout(() => { const [entry] = performance.getEntriesByType('navigation'); resolve(entry.loadEventEnd); });
        document.readyState === 'complete' ? tell() : addEventListener('load', tell); })`);
    },
  };
}

const median = (values) => [...values].sort((a, b) => a - b)[values.length >> 1];
const contenders = [];
try {
  for (const name of ['off', 'floor', 'wye', 'puppeteer']) contenders.push(await contender(name));
  for (const one of contenders) for (let n = 0; n < 3; ++n) await one.load(`warm${n}`);
  const before = new Map();
  for (const one of contenders) before.set(one, { ...(await one.used()), agent: one.agentCpu() });
  const times = new Map(contenders.map((one) => [one, []]));
  for (let round = 0; round < rounds; ++round)
    for (const one of round % 2 ? [...contenders].reverse() : contenders) {
      const turn = [];
      for (let n = 0; n < LOADS_A_TURN; ++n) turn.push(await one.load(`${round}.${n}`));
      times.get(one).push(median(turn));
    }
  // Reads the agents' CPU before any page is read from them.
  const agents = new Map(contenders.map((one) => [one, one.agentCpu() - before.get(one).agent]));
  const [off, floor, ours, theirs] = contenders;
  const ratio = (one, of) => median(times.get(one).map((time, round) => time / times.get(of)[round])).toFixed(2);
  for (const one of contenders)
    console.log(`pageload: ${one.name.padEnd(9)} ${median(times.get(one)).toFixed(0).padStart(4)} ms to load, ${ratio(one, off)} × off, ${ratio(one, floor)} × floor`);
  console.log(`pageload: wye / puppeteer ${ratio(ours, theirs)} (medians of ${rounds} rounds in turns, ${RESOURCES} resources)`);
  const mine = await ours.used(), other = await theirs.used();
  const per = (cpu, events) => cpu / events * 1e6;  // ms per 1,000
  const seen = mine.events - before.get(ours).events, relaying = per(agents.get(off), seen);
  const here = per(agents.get(ours), seen) - relaying, there = per(other.cpu - before.get(theirs).cpu, other.events - before.get(theirs).events);
  console.log(`pageload: CPU per 1,000 network events: the collector, all categories and screenshots ${here.toFixed(1)} ms (and ${relaying.toFixed(1)} ms of the same process for relaying, ` +
              `as with telemetry off); Puppeteer with listeners ${there.toFixed(1)} ms; ${(there / here).toFixed(1)} × less`);
} finally {
  for (const one of contenders) one.end();
  await wye.stop();
  site.stop();
}
process.exit(0);
