// How a browser names itself: to pages, frames, popups and workers, and to the servers that each of them calls.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer as createPlainServer } from 'node:http';
import { createServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import Kernel from '@onkernel/sdk';
import puppeteer from 'puppeteer-core';
import { startWye } from './server.mjs';

const HINTS = ['architecture', 'bitness', 'formFactors', 'fullVersionList', 'model', 'platformVersion', 'uaFullVersion', 'wow64'];
const ACCEPT = 'Sec-CH-UA-Full-Version-List, Sec-CH-UA-Platform-Version, Sec-CH-UA-Arch, Sec-CH-UA-Bitness, Sec-CH-UA-Full-Version, Sec-CH-UA-Model, Sec-CH-UA-Form-Factors, Sec-CH-UA-WoW64';
const ask = `const ask = async () => ({ userAgent: navigator.userAgent, appVersion: navigator.appVersion, low: navigator.userAgentData.toJSON(), high: await navigator.userAgentData.getHighEntropyValues(${JSON.stringify(HINTS)}) });`;
const scripts = {
  '/worker.js': `${ask} fetch('/from-worker').then(ask).then(postMessage);`,
  '/shared.js': `${ask} onconnect = async ({ ports }) => { await fetch('/from-shared-worker'); ports[0].postMessage(await ask()); };`,
  '/service.js': `${ask} onmessage = async ({ source }) => { await fetch('/from-service-worker'); source.postMessage(await ask()); };`,
};
const page = `<!doctype html><title>who</title><script>${ask} if (parent !== window) ask().then((said) => parent.postMessage(said, '*'));</script>`;

/** Sites on the host's loopback, one plain and one secure; `seen` by path: what tells who asked. */
async function startSites() {
  const work = await mkdtemp(join(tmpdir(), 'wye-identity-'));
  execFileSync('openssl', ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-keyout', join(work, 'key.pem'), '-out', join(work, 'cert.pem'), '-days', '1', '-subj', '/CN=host.wye.internal'], { stdio: 'ignore' });
  let seen = new Map();
  const record = ({ url, headers }) => seen.set(url, Object.fromEntries(Object.entries(headers).filter(([name]) => /^(user-agent|sec-ch-)/.test(name))));
  const answer = (request, response) => {
    record(request);
    const script = scripts[request.url];
    response.writeHead(200, { 'Content-Type': script ? 'text/javascript' : 'text/html', 'Accept-CH': ACCEPT });
    response.end(script ?? page);
  };
  const secure = createServer({ key: await readFile(join(work, 'key.pem')), cert: await readFile(join(work, 'cert.pem')) }, answer);
  const plain = createPlainServer(answer);
  const servers = [secure, plain];
  for (const server of servers) {
    server.on('upgrade', (request, socket) => { record(request); socket.destroy(); });
    await once(server.listen(0, '127.0.0.1'), 'listening');
  }
  return {
    secure: (path, host = 'host.wye.internal') => `https://${host}:${secure.address().port}${path}`,
    plain: (path) => `http://host.wye.internal:${plain.address().port}${path}`,
    /** Forgets what was seen before. */
    watch: () => { seen = new Map(); return seen; },
    async stop() {
      for (const server of servers) { server.closeAllConnections(); server.close(); }
      await rm(work, { recursive: true });
    },
  };
}

/** Everything that a session says of itself: `{ version, said: {where: values}, seen: {path: headers} }`. */
async function identityOf(stealth) {
  const seen = sites.watch();
  const session = await client.browsers.create({ headless: true, stealth, timeout_seconds: 120, start_url: sites.plain('/start') });
  const browser = await puppeteer.connect({ browserWSEndpoint: session.cdp_ws_url, defaultViewport: null, acceptInsecureCerts: true });
  const said = {};
  const tab = await browser.newPage();
  await tab.goto(sites.secure('/first'));
  await tab.goto(sites.secure('/page'));
  said.page = await tab.evaluate(() => ask());
  said.frame = await tab.evaluate((url) => new Promise((resolve) => {
    addEventListener('message', ({ data }) => resolve(data), { once: true });
    document.body.append(Object.assign(document.createElement('iframe'), { src: url, allow: 'ch-ua-full-version-list *' }));
  }), sites.secure('/frame', '10.0.2.2'));
  const [popup] = await Promise.all([once(tab, 'popup').then(([opened]) => opened), tab.evaluate(() => { window.open('/popup'); })]);
  await popup.waitForFunction(() => location.pathname === '/popup' && typeof ask === 'function');
  said.popup = await popup.evaluate(() => ask());
  said.worker = await tab.evaluate(() => new Promise((resolve) => { new Worker('/worker.js').onmessage = ({ data }) => resolve(data); }));
  said.sharedWorker = await tab.evaluate(() => new Promise((resolve) => { new SharedWorker('/shared.js').port.onmessage = ({ data }) => resolve(data); }));
  said.serviceWorker = await tab.evaluate(async () => {
    await navigator.serviceWorker.register('/service.js');
    const { active } = await navigator.serviceWorker.ready;
    return new Promise((resolve) => { navigator.serviceWorker.onmessage = ({ data }) => resolve(data); active.postMessage(0); });
  });
  await tab.evaluate(() => new Promise((resolve) => { new WebSocket(location.href.replace('https', 'wss').replace('/page', '/socket')).onclose = resolve; }));
  said.printed = await tab.evaluate(() => { print(); return 'returned'; });
  await client.browsers.curl(session.session_id, { url: sites.secure('/curl') });
  await client.browsers.fetch(session.session_id, sites.secure('/curl-raw'));
  const version = (await browser.version()).split('/')[1], userAgent = await browser.userAgent();
  await browser.disconnect();
  await client.browsers.deleteByID(session.session_id);
  return { version, userAgent, said, seen: Object.fromEntries(seen) };
}

let wye, sites, client;
before(async () => {
  [wye, sites] = await Promise.all([startWye(), startSites()]);
  client = new Kernel({ apiKey: wye.apiKey, baseURL: wye.baseURL });
});
after(async () => {
  await wye?.stop();
  await sites?.stop();
});

const PATHS = ['/start', '/first', '/page', '/frame', '/popup', '/worker.js', '/from-worker', '/shared.js', '/from-shared-worker', '/service.js', '/from-service-worker', '/socket', '/curl', '/curl-raw'];

/** Where a name other than `product` is said, or hints disagree with it. */
function checkIdentity({ version, userAgent, said, seen }, product) {
  const [major] = version.split('.');
  const wanted = `Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) ${product}/${major}.0.0.0 Safari/537.36`;
  assert.equal(userAgent, wanted);
  for (const path of PATHS) assert.equal(seen[path]?.['user-agent'], wanted, path);
  const { printed, ...places } = said;
  assert.equal(printed, 'returned');
  for (const [where, values] of Object.entries(places)) {
    assert.equal(values.userAgent, wanted, where);
    assert.equal(values.appVersion, wanted.slice('Mozilla/'.length), where);
    assert.deepEqual(values, said.page, where);
    assert.ok(!/headless/i.test(JSON.stringify([values.low, values.high])), where);
  }
  const { low, high } = said.page;
  assert.ok(low.brands.some(({ brand, version: told }) => brand === 'Chromium' && told === major), JSON.stringify(low));
  assert.ok(high.fullVersionList.some(({ brand, version: told }) => brand === 'Chromium' && told === version), JSON.stringify(high));
  assert.deepEqual([low.platform, low.mobile, high.uaFullVersion, high.bitness, high.wow64], ['Linux', false, version, '64', false]);
  assert.ok(seen['/first']['sec-ch-ua'].includes(`"Chromium";v="${major}"`), JSON.stringify(seen['/first']));
  assert.ok(seen['/page']['sec-ch-ua-full-version-list'].includes(`"Chromium";v="${version}"`), JSON.stringify(seen['/page']));
  return wanted;
}

test('a stealth browser is an ordinary Chromium to everybody, and any other says that it is headless', async () => {
  const plain = await identityOf(false);
  const stealth = await identityOf(true);
  const open = checkIdentity(plain, 'HeadlessChrome');
  checkIdentity(stealth, 'Chrome');
  // Apart from that one word the two browsers are the same, so nothing else tells them apart.
  const renamed = JSON.parse(JSON.stringify(plain).replaceAll('HeadlessChrome', 'Chrome'));
  assert.notEqual(open, stealth.userAgent);
  assert.deepEqual(stealth.said, renamed.said);
  for (const path of PATHS) assert.deepEqual(stealth.seen[path], renamed.seen[path], path);
});
