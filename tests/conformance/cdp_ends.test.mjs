// Clients that meet Chromium at its end move to the next one; the others are told why (vm-api §15).
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { readdirSync, readFileSync, readlinkSync } from 'node:fs';
import { createServer } from 'node:http';
import { after, before, describe, test } from 'node:test';
import Kernel from '@onkernel/sdk';
import { chromium as playwright } from 'playwright-core';
import puppeteer from 'puppeteer-core';
import WebSocket from 'ws';
import { startSite, startWye } from './server.mjs';

const read = (call) => { try { return call(); } catch { return ''; } };
/** The agent of a session's VM, and its Chromium, as the host knows them; 0 while there is none. */
function processesOf(id) {
  const all = readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  const agent = all.find((pid) => read(() => readlinkSync(`/proc/${pid}/fd/2`)).includes(`/sessions/${id}/`) && read(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8')).includes('wye-vm\0--listen-fd')
    && /\nNSpid:\t\d+\t1\n/.test(read(() => readFileSync(`/proc/${pid}/status`, 'utf8'))));
  const chromium = all.find((pid) => read(() => readFileSync(`/proc/${pid}/status`, 'utf8')).includes(`\nPPid:\t${agent}\n`) && read(() => readFileSync(`/proc/${pid}/cmdline`, 'utf8')).includes('--remote-debugging-pipe'));
  return { agent: Number(agent ?? 0), chromium: Number(chromium ?? 0) };
}

/** A WebSocket as it is; `closed` is `code reason`. */
async function open(url, path = '', options = {}) {
  const socket = new WebSocket(path ? url.replace('/browser/cdp', `/browser/cdp${path}`) : url, options);
  const closed = once(socket, 'close').then(([code, reason]) => `${code} ${reason}`.trim());
  const waiting = new Map();
  let last = 0;
  socket.on('message', (text) => { const message = JSON.parse(text); waiting.get(message.id)?.(message); });
  socket.on('error', () => {});
  await Promise.race([once(socket, 'open'), once(socket, 'unexpected-response').then(([, answer]) => { throw new Error(`refused: ${answer.statusCode}`); }), closed.then((why) => { throw new Error(`closed: ${why}`); })]);
  return {
    socket, closed,
    /** The answer; nothing when it was closed before. */
    ask: (method, params = {}) => Promise.race([new Promise((resolve) => { waiting.set(++last, resolve); socket.send(JSON.stringify({ id: last, method, params })); }), closed.then(() => undefined)]),
  };
}

const secure = (process.env.WYE_TEST_SERVE_OPTIONS ?? '').includes('tls');
let wye, site, client;
const create = (more = {}) => client.browsers.create({ headless: true, timeout_seconds: 300, telemetry: { enabled: true }, ...more });
const events = async (id) => {
  const out = [];
  for await (const { event } of client.browsers.telemetry.events(id, { since: '10m', limit: 100 })) out.push(event);
  return out;
};
/** `reason/messages` of the connections that have ended, once there are `count`, in the order in which they began. */
async function endsOf(id, count) {
  for (;;) {
    const told = (await events(id)).filter(({ type }) => type === 'cdp_disconnect').map(({ data }) => data);
    if (told.length >= count) return told.sort((a, b) => a.connection_id.slice(1) - b.connection_id.slice(1)).map(({ reason, message_count: messages }) => `${reason}/${messages}`);
  }
}
const firstPage = async (connection) => (await connection.ask('Target.getTargets')).result.targetInfos.find(({ type }) => type === 'page').targetId;

before(async () => {
  [wye, site] = await Promise.all([startWye(), startSite()]);
  client = new Kernel({ apiKey: wye.apiKey, baseURL: wye.baseURL, maxRetries: 0 });
});
after(async () => {
  await wye?.stop();
  await site?.stop();
});

test('a new browser has one page, and has loaded none of its own interface', async () => {
  const { cdp_ws_url: url, session_id: id } = await create();
  const connection = await open(url);
  const { targetInfos: all } = (await connection.ask('Target.getTargets', { filter: [{}] })).result;
  assert.deepEqual(all.filter(({ type }) => type === 'page').map(({ url: at }) => at), ['about:blank']);
  assert.deepEqual(all.filter(({ url: at }) => at.startsWith('chrome')), []);
  connection.socket.close();
  await client.browsers.deleteByID(id);
});

// Ways to end a Chromium. An orderly end is no crash.
const ENDS = {
  'Browser.close': { end: async ({ cdp_ws_url }) => { const closer = await open(cdp_ws_url); await closer.ask('Browser.close'); }, crashed: 0 },
  'a kill': { end: ({ session_id }) => { process.kill(processesOf(session_id).chromium, 'SIGKILL'); }, crashed: 1 },
  'a crash': { end: async ({ cdp_ws_url }) => { const crasher = await open(cdp_ws_url); crasher.ask('Browser.crash'); await crasher.closed; }, crashed: 1 },
};

for (const [name, { end, crashed }] of Object.entries(ENDS)) {
  test(`every kind of call goes on at once after ${name}`, async () => {
    const session = await create();
    const { session_id: id, base_url: base, jwt } = session;
    const direct = (path, init) => fetch(`${base}${path}${path.includes('?') ? '&' : '?'}jwt=${new URL(session.cdp_ws_url).searchParams.get('jwt')}`, init);
    const json = (path, init, query = '') => fetch(session.cdp_ws_url.replace(/^ws/, 'http').replace('/browser/cdp?', `/browser/cdp${path}?${query}`), init);
    const ok = async (promise) => { const answer = await promise; assert.equal(answer.status, 200, `${answer.url} ${await answer.clone().text()}`); return answer; };
    await end(session);
    await Promise.all([
      open(session.cdp_ws_url).then((connection) => connection.ask('Browser.getVersion')).then((answer) => assert.ok(answer?.result, JSON.stringify(answer))),
      puppeteer.connect({ browserWSEndpoint: session.cdp_ws_url }).then(async (browser) => { assert.equal((await browser.pages()).length, 1); await browser.disconnect(); }),
      ok(json('/json/version')),
      ok(json('/json/list')),
      ok(direct('/curl/raw?url=' + encodeURIComponent(site.url('/raw')))),
      client.browsers.curl(id, { url: site.url('/curl'), method: 'POST', body: 'once' }),
      client.browsers.update(id, { viewport: { width: 900, height: 700 } }),
      ok(direct('/telemetry', { method: 'PUT', headers: { 'Content-Type': 'application/json' }, body: '{"browser":{"control":{"enabled":true},"connection":{"enabled":true},"system":{"enabled":true},"page":{"enabled":true}}}' })),
    ]);
    await ok(json('/json/new', { method: 'PUT' }, 'about:blank&'));
    const told = await events(id);
    assert.equal(told.filter(({ type }) => type === 'service_crashed').length, crashed);
    await client.browsers.deleteByID(id);
  });

  test(`sockets that are open at ${name} are closed with 1012`, async () => {
    const session = await create();
    const used = await open(session.cdp_ws_url);
    const page = await open(session.cdp_ws_url, `/devtools/page/${await firstPage(used)}`);
    const half = await open(session.cdp_ws_url);
    await half.ask('Browser.getVersion');
    half.socket._socket.write(Buffer.from([0x81, 0xfe, 0x01, 0x00, 1, 2, 3, 4, 5]));  // the head of a frame, and a byte
    const idle = await open(session.cdp_ws_url);
    await end(session);
    for (const [what, { closed }] of Object.entries({ used, page, half, idle })) assert.equal(await closed, '1012 upstream_changed', what);
    const ends = await endsOf(session.session_id, name === 'a kill' ? 4 : 5);
    ends[1] = ends[1].replace(/\d+/, 'some');  // a target may or may not still report its end
    assert.deepEqual(ends.slice(0, 4), ['upstream_changed/2', 'upstream_changed/some', 'upstream_changed/3', 'upstream_changed/0']);
    await client.browsers.deleteByID(session.session_id);
  });
}

// WYE_TEST_CLIENTS at once, each with a browser of its own; WYE_TEST_CONNECTS of each.
test('connect, close, connect and so on, with nothing between', async () => {
  const clients = Number(process.env.WYE_TEST_CLIENTS ?? 1), connects = Number(process.env.WYE_TEST_CONNECTS ?? 20);
  await Promise.all(Array.from({ length: clients }, async () => {
    const session = await create();
    for (let i = 0; i < connects; ++i) {
      const browser = await puppeteer.connect({ browserWSEndpoint: session.cdp_ws_url, defaultViewport: null });
      assert.match(await browser.version(), /^Chrome\//);
      await browser.close();
    }
    const browser = await playwright.connectOverCDP(session.cdp_ws_url);
    assert.equal(browser.contexts().length, 1);
    await browser.close();
    const told = await events(session.session_id);
    assert.equal(told.filter(({ type }) => type === 'service_crashed').length, 0);
    await client.browsers.deleteByID(session.session_id);
  }));
});

test('what a client has asked before Chromium had said a byte is answered by the next one', async () => {
  const session = await create();
  const granted = await open(session.cdp_ws_url);
  const { chromium } = processesOf(session.session_id);
  process.kill(chromium, 'SIGSTOP');
  const answered = granted.ask('Browser.getVersion');
  const dialled = open(session.cdp_ws_url).then((connection) => connection.ask('Browser.getVersion'));
  const fetched = client.browsers.curl(session.session_id, { url: site.url('/moved'), method: 'POST', body: 'x' });
  process.kill(chromium, 'SIGKILL');
  assert.ok((await answered)?.result);
  assert.ok((await dialled)?.result);
  assert.equal((await fetched).status, 200);
  assert.equal(site.seen.filter(({ url }) => url === '/moved').length, 1);
  granted.socket.close();
  assert.deepEqual((await endsOf(session.session_id, 1))[0], 'client_close/2');
  await client.browsers.deleteByID(session.session_id);
});

test('a request that has left is not sent again', async () => {
  const session = await create();
  const asked = [];
  const silent = createServer((request) => { asked.push(request.method); silent.emit('asked'); });
  await once(silent.listen(0, '127.0.0.1'), 'listening');
  const answer = client.browsers.curl(session.session_id, { url: `http://host.wye.internal:${silent.address().port}/`, method: 'POST', body: 'x' }).then(() => assert.fail('answered'), (error) => error);
  await once(silent, 'asked');
  process.kill(processesOf(session.session_id).chromium, 'SIGKILL');
  const { status, headers } = await answer;
  assert.equal(status, 502);
  assert.equal(headers.get('x-should-retry'), 'false');
  assert.deepEqual(asked, ['POST']);
  silent.closeAllConnections();
  silent.close();
  await client.browsers.deleteByID(session.session_id);
});

describe('who left, and why', () => {
  test('clients and targets', async () => {
    const session = await create();
    const control = await open(session.cdp_ws_url);
    const { result: { targetId } } = await control.ask('Target.createTarget', { url: 'about:blank' });
    const polite = await open(session.cdp_ws_url), gone = await open(session.cdp_ws_url);
    const page = await open(session.cdp_ws_url, `/devtools/page/${targetId}`);
    await polite.ask('Browser.getVersion');
    polite.socket.close(4001, 'enough');
    assert.equal(await polite.closed, '1000', 'as DevTools answers it');
    gone.socket.terminate();
    await control.ask('Target.closeTarget', { targetId });
    assert.equal(await page.closed, '1001 target_closed');
    await assert.rejects(open(session.cdp_ws_url, `/devtools/page/${targetId}`), /refused: 404/);
    assert.deepEqual((await endsOf(session.session_id, 3)).slice(0, 3), ['client_close/2', 'client_close/0', 'upstream_changed/2']);
    await client.browsers.deleteByID(session.session_id);
  });

  test('inside a frame the connection is broken instead', async () => {
    const session = await create();
    const reader = await open(session.cdp_ws_url, `/devtools/page/${await firstPage(await open(session.cdp_ws_url))}`, { perMessageDeflate: false });
    const { _socket: wire } = reader.socket;
    wire.once('data', () => {
      wire.pause();  // far more is to come than all buffers on the way can hold
      process.kill(processesOf(session.session_id).chromium, 'SIGKILL');
      wire.resume();
    });
    reader.ask('Runtime.evaluate', { expression: '"x".repeat(60e6)', returnByValue: true });
    assert.equal(await reader.closed, '1006');
    assert.ok((await endsOf(session.session_id, 1)).includes('upstream_changed/2'));
    await client.browsers.deleteByID(session.session_id);
  });

  test('the session', async () => {
    for (const end of ['delete', 'the death of its agent']) {
      const session = await create();
      const used = await open(session.cdp_ws_url);
      await used.ask('Browser.getVersion');
      const young = await open(session.cdp_ws_url);
      if (end === 'delete') await client.browsers.deleteByID(session.session_id);
      else process.kill(processesOf(session.session_id).agent, 'SIGKILL');
      assert.equal(await used.closed, '1001 session ended', end);
      assert.equal(await young.closed, '1001 session ended', end);
      if (end === 'delete') assert.deepEqual(await endsOf(session.session_id, 2), ['context_cancelled/2', 'context_cancelled/0']);
    }
  });

  // The keys of a client of TLS end with the server; a plain connection does not (below).
  test('the server', { skip: !secure && 'plain connections outlive it' }, async () => {
    const other = await startWye();
    const theirs = new Kernel({ apiKey: other.apiKey, baseURL: other.baseURL });
    const session = await theirs.browsers.create({ headless: true, timeout_seconds: 300, telemetry: { enabled: true } });
    const used = await open(session.cdp_ws_url), idle = await open(session.cdp_ws_url);
    await used.ask('Browser.getVersion');
    await other.leave();
    assert.equal(await used.closed, '1012 server stopping');
    assert.equal(await idle.closed, '1012 server stopping');
    const next = await startWye({ dataDir: other.dataDir });
    const kept = client;
    client = new Kernel({ apiKey: next.apiKey, baseURL: next.baseURL });
    try {
      assert.deepEqual(await endsOf(session.session_id, 2), ['context_cancelled/2', 'context_cancelled/0']);
    } finally {
      client = kept;
      await next.stop();
    }
  });
});

// WYE_TEST_RESTARTS: how many of them.
const signals = Array.from({ length: Number(process.env.WYE_TEST_RESTARTS ?? 4) }, (_, i) => (i % 2 === 0 ? 'SIGTERM' : 'SIGKILL'));
test('restarts and kills of the server drop no connection', { skip: secure && 'its keys end with the server' }, async () => {
  let server = await startWye();
  const { dataDir } = server;
  const api = () => new Kernel({ apiKey: server.apiKey, baseURL: server.baseURL, maxRetries: 0 });
  const session = await api().browsers.create({ headless: true, timeout_seconds: 300, telemetry: { enabled: true } });
  const raw = await open(session.cdp_ws_url);
  const puppeteerBrowser = await puppeteer.connect({ browserWSEndpoint: session.cdp_ws_url, defaultViewport: null });
  const playwrightBrowser = await playwright.connectOverCDP(session.cdp_ws_url);
  const pages = [await puppeteerBrowser.newPage(), await playwrightBrowser.contexts()[0].newPage()];
  const handles = await Promise.all(pages.map((page) => page.evaluateHandle(() => ({ count: 0 }))));
  let dropped = 0, rounds = 0;
  for (const browser of [puppeteerBrowser, playwrightBrowser]) browser.on('disconnected', () => { ++dropped; });
  const count = () => Promise.all(handles.map((handle) => handle.evaluate((it) => ++it.count)));
  try {
    for (const signal of signals) {
      const work = count();  // under way while the server ends
      await server.leave(signal);
      await work;
      ++rounds;
      assert.deepEqual(await count(), [2 * rounds, 2 * rounds], 'while no server is there');
      server = await startWye({ dataDir });
    }
    assert.ok((await raw.ask('Browser.getVersion')).result);
    assert.equal(dropped, 0);
    const metrics = await fetch(`${server.baseURL}/metrics`, { headers: { Authorization: `Bearer ${server.apiKey}` } });
    assert.match(await metrics.text(), /^wye_websockets\{leg="direct"\} 3$/m);
    await api().browsers.deleteByID(session.session_id);
    assert.equal(await raw.closed, '1001 session ended');
  } finally {
    await server.stop();
  }
});
