// Exported telemetry against the archive, decoded by OpenTelemetry's own messages.
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { createServer as createTlsServer } from 'node:https';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, describe, test } from 'node:test';
import puppeteer from 'puppeteer-core';
import { attributesOf, plain, startCollector } from './collector.mjs';
import { startSite, startWye } from './server.mjs';

const SECRET = 'Bearer c0nf0rmance-s3cret';
let wye, site, said = '';

async function call(method, path, body) {
  const answer = await fetch(wye.baseURL + path, {
    method, headers: { Authorization: `Bearer ${wye.apiKey}` }, body: body && JSON.stringify(body),
  });
  const text = await answer.text();
  said += text;
  assert.ok(answer.ok, `${method} ${path}: ${answer.status} ${text}`);
  return text === '' ? undefined : JSON.parse(text);
}

const makeDestination = (name, collector, more = {}) =>
  call('POST', '/telemetry/destinations', { name, endpoint: collector.endpoint, headers: { Authorization: SECRET }, ...more });

const makeBrowser = (destination, categories = {}) => call('POST', '/browsers', {
  headless: true, timeout_seconds: 300, tags: { team: 'qa' },
  telemetry: { enabled: true, browser: categories, export: { otlp: { enabled: true, destination: { name: destination } } } },
});

const addEvent = (id, n) => call('POST', `/browsers/${id}/telemetry/events`, { type: 'made_by_test', category: 'control', data: { n } });

async function archive(id) {
  const all = [];
  for (let offset = 1; ;) {
    const answer = await fetch(`${wye.baseURL}/browsers/${id}/telemetry/events?limit=100&offset=${offset}`, { headers: { Authorization: `Bearer ${wye.apiKey}` } });
    all.push(...await answer.json());
    if (answer.headers.get('x-has-more') !== 'true') return all;
    offset = Number(answer.headers.get('x-next-offset'));
  }
}

/** Asks again until it is so; the test's own time is the bound. */
async function until(ask, isSo) {
  for (;;) {
    const answer = await ask();
    if (isSo(answer)) return answer;
  }
}

/** Deeply equal, but that Boost.JSON reads a fraction within a few units of its last place. */
function assertSame(actual, wanted) {
  const near = (a, b) => {
    if (typeof a === 'number' && typeof b === 'number') return Math.abs(a - b) <= Math.abs(b) * 1e-14 ? b : a;
    if (Array.isArray(a) && Array.isArray(b)) return a.map((item, at) => near(item, b[at]));
    if (!a || !b || typeof a !== 'object' || typeof b !== 'object') return a;
    return Object.fromEntries(Object.entries(a).map(([name, inner]) => [name, near(inner, b[name])]));
  };
  assert.deepEqual(near(actual, wanted), wanted);
}

const seqs = (logs) => logs.map((log) => attributesOf(log.attributes)['wye.seq']);
const ended = (collector, id) => collector.waitFor(() => collector.spans(id).some(({ name }) => name === 'browser session'), `the end of ${id}`);

describe('OTLP export', { timeout: 150_000 }, () => {
  before(async () => {
    wye = await startWye({ extraArgs: ['--allow-private-export'] });
    site = await startSite();
  });
  after(async () => {
    await site?.stop();
    await wye?.stop();
    assert.ok(!wye?.output().includes('s3cret') && !said.includes('s3cret'), 'a header value got out');
  });

  for (const protocol of ['http/protobuf', 'http/json'])
    test(`${protocol}: every event is a log record, and what took time is a span`, async (t) => {
      const collector = await startCollector();
      t.after(() => collector.stop());
      const name = `to-${protocol.slice(5)}`;
      await makeDestination(name, collector, { protocol });
      const browser = await makeBrowser(name, { network: { enabled: true }, page: { enabled: true }, console: { enabled: true } });
      const id = browser.session_id;
      assert.deepEqual(browser.telemetry.export, { otlp: { enabled: true, destination: (await call('GET', `/telemetry/destinations/${name}`)).id } });
      const client = await puppeteer.connect({ browserWSEndpoint: browser.cdp_ws_url, defaultViewport: null });
      const page = await client.newPage();
      await page.goto(site.url('/teapot'));
      await page.goto(site.url());
      await page.evaluate(() => console.warn('grüße', 1, { a: [1.5, null, true] }));
      await client.disconnect();
      await until(() => archive(id), (events) => events.some(({ event }) => event.type === 'cdp_disconnect'));
      await call('DELETE', `/browsers/${id}`);
      await ended(collector, id);

      const events = await archive(id);
      const logs = collector.logs(id), spans = collector.spans(id);
      assert.ok(events.length > 10);
      assert.deepEqual(seqs(logs), events.map(({ seq }) => seq), 'each once, in order');
      events.forEach(({ event }, at) => {
        const log = logs[at];
        assert.equal(log.timeUnixNano, `${event.ts}000`);
        assert.equal(log.eventName, event.type);
        assert.equal(attributesOf(log.attributes)['wye.category'], event.category);
        assertSame(plain(log.body), event.data ?? null);
      });
      const session = spans.find(({ name: called }) => called === 'browser session');
      const teapot = spans.find((span) => attributesOf(span.attributes)['http.response.status_code'] === 418);
      assert.equal(teapot.name, 'GET');
      assert.equal(attributesOf(teapot.attributes)['url.full'], site.url('/teapot'));
      assert.equal(teapot.status.code, 2);
      assert.ok(spans.some(({ name: called }) => called === 'page load'));
      assert.ok(spans.some(({ name: called }) => called === 'cdp connection'));
      assert.equal(new Set(spans.map(({ spanId }) => spanId)).size, spans.length);
      for (const span of spans) {
        assert.equal(span.traceId, session.traceId);
        assert.ok(BigInt(span.startTimeUnixNano) <= BigInt(span.endTimeUnixNano));
        if (span !== session) assert.equal(span.parentSpanId, session.spanId);
      }
      const resource = collector.requests.flatMap(({ decoded }) => decoded.resourceLogs ?? [])[0].resource;
      assert.equal(attributesOf(resource.attributes)['wye.tag.team'], 'qa');
      assert.ok(collector.requests.every(({ headers }) => headers.authorization === SECRET));
    });

  test('while nobody is there other browsers go on, and all of it comes afterwards', async () => {
    const [lost, near] = [await startCollector(), await startCollector()];
    await makeDestination('lost', lost);
    await makeDestination('near', near);
    await lost.stop();
    const [away, here] = [await makeBrowser('lost'), await makeBrowser('near')];
    for (let n = 0; n < 50; ++n) {
      await addEvent(away.session_id, n);
      await addEvent(here.session_id, n);
    }
    const made = (collector, id) => collector.logs(id).filter(({ eventName }) => eventName === 'made_by_test');
    await near.waitFor(() => made(near, here.session_id).length === 50, 'the other browser');
    const failing = await until(() => call('GET', '/telemetry/destinations/lost'), ({ status }) => status.backlog >= 50 && status.last_error);
    assert.equal(failing.status.dropped, 0);
    await lost.start();
    await call('PATCH', '/telemetry/destinations/lost', { description: 'it is back' });
    await lost.waitFor(() => made(lost, away.session_id).length === 50, 'what waited');
    assert.deepEqual(made(lost, away.session_id).map(({ body }) => plain(body).n), [...Array(50).keys()]);
    assert.equal((await fetch(`${wye.baseURL}/telemetry/destinations/lost`, { method: 'DELETE', headers: { Authorization: `Bearer ${wye.apiKey}` } })).status, 409);
    await call('PATCH', `/browsers/${away.session_id}`, { telemetry: { export: { otlp: { enabled: false } } } });
    await call('DELETE', '/telemetry/destinations/lost');
    await Promise.all([lost.stop(), near.stop()]);
  });

  const openssl = spawnSync('openssl', ['version']).status === 0;
  test('a receiver whose certificate nobody vouches for gets nothing', { skip: !openssl && 'no openssl command' }, async () => {
    const directory = await mkdtemp(join(tmpdir(), 'wye-otlp-'));
    const [key, cert] = ['key', 'cert'].map((name) => join(directory, name));
    const made = spawnSync('openssl', ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2', '-subj', '/CN=localhost', '-addext', 'subjectAltName=IP:127.0.0.1', '-keyout', key, '-out', cert]);
    assert.equal(made.status, 0, String(made.stderr));
    let asked = 0;
    const server = createTlsServer({ key: await readFile(key), cert: await readFile(cert) }, (request, response) => { ++asked; response.end(); });
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    await makeDestination('impostor', { endpoint: `https://127.0.0.1:${server.address().port}` });
    const { logs } = await call('POST', '/telemetry/destinations/impostor/test');
    assert.equal(logs.result, 'not_now');
    assert.match(logs.reason, /certificate/i);
    assert.equal(asked, 0);
    await new Promise((resolve) => { server.closeAllConnections(); server.close(resolve); });
    await rm(directory, { recursive: true });
  });

  test('what is refused is counted where everybody looks', async () => {
    const collector = await startCollector();
    collector.answer = () => 401;
    const { id } = await makeDestination('strict', collector);
    assert.equal((await call('POST', `/telemetry/destinations/${id}/test`)).logs.result, 'refused');
    const browser = await makeBrowser('strict');
    let refused = false;
    const answered = collector.answer;
    collector.answer = (request) => { refused = true; return answered(request); };
    await addEvent(browser.session_id, 1);
    await collector.waitFor(() => refused, 'the request');
    // The answer is on its way to the server; the next attempt, which is accepted, comes after the server has
    // counted it.
    collector.answer = () => 200;
    await addEvent(browser.session_id, 2);
    await collector.waitFor(() => collector.logs(browser.session_id).length > 0, 'the next one');
    const { status } = await call('GET', '/telemetry/destinations/strict');
    assert.ok(status.dropped >= 1);
    const metrics = () => fetch(`${wye.baseURL}/metrics`, { headers: { Authorization: `Bearer ${wye.apiKey}` } }).then((answer) => answer.text());
    await until(metrics, (text) => /wye_export_items_total\{signal="logs",outcome="sent"\} [1-9]/.test(text));
    assert.match(await metrics(), /wye_export_items_total\{signal="logs",outcome="refused"\} [1-9]/);
    await collector.stop();
  });
});
