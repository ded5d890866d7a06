// A browser's life through the official Node SDK, unchanged.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import Kernel, { APIError, NotFoundError } from '@onkernel/sdk';
import { startSite, startTogether, startWye } from './server.mjs';

let wye, site, client, browser;

before(async () => {
  [wye, site] = await startTogether(startWye(), startSite());
  client = new Kernel({ apiKey: wye.apiKey, baseURL: wye.baseURL });
  browser = await client.browsers.create({ headless: true, name: 'checkout-1', tags: { team: 'qa' },
                                           timeout_seconds: 300, telemetry: { enabled: true } });
});
after(async () => {
  await wye?.stop();
  await site?.stop();
});

const collect = async (pages) => {
  const items = [];
  for await (const item of pages) items.push(item);
  return items;
};

test('create answers with a whole browser', () => {
  assert.match(browser.session_id, /^[a-z][a-z0-9]{23}$/);
  assert.match(browser.cdp_ws_url, wye.baseURL.startsWith('https') ? /^wss:\/\/.*\?jwt=/ : /^ws:\/\/.*\?jwt=/);
  assert.ok(browser.base_url.endsWith(`/browser/kernel/${browser.session_id}`));
  assert.equal(browser.headless, true);
  assert.deepEqual(browser.tags, { team: 'qa' });
  assert.equal(browser.telemetry.browser.control.enabled, true);
  assert.equal(browser.telemetry.browser.network.enabled, false);
});

test('retrieve by id and by name give the same browser', async () => {
  const byId = await client.browsers.retrieve(browser.session_id);
  const byName = await client.browsers.retrieve('CHECKOUT-1');
  assert.equal(byId.cdp_ws_url, browser.cdp_ws_url);
  assert.equal(byName.session_id, browser.session_id);
});

test('list finds it by tag and by query, and not where it is not', async () => {
  const ids = async (query) => (await collect(client.browsers.list(query))).map((item) => item.session_id);
  assert.deepEqual(await ids({ tags: { team: 'qa' } }), [browser.session_id]);
  assert.deepEqual(await ids({ query: 'heckout' }), [browser.session_id]);
  assert.deepEqual(await ids({ tags: { team: 'other' } }), []);
});

test('update replaces tags and keeps the rest', async () => {
  const updated = await client.browsers.update(browser.session_id, { tags: { team: 'release', stage: '2' } });
  assert.deepEqual(updated.tags, { team: 'release', stage: '2' });
  assert.equal(updated.name, 'checkout-1');
});

test('a second browser of the same name is refused and nothing is retried', async () => {
  await assert.rejects(client.browsers.create({ headless: true, name: 'Checkout-1' }),
                       (error) => error instanceof APIError && error.status === 409);
});

test('curl goes through the browser and returns the target as it is', async () => {
  const answer = await client.browsers.curl(browser.session_id, { url: site.url('/teapot') });
  assert.equal(answer.status, 418);
  assert.equal(answer.body, 'short and stout');
  const asked = site.seen.find((request) => request.url === '/teapot');
  assert.match(asked.headers['user-agent'], /Chrome/);
  assert.equal(Object.keys(asked.headers).filter((name) => /^x-(stainless|kernel|wye)/.test(name)).length, 0);
});

test('fetch streams a body both ways', async () => {
  const body = Buffer.alloc(300_000, 'wye ');
  const answer = await client.browsers.fetch(browser.session_id, site.url('/echo'),
                                             { method: 'POST', body, headers: { 'content-type': 'application/octet-stream' } });
  assert.equal(answer.status, 200);
  assert.equal(Buffer.compare(Buffer.from(await answer.arrayBuffer()), body), 0);
});

test('telemetry stream shows a call as it happens', async () => {
  const stream = await client.browsers.telemetry.stream(browser.session_id);
  const [event] = await Promise.all([
    (async () => {
      for await (const envelope of stream) if (envelope.event.type === 'api_call') return envelope;
    })(),
    client.browsers.curl(browser.session_id, { url: site.url('/') }),
  ]);
  stream.controller.abort();
  assert.equal(event.event.category, 'control');
  assert.equal(event.event.data.status, 200);
  assert.ok(event.seq >= 1);
});

test('telemetry events page without loss or repeat', async () => {
  for (let i = 0; i < 5; ++i) await client.browsers.curl(browser.session_id, { url: site.url('/') });
  const seqs = (await collect(client.browsers.telemetry.events(browser.session_id, { limit: 2, since: '5m' }))).map((item) => item.seq);
  assert.ok(seqs.length >= 5);
  assert.deepEqual(seqs, [...new Set(seqs)].sort((a, b) => a - b));
});

test('a wrong key is an authentication error', async () => {
  const stranger = new Kernel({ apiKey: 'sk_wrong', baseURL: wye.baseURL });
  await assert.rejects(collect(stranger.browsers.list()), (error) => error.status === 401);
});

test('after delete the browser is gone and its archive stays readable', async () => {
  const live = (await collect(client.browsers.telemetry.events(browser.session_id, { limit: 100, since: '5m' }))).map((item) => item.seq);
  await client.browsers.deleteByID('checkout-1');
  await assert.rejects(client.browsers.retrieve(browser.session_id), NotFoundError);
  const gone = await client.browsers.retrieve(browser.session_id, { include_deleted: true });
  assert.ok(gone.deleted_at);
  assert.equal(gone.base_url, undefined);
  const archived = (await collect(client.browsers.telemetry.events(browser.session_id, { limit: 100, since: '5m' }))).map((item) => item.seq);
  assert.deepEqual(archived.slice(0, live.length), live);
});
