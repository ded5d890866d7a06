// Page work over CDP: Playwright and Puppeteer, unchanged, through the metro's relay.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import Kernel from '@onkernel/sdk';
import { chromium } from 'playwright-core';
import puppeteer from 'puppeteer-core';
import { startSite, startTogether, startWye } from './server.mjs';

const TWENTY_MB = 20 * 1024 * 1024;
let wye, site, client, session;

before(async () => {
  [wye, site] = await startTogether(startWye(), startSite());
  client = new Kernel({ apiKey: wye.apiKey, baseURL: wye.baseURL });
  session = await client.browsers.create({ headless: true, timeout_seconds: 300, telemetry: { enabled: true } });
});
after(async () => {
  await wye?.stop();
  await site?.stop();
});

test('playwright works on the page that is there', async () => {
  const browser = await chromium.connectOverCDP(session.cdp_ws_url);
  const page = browser.contexts()[0].pages()[0] ?? await browser.contexts()[0].newPage();
  await page.goto(site.url('/'));
  await page.getByRole('button').click();
  assert.equal(await page.getByRole('button').textContent(), 'clicked');
  assert.ok((await page.screenshot()).subarray(1, 4).equals(Buffer.from('PNG')));
  await browser.close();
});

test('playwright moves a message of 20 MB both ways', async () => {
  const browser = await chromium.connectOverCDP(session.cdp_ws_url);
  const page = await browser.contexts()[0].newPage();
  const text = 'x'.repeat(TWENTY_MB);
  const back = await page.evaluate((value) => value + '!', text);
  assert.equal(back.length, TWENTY_MB + 1);
  assert.ok(back.endsWith('x!'));
  await page.close();
  await browser.close();
});

test('puppeteer drives a page and moves a message of 20 MB', async () => {
  const browser = await puppeteer.connect({ browserWSEndpoint: session.cdp_ws_url, defaultViewport: null });
  const page = await browser.newPage();
  await page.goto(site.url('/'));
  assert.equal(await page.title(), 'A small site');
  assert.equal(await page.evaluate((value) => value.length, 'y'.repeat(TWENTY_MB)), TWENTY_MB);
  await page.close();
  await browser.disconnect();
});

test('an update of the viewport resizes the running browser', async () => {
  const updated = await client.browsers.update(session.session_id, { viewport: { width: 900, height: 700 } });
  assert.deepEqual(updated.viewport, { width: 900, height: 700, refresh_rate: 60 });
  const browser = await puppeteer.connect({ browserWSEndpoint: session.cdp_ws_url, defaultViewport: null });
  const [page] = await browser.pages();
  assert.deepEqual(await page.evaluate(() => [outerWidth, outerHeight]), [900, 700]);
  await browser.disconnect();
});

test('a cookie set by the page is sent by curl', async () => {
  await client.browsers.curl(session.session_id, { url: site.url('/after') });
  const asked = site.seen.findLast((request) => request.url === '/after');
  assert.match(asked.headers.cookie ?? '', /visited=yes/);
});

test('connections are told in telemetry', async () => {
  const types = [];
  for await (const envelope of client.browsers.telemetry.events(session.session_id, { since: '5m', limit: 100 })) types.push(envelope.event.type);
  assert.ok(types.includes('cdp_connect'));
  assert.ok(types.includes('cdp_disconnect'));
});

test('deleting the browser closes the CDP connection', async () => {
  const browser = await puppeteer.connect({ browserWSEndpoint: session.cdp_ws_url });
  const closed = new Promise((resolve) => browser.once('disconnected', resolve));
  await client.browsers.deleteByID(session.session_id);
  await closed;
  await assert.rejects(puppeteer.connect({ browserWSEndpoint: session.cdp_ws_url }));
});
