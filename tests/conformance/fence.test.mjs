// What a browser cannot reach, with the whole server on a host of invented addresses (fake_host.mjs): by
// address, by name, by redirect, by DevTools, by file. CTest starts this in namespaces of its own.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { readFileSync } from 'node:fs';
import Kernel from '@onkernel/sdk';
import puppeteer from 'puppeteer-core';
import { FORBIDDEN, INTERNET, OWN_PUBLIC, WITHIN_IPV6, startFakeHost } from './fake_host.mjs';
import { startWye } from './server.mjs';

let host, wye, client, session, browser, page;

before(async () => {
  host = await startFakeHost();
  wye = await startWye({ allowHostLoopback: false });
  client = new Kernel({ apiKey: wye.apiKey, baseURL: wye.baseURL, maxRetries: 0 });
  session = await client.browsers.create({ headless: true, timeout_seconds: 300 });
  browser = await puppeteer.connect({ browserWSEndpoint: session.cdp_ws_url, defaultViewport: null });
  page = await browser.newPage();  // one page for all: Chromium may lose the close of a page whose error page is still loading
});
after(async () => {
  await browser?.disconnect();
  if (session) await client.browsers.deleteByID(session.session_id);
  await wye?.stop();
  await host?.stop();
});

const url = (address) => `http://${address.includes(':') ? `[${address}]` : address}:${host.port}/`;
const byName = (address) => url(`a-${address.replaceAll('.', '-')}.test`);
const curl = (target) => client.browsers.curl(session.session_id, { url: target, timeout_ms: 10_000 });
const isRefused = (call) => assert.rejects(call, (error) => error.status === 502 && /"?net_error/.test(JSON.stringify(error.error)));
const nobodySawIt = () => assert.deepEqual(host.seen, []);

test('the internet is reached, by address and by name', async () => {
  assert.equal((await curl(`http://${INTERNET}/`)).status, 200);
  assert.match((await curl('http://public.test/')).body, /public/);
});

for (const address of [...FORBIDDEN, ...WITHIN_IPV6, OWN_PUBLIC, '10.0.2.2'])
  test(`${address} is not reached by its address`, async () => {
    await isRefused(curl(url(address)));
    nobodySawIt();
  });

for (const address of FORBIDDEN.filter((one) => !one.includes(':')))
  test(`${address} is not reached by a name`, async () => {
    await isRefused(curl(byName(address)));
    nobodySawIt();
  });

test('an IPv6 address is not reached by a name', async () => {
  await isRefused(curl(url('aaaa.test')));
  nobodySawIt();
});

for (const address of FORBIDDEN)
  test(`${address} is not reached by a redirect`, async () => {
    await isRefused(curl(`http://${INTERNET}/to/${encodeURIComponent(url(address))}`));
    nobodySawIt();
  });

test('a redirect to a file is refused', async () => {
  await isRefused(curl(`http://${INTERNET}/to/${encodeURIComponent('file:///etc/passwd')}`));
});

for (const address of FORBIDDEN)
  test(`${address} is not reached by DevTools`, async () => {
    await assert.rejects(page.goto(url(address)), /net::ERR_/);
    nobodySawIt();
  });

test('a page on the internet cannot make the browser call the host', async () => {
  const page = await browser.newPage();
  await page.goto(`http://${INTERNET}/`);
  const outcomes = await page.evaluate(async (targets) => Promise.all(targets.map(async (target) => {
    const image = new Promise((resolve) => {
      const element = new Image();
      element.onload = () => resolve('loaded');
      element.onerror = () => resolve('failed');
      element.src = target;
    });
    const fetched = fetch(target, { mode: 'no-cors' }).then(() => 'fetched', () => 'failed');
    const socket = new Promise((resolve) => {
      const open = new WebSocket(target.replace('http', 'ws'));
      open.onopen = () => resolve('open');
      open.onerror = () => resolve('failed');
    });
    return Promise.all([image, fetched, socket]);
  })), FORBIDDEN.map(url));
  assert.deepEqual([...new Set(outcomes.flat())], ['failed']);
  nobodySawIt();
});

test('files that a page shows are the VM\'s, never the host\'s', async () => {
  const page = await browser.newPage();
  await page.goto('file:///etc/passwd');
  const shown = await page.evaluate(() => document.body.innerText);
  assert.match(shown, /^kernel:x:1000/m);
  assert.notEqual(shown.trim(), readFileSync('/etc/passwd', 'utf8').trim());
  for (const path of ['/etc/shadow', '/root/', '/proc/1/root/etc/shadow', '/proc/1/mem', '/var/lib/'])
    await assert.rejects(page.goto(`file://${path}`), /net::ERR_/, path);
});

// This test is last, since the host has one more address afterwards.
test('an address that the host gets after the launch is refused from then on', async () => {
  const address = '93.184.216.77';
  const came = await host.addAddress(address);
  // The fence follows within moments. Until then the host sees the browser, so the test tries until it is
  // refused.
  const until = Date.now() + 20_000;
  for (let refused = false; !refused;) {
    assert.ok(Date.now() < until, `the host was reached ${came.length} times, and is still`);
    refused = await curl(url(address)).then(() => false, (error) => error.error?.net_error_name === 'ERR_ADDRESS_UNREACHABLE');
  }
  const before = came.length;
  await isRefused(curl(url(address)));
  await assert.rejects(page.goto(url(address)), /net::ERR_/);
  assert.equal(came.length, before);
  assert.equal((await curl(`http://${INTERNET}/`)).status, 200);
});
