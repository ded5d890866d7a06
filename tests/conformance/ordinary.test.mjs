// `wye serve` run by an ordinary user: a browser's whole life, what is weaker and that the user is told so,
// and that nothing remains.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import Kernel from '@onkernel/sdk';
import { chromium } from 'playwright-core';
import { startSite, startTogether, startWye } from './server.mjs';

const me = process.getuid();
let wye, site, client, browser;

before(async () => {
  [wye, site] = await startTogether(startWye(), startSite());
  client = new Kernel({ apiKey: wye.apiKey, baseURL: wye.baseURL });
  browser = await client.browsers.create({ headless: true, timeout_seconds: 300 });
});
after(async () => {
  await wye?.stop();
  await site?.stop();
});

const read = (path) => { try { return readFileSync(path, 'utf8'); } catch { return ''; } };
/** What this user runs besides this test: names of processes, without those that ended and were not reaped yet. */
const processes = () => readdirSync('/proc').filter((pid) => /^\d+$/.test(pid) && Number(pid) !== process.pid)
  .map((pid) => ({ pid: Number(pid), status: read(`/proc/${pid}/status`) }))
  .filter(({ status }) => new RegExp(`^Uid:\\t${me}\\b`, 'm').test(status) && !/^State:\tZ/m.test(status))
  .map(({ pid, status }) => ({ pid, name: /^Name:\t(.*)/m.exec(status)[1], parent: Number(/^PPid:\t(\d+)/m.exec(status)[1]) }));

test('this is an ordinary user', () => {
  assert.notEqual(me, 0);
  assert.match(read('/proc/self/status'), /^CapEff:\t0+$/m);
});

test('doctor says what is weaker, each with its next step, and that browsers run', () => {
  const rows = JSON.parse(execFileSync(process.env.WYE_BIN, ['doctor', '--data-dir', '/tmp/wye-none', '-o', 'json']));
  const row = (name) => rows.find((one) => one.name === name);
  for (const name of ['user', 'cgroups', 'kernel log']) {
    assert.equal(row(name).health, 'warning', name);
    assert.notEqual(row(name).next_step, '', name);
  }
  assert.ok(rows.every(({ health }) => health !== 'failure'));
});

test('Playwright drives a page of the site', async () => {
  const remote = await chromium.connectOverCDP(browser.cdp_ws_url);
  const page = await remote.contexts()[0].newPage();
  await page.goto(site.url('/'));
  assert.equal(await page.textContent('h1'), 'Hello');
  await remote.close();
});

test('curl goes through the browser', async () => {
  const answer = await client.browsers.curl(browser.session_id, { url: site.url('/teapot') });
  assert.equal(answer.status, 418);
});

test('code runs beside the browser, confined, and stops at its limit', async () => {
  const run = (code, timeout_sec = 30) => client.browsers.playwright.execute(browser.session_id, { code, timeout_sec });
  const { result } = await run(`const sh = (line) => require('child_process').spawnSync('sh', ['-c', line], { encoding: 'utf8' }).stdout.trim();
    return [typeof await page.title(), sh('cat /proc/1/environ; kill -9 1; id -u; grep -c "Seccomp:.*2" /proc/self/status')]`);
  assert.deepEqual(result, ['string', '1000\n1']);
  assert.match((await run('while (true) {}', 1)).error, /time limit/);
});

test('Chromium keeps its own sandbox: renderers are in namespaces of their own', () => {
  const link = (pid, kind) => read(`/proc/${pid}/status`) && execFileSync('readlink', [`/proc/${pid}/ns/${kind}`]).toString();
  const vm = processes().filter(({ name }) => name === 'chromium');
  const renderer = vm.find(({ pid }) => read(`/proc/${pid}/cmdline`).includes('--type=renderer'));
  const main = vm.find(({ pid }) => !read(`/proc/${pid}/cmdline`).includes('--type='));
  assert.ok(renderer && main);
  assert.match(read(`/proc/${renderer.pid}/status`), /^Seccomp:\t2$/m);
  for (const kind of ['net', 'pid', 'user']) assert.notEqual(link(renderer.pid, kind), link(main.pid, kind), kind);
});

test('the VM is in namespaces of its own and without a capability', () => {
  const agent = processes().find(({ name }) => name === 'wye-vm');
  for (const kind of ['user', 'pid', 'net', 'mnt', 'ipc', 'uts'])
    assert.notEqual(execFileSync('readlink', [`/proc/${agent.pid}/ns/${kind}`]).toString(),
                    execFileSync('readlink', [`/proc/self/ns/${kind}`]).toString(), kind);
  const status = read(`/proc/${agent.pid}/status`);
  for (const set of ['CapEff', 'CapPrm', 'CapBnd', 'CapAmb']) assert.match(status, new RegExp(`^${set}:\\t0+$`, 'm'), set);
  assert.match(status, /^NoNewPrivs:\t1$/m);
  assert.match(status, /^Seccomp:\t2$/m);
});

test('a lost network helper is replaced', async () => {
  const helper = () => processes().find(({ name }) => name === 'slirp4netns');
  const lost = helper().pid;
  process.kill(lost, 'SIGKILL');
  const until = Date.now() + 20_000;
  let answer;
  // Calls through the network fail until it is back.
  while (answer?.status !== 418 && Date.now() < until)
    answer = await client.browsers.curl(browser.session_id, { url: site.url('/teapot') }, { maxRetries: 0 }).catch(() => undefined);
  assert.equal(answer?.status, 418);
  assert.notEqual(helper().pid, lost);
});

test('a deleted browser leaves no process and no file', async () => {
  await client.browsers.deleteByID(browser.session_id);
  assert.deepEqual(processes().map(({ name }) => name).filter((name) => !/^(wye|wye-relay|node|MainThread)$/.test(name)), []);
  assert.deepEqual(readdirSync(`${wye.dataDir}/sessions`), []);
  const past = await client.browsers.telemetry.events(browser.session_id);
  assert.ok(past.items !== undefined, 'its events are read from the archive');
});
