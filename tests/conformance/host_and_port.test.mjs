// Runs clients that know only host and port, unchanged, at `wye browsers cdp ID --listen`, and tests what
// else may reach that address. Selenium and chromedriver (`debuggerAddress`) are not here, since the package
// of one downloads the other.
import assert from 'node:assert/strict';
import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import http from 'node:http';
import { createRequire } from 'node:module';
import net from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { after, before, describe, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import Kernel from '@onkernel/sdk';
import { chromium as playwright } from 'playwright-core';
import puppeteer from 'puppeteer-core';
import WebSocket from 'ws';
import { setUpOn, startSite, startTogether, startWye } from './server.mjs';

const BOUND = 128;  // connections of one local address
const CLIENTS = fileURLToPath(new URL('./host_and_port/', import.meta.url));
const require = createRequire(CLIENTS);
let wye, site, client, session, local, work;

const environment = () => ({ ...process.env, KERNEL_BASE_URL: wye.baseURL, KERNEL_API_KEY: wye.apiKey, WYE_CA_FILE: process.env.NODE_EXTRA_CA_CERTS ?? '' });
const run = (program, args, env = {}) => promisify(execFile)(program, args, { env: { ...environment(), ...env } })
  .then(({ stdout, stderr }) => ({ code: 0, stdout, stderr }), ({ code, stdout, stderr }) => ({ code, stdout, stderr }));
/** A client's command line, from its package. */
const runClient = (script, ...args) => run(process.execPath, [join(CLIENTS, 'node_modules', script), ...args], { HOME: work });
const create = (more = {}) => client.browsers.create({ headless: true, timeout_seconds: 300, ...more });

/** `wye browsers cdp` for a session: where it is, its process, and all that it has said. */
async function listen(id) {
  const child = spawn(process.env.WYE_BIN, ['browsers', 'cdp', id, '--listen', '127.0.0.1:0', '-o', 'json'], { env: environment(), stdio: ['ignore', 'pipe', 'pipe'] });
  const exited = once(child, 'exit').then(([code, signal]) => code ?? signal);
  let said = '';
  child.stderr.on('data', (chunk) => { said += chunk; });
  const line = await Promise.race([once(createInterface({ input: child.stdout }), 'line'), exited.then((code) => { throw new Error(`ended with ${code}: ${said}`); })]);
  said += line;
  const { url, webSocketDebuggerUrl } = JSON.parse(line);
  return { url, socketURL: webSocketDebuggerUrl, port: Number(new URL(url).port), child, exited, said: () => said, stop: () => { child.kill('SIGINT'); return exited; } };
}

/** A WebSocket as it is; `closed` is `code reason`, `refused` the status of another answer. */
async function open(url, options = {}) {
  const socket = new WebSocket(url, options);
  const next = (name) => new Promise((resolve) => socket.once(name, (...values) => resolve(values)));  // `once` rejects at an error
  const closed = next('close').then(([code, reason]) => `${code} ${reason}`.trim());
  const waiting = new Map();
  let last = 0;
  socket.on('message', (text) => { const message = JSON.parse(text); waiting.get(message.id)?.(message); });
  const failed = next('error').then(([{ code }]) => code);
  socket.on('error', () => {});
  const refused = await Promise.race([next('open').then(() => 0), next('unexpected-response').then(([, { statusCode }]) => statusCode), failed]);
  if (refused) socket.terminate();
  return { socket, closed, refused, ask: (method, params = {}) => new Promise((resolve) => { waiting.set(++last, resolve); socket.send(JSON.stringify({ id: last, method, params })); }) };
}

/** An answer to a request with exactly these fields. */
async function ask(path, { method = 'GET', headers = {} } = {}) {
  const request = http.request({ host: '127.0.0.1', port: local.port, path, method, headers, agent: false }).end();
  const [answer] = await once(request, 'response');
  let text = '';
  for await (const chunk of answer) text += chunk;
  return { status: answer.statusCode, text, code: text.startsWith('{') ? JSON.parse(text).code : undefined, headers: answer.headers };
}

before(async () => {
  work = await mkdtemp(join(tmpdir(), 'wye-clients-'));
  [wye, site] = await startTogether(startWye(), startSite());
  [client, session, local] = await setUpOn([wye, site], async () => {
    client = new Kernel({ apiKey: wye.apiKey, baseURL: wye.baseURL });
    session = await create({ telemetry: { enabled: true } });
    return [client, session, await listen(session.session_id)];
  });
});
after(async () => {
  await local?.stop();
  await wye?.stop();
  await site?.stop();
  await rm(work, { recursive: true, force: true });
});

describe('clients', () => {
  test('puppeteer by browserURL', async () => {
    const browser = await puppeteer.connect({ browserURL: local.url, defaultViewport: null });
    const page = await browser.newPage();
    await page.goto(site.url());
    assert.equal(await page.title(), 'A small site');
    assert.equal(await page.evaluate((text) => text.length, 'y'.repeat(20 << 20)), 20 << 20);
    await page.close();
    await browser.disconnect();
  });

  test('playwright by an http URL', async () => {
    const browser = await playwright.connectOverCDP(local.url);
    const page = await browser.contexts()[0].newPage();
    await page.goto(site.url());
    await page.getByRole('button').click();
    assert.equal(await page.getByRole('button').textContent(), 'clicked');
    await page.close();
    await browser.close();
  });

  test('chrome-remote-interface', async () => {
    const CDP = require('chrome-remote-interface');
    const where = { host: '127.0.0.1', port: local.port };
    const target = await CDP.New({ ...where, url: site.url('/new?a=1&jwt=mine&b=%26') });
    assert.equal(target.url, site.url('/new?a=1&jwt=mine&b=&'), 'all of it, decoded as Chromium does');
    const page = await CDP({ ...where, target });
    await page.Page.enable();
    await Promise.all([page.Page.loadEventFired(), page.Page.navigate({ url: site.url() })]);
    assert.equal((await page.Runtime.evaluate({ expression: 'document.title' })).result.value, 'A small site');
    await page.close();
    assert.ok((await CDP.List(where)).some(({ id, title }) => id === target.id && title === 'A small site'));
    await CDP.Activate({ ...where, id: target.id });
    await CDP.Close({ ...where, id: target.id });
    assert.match((await CDP.Version(where)).Browser, /^Chrome\//);
  });

  test('chrome-har-capturer', async () => {
    const file = join(work, 'page.har');
    const { code, stderr } = await runClient('chrome-har-capturer/bin/cli.js', '--host', '127.0.0.1', '--port', local.port, '--output', file, site.url());
    assert.equal(code, 0, stderr);
    const { log } = JSON.parse(await readFile(file, 'utf8'));
    assert.deepEqual(log.entries.map(({ request, response }) => [request.url, response.status])[0], [site.url(), 200]);
  });

  test('single-file', async () => {
    const file = join(work, 'page.html');
    const { code, stderr } = await runClient('single-file-cli/single-file-node.js', `--browser-server=${local.url}`, site.url(), file);
    assert.equal(code, 0, stderr);
    assert.match(await readFile(file, 'utf8'), /Page saved with SingleFile[^]*<title>A small site<\/title>[^]*<h1>Hello<\/h1>/);
  });

  test('taiko', async () => {
    const taiko = require('taiko');
    await taiko.openBrowser({ host: '127.0.0.1', port: local.port });
    await taiko.goto(site.url());
    await taiko.click('press');
    assert.equal(await taiko.title(), 'A small site');
    assert.equal(await taiko.button('clicked').exists(), true);
    await taiko.client().close();  // closeBrowser() asks for the browser's end on the connection of a page that it has just closed; with any Chromium, that succeeds by luck
  });

  test('lighthouse', async () => {
    const file = join(work, 'report.json');
    const { code, stderr } = await runClient('lighthouse/cli/index.js', site.url(), '--port', local.port, '--hostname', '127.0.0.1', '--only-audits=document-title,is-on-https',
      '--throttling-method=provided', '--output=json', '--output-path', file, '--quiet', '--no-enable-error-reporting');
    assert.equal(code, 0, stderr);
    const report = JSON.parse(await readFile(file, 'utf8'));
    assert.equal(report.runtimeError, undefined);
    assert.equal(report.audits['document-title'].score, 1);
    assert.equal(report.audits['is-on-https'].score, 0);
  });
});

describe('the session', () => {
  test('its token is in nothing that is served or said', async () => {
    const token = new URL(session.cdp_ws_url).searchParams.get('jwt');
    const made = await ask('/json/new?about:blank', { method: 'PUT' });
    const { id, webSocketDebuggerUrl, devtoolsFrontendUrl } = JSON.parse(made.text);
    assert.equal(webSocketDebuggerUrl, `ws://127.0.0.1:${local.port}/devtools/page/${id}`);
    assert.equal(devtoolsFrontendUrl, `devtools://devtools/bundled/inspector.html?ws=127.0.0.1:${local.port}/devtools/page/${id}`);
    const paths = ['/json/version', '/json/version/', '/json', '/json/list', '/json/protocol', `/json/activate/${id}`, `/json/close/${id}`, '/json/close/00', '/wrong', '/'];
    const answers = [made];
    for (const path of paths) answers.push(await ask(path));
    assert.deepEqual(answers.map(({ status }) => status).filter((status) => status !== 200 && status !== 404), []);
    for (const { text, headers } of answers) assert.ok(!(text + JSON.stringify(headers)).includes(token));
    assert.ok(!local.said().includes(token));
    assert.ok(!(await readFile(`/proc/${local.child.pid}/cmdline`, 'utf8')).includes(token));
    const printed = await run(process.env.WYE_BIN, ['browsers', 'cdp', session.session_id, '--print']);
    assert.equal(printed.stdout, session.cdp_ws_url + '\n', 'where it was asked for');
  });

  test('a wrong path is told the right one', async () => {
    for (const path of ['/', '/jsonx', '/devtools/browser/another', '/devtools/page/../x', '/browser/cdp']) {
      const answer = await ask(path);
      assert.equal(`${answer.status} ${answer.code}`, '404 wrong_cdp_url', path);
      assert.ok(answer.text.includes(`ws://127.0.0.1:${local.port}/devtools/browser/${session.session_id}`), path);
    }
    assert.equal((await open(local.url.replace('http', 'ws'))).refused, 404);
    assert.equal((await ask(new URL(local.socketURL).pathname)).status, 404, 'no request for a WebSocket');
    assert.equal((await ask('/json', { method: 'DELETE' })).status, 405);
  });

  test('what its clients do is told of them, and their end', async () => {
    const other = await create({ telemetry: { enabled: true } });
    const theirs = await listen(other.session_id);
    const polite = await open(theirs.socketURL), gone = await open(theirs.socketURL);
    await polite.ask('Browser.getVersion');
    polite.socket.close();
    await polite.closed;
    gone.socket.terminate();
    let told = [];
    while (told.length < 2) {
      told = [];
      for await (const { event } of client.browsers.telemetry.events(other.session_id, { since: '10m', limit: 100 })) if (event.type === 'cdp_disconnect') told.push(event.data);
    }
    assert.deepEqual(told.map(({ reason, message_count: messages }) => `${reason}/${messages}`).sort(), ['client_close/0', 'client_close/2']);
    assert.equal(await theirs.stop(), 0);
    await client.browsers.deleteByID(other.session_id);
  });

  test('a Chromium that restarts closes its WebSockets, and the next ones find the new one', async () => {
    for (const method of ['Browser.close', 'Browser.crash']) {
      const used = await open(local.socketURL), idle = await open(local.socketURL);
      await used.ask('Browser.getVersion');
      used.ask(method);
      assert.equal(await used.closed, '1012 upstream_changed', method);
      assert.equal(await idle.closed, '1012 upstream_changed', method);
      const [next, version] = await Promise.all([open(local.socketURL), ask('/json/version')]);
      assert.match((await next.ask('Browser.getVersion')).result.product, /^Chrome\//);
      assert.equal(version.status, 200);
      next.socket.close();
    }
  });

  test('its end ends the command', async () => {
    const other = await create();
    const theirs = await listen(other.session_id);
    const idle = await open(theirs.socketURL);
    await client.browsers.deleteByID(other.session_id);
    assert.equal(await idle.closed, '1001 session ended');
    assert.equal(await theirs.exited, 1);
    assert.match(theirs.said(), new RegExp(`browser_gone: the browser ${other.session_id} has ended`));
    assert.match((await run(process.env.WYE_BIN, ['browsers', 'cdp', other.session_id])).stderr, /^not_found: /);
  });

  test('Ctrl-C ends the command and leaves the session', async () => {
    const theirs = await listen(session.session_id);
    const idle = await open(theirs.socketURL);
    assert.equal(await theirs.stop(), 0);
    assert.equal(await idle.closed, '1006');
    assert.equal((await open(theirs.socketURL)).refused, 'ECONNREFUSED');
    assert.equal((await ask('/json/version')).status, 200);
  });
});

describe('hostile', () => {
  test('a page that has made its own name lead here', async () => {
    for (const host of ['evil.example', `evil.example:${local.port}`, `127.0.0.1.evil.example:${local.port}`, 'a', '10.1.2.3'])
      assert.equal(`${(await ask('/json', { headers: { host } })).status} ${(await open(local.socketURL, { headers: { host } })).refused}`, '403 403', host);
    for (const host of ['localhost', `LOCALHOST:${local.port}`, '127.0.0.1', `[::1]:${local.port}`]) assert.equal((await ask('/json/version', { headers: { host } })).status, 200, host);
  });

  test('a page of another origin', async () => {
    for (const origin of ['https://evil.example', local.url, 'null', 'http://localhost']) {
      assert.equal((await ask('/json', { headers: { origin } })).code, 'origin_not_allowed', origin);
      assert.equal((await open(local.socketURL, { origin })).refused, 403, origin);
    }
    assert.equal((await ask('/json', { headers: { 'sec-fetch-site': 'cross-site' } })).status, 403);
    const frontend = await open(local.socketURL, { origin: 'devtools://devtools' });
    assert.equal(frontend.refused, 0, 'what no page can be');
    frontend.socket.close();
  });

  test('heads that are too large or none', async () => {
    assert.equal((await ask('/json', { headers: { 'x-large': 'x'.repeat(40_000) } })).status, 431);
    const socket = net.connect(local.port, '127.0.0.1');
    socket.write('GET /json HTTP/1.1\r\nHost: 127.0.0.1\r\nHost: evil.example\r\n\r\n');
    assert.match(String((await once(socket, 'data'))[0]), /^HTTP\/1\.1 400 /);
    socket.destroy();
  });

  test('a hundred connections more than there may be', async () => {
    const all = await Promise.all(Array.from({ length: BOUND + 100 }, () => open(local.socketURL)));
    const served = all.filter(({ refused }) => !refused);
    assert.deepEqual([...new Set(all.map(({ refused }) => refused))].sort(), [0, 503]);
    assert.ok(served.length <= BOUND && served.length >= BOUND - 2, `${served.length}`);  // connections of earlier tests may not be closed yet
    const answers = await Promise.all(served.map((one) => one.ask('Browser.getVersion')));
    assert.ok(answers.every(({ result }) => result.product));
    for (const { socket } of served) socket.close();
    await Promise.all(served.map(({ closed }) => closed));
    let next = await open(local.socketURL);
    while (next.refused) next = await open(local.socketURL);
    next.socket.close();
  });

  test('a client that never reads holds back its own connection alone, in bounded memory', async () => {
    const memory = async () => Number(/VmHWM:\s+(\d+)/.exec(await readFile(`/proc/${local.child.pid}/status`, 'utf8'))[1]);
    const before = await memory();
    const page = JSON.parse((await ask('/json/new?about:blank', { method: 'PUT' })).text);
    const silent = await open(page.webSocketDebuggerUrl, { perMessageDeflate: false });
    const begun = once(silent.socket._socket, 'data').then(() => silent.socket._socket.pause());
    silent.ask('Runtime.evaluate', { expression: '"x".repeat(100e6)', returnByValue: true });
    await begun;
    const other = await open(local.socketURL);
    for (let i = 0; i < 200; ++i) await other.ask('Browser.getVersion');
    assert.ok(await memory() - before < 20_000, 'kB');
    other.socket.close();
    silent.socket.terminate();
    await ask(`/json/close/${page.id}`);
  });

  test('an address for others needs to be allowed', async () => {
    for (const address of ['0.0.0.0:0', '[::]:0', '10.0.0.1:0', 'example.com:0']) {
      const { code, stderr } = await run(process.env.WYE_BIN, ['browsers', 'cdp', session.session_id, '--listen', address]);
      assert.equal(code, 2, address);
      assert.match(stderr, /--allow-network/);
    }
  });
});
