// Measures what a script waits for until its first page is there: create, connect, newPage, goto, against
// puppeteer.launch, newPage, goto with the same program, in turns in one run.
// usage: WYE_BIN=… node first_second_bench.mjs [rounds = 15]
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startWye } from '../../tests/conformance/server.mjs';

const require = createRequire(new URL('../../tests/conformance/package.json', import.meta.url));
const puppeteer = require('puppeteer-core');
const rounds = Number(process.argv[2] ?? 15);

const site = createServer((_, answer) => answer.end('<!doctype html><title>first</title>'));
await new Promise((resolve) => site.listen(0, '127.0.0.1', resolve));
const port = site.address().port;
const work = mkdtempSync(join(tmpdir(), 'wye-bench-'));
// Chromium's own sandbox needs a user other than root; bubblewrap is the simplest way to be one.
const program = join(work, 'chromium');
writeFileSync(program, '#!/bin/sh\nexec bwrap --unshare-user --uid 1000 --gid 1000 --dev-bind / / --proc /proc --unshare-pid ' +
                       `--die-with-parent --setenv HOME ${work} /usr/lib/chromium/chromium --disable-background-networking "$@"\n`);
chmodSync(program, 0o755);

const wye = await startWye();
const headers = { Authorization: `Bearer ${wye.apiKey}`, 'Content-Type': 'application/json' };
const api = async (method, path, body) => {
  const answer = await fetch(wye.baseURL + path, { method, headers, body });
  if (!answer.ok) throw new Error(`${method} ${path}: ${answer.status} ${await answer.text()}`);
  return answer.status === 204 ? undefined : answer.json();
};

/** The steps' times in ms, and the sum. */
async function steps(...all) {
  const begin = performance.now(), times = {};
  let value, last = begin;
  for (const [name, step] of all) {
    value = await step(value);
    times[name] = performance.now() - last;
    last = performance.now();
  }
  times.all = last - begin;
  return times;
}
async function byWye() {
  let session, browser;
  try {
    return await steps(
      ['start', async () => { session = await api('POST', '/browsers', '{}'); }],
      ['connect', async () => { browser = await puppeteer.connect({ browserWSEndpoint: session.cdp_ws_url, defaultViewport: null }); }],
      ['newPage', () => browser.newPage()],
      ['goto', (page) => page.goto(`http://host.wye.internal:${port}/`)]);
  } finally {
    await browser?.disconnect();
    if (session) await api('DELETE', `/browsers/${session.session_id}`);
  }
}
async function byHand() {
  let browser;
  try {
    return await steps(
      ['start', async () => { browser = await puppeteer.launch({ executablePath: program, headless: true, defaultViewport: null }); }],
      ['connect', () => {}],
      ['newPage', () => browser.newPage()],
      ['goto', (page) => page.goto(`http://127.0.0.1:${port}/`)]);
  } finally {
    await browser?.close();
  }
}

const percentile = (values, part) => [...values].sort((a, b) => a - b)[Math.floor(part * (values.length - 1))];
const runs = [];
try {
  await byWye();  // loads the files into memory, for both
  await byHand();
  for (let round = 0; round < rounds; ++round) {
    const run = {};
    const turns = [async () => { run.wye = await byWye(); }, async () => { run.hand = await byHand(); }];
    for (const turn of round % 2 === 0 ? turns : turns.reverse()) await turn();
    runs.push(run);
  }
} finally {
  await wye.stop();
  site.close();
  rmSync(work, { recursive: true, force: true, maxRetries: 20, retryDelay: 50 });
}
for (const side of ['wye', 'hand']) {
  const of = (step) => percentile(runs.map((run) => run[side][step]), 0.5).toFixed(0);
  console.log(`first second: ${side === 'wye' ? 'create + connect' : 'puppeteer.launch'} ${of('start')} + ${of('connect')} ms, ` +
              `newPage ${of('newPage')} ms, goto ${of('goto')} ms, in all ${of('all')} ms (medians)`);
}
const ratio = percentile(runs.map(({ wye: own, hand }) => own.all / hand.all), 0.5);
console.log(`first second: wye / puppeteer.launch ${ratio.toFixed(2)} (median of ${rounds} rounds)`);
