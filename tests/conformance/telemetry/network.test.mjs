// The category network: a page requests known resources, and exactly those are reported.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { essence, startWorld } from './world.mjs';

const LONG = 'é'.repeat(5000);  // 10,000 bytes
let world, page;

before(async () => {
  world = await startWorld({
    categories: ['network'],
    pages: {
      '/': '<!doctype html><link rel=icon href=data:,><title>net</title>',
      '/json': { type: 'application/json', body: JSON.stringify({ long: LONG }) },
      '/text': { type: 'text/plain; charset=utf-8', body: LONG },
      '/form': { type: 'application/x-www-form-urlencoded', body: 'a=1&b=2', status: 201 },
      '/bytes': { type: 'application/octet-stream', body: Buffer.from([0, 255, 1]) },
      '/image': { type: 'image/png', body: Buffer.from([0x89, 0x50]) },
      '/broken': { type: 'application/json', body: Buffer.from([0x22, 0xff, 0x61, 0x22]) },
      '/large': { type: 'text/plain', body: 'x'.repeat(70_000) },
      '/none': (_, response) => response.writeHead(204).end(),
      '/away': (_, response) => response.writeHead(302, { Location: '/form' }).end(),
      '/cut': (_, response) => { response.writeHead(200, { 'Content-Length': '100' }); response.write('some', () => response.destroy()); },
      '/hangs': () => {},
      '/page-that-hangs': '<!doctype html><link rel=icon href=data:,><script>fetch("/hangs")</script>',
    },
  });
  page = await world.devtools.first();
});
after(() => world?.stop());

const of = (path) => world.seen('network').filter(({ event }) => event.data.url === world.site.url(path) || event.data.request_id === ids.get(path));
const ids = new Map();
/** What is told of one request that the page makes, until it is over. */
async function told(path, options = '{}', last = 'network_response') {
  await page.run(`fetch(${JSON.stringify(path)}, ${options}).then((answer) => answer.text()).catch(() => {})`);
  const { event } = await world.untilType('network_request', (data) => data.url === world.site.url(path));
  ids.set(path, event.data.request_id);
  await world.untilType(last, (data) => data.request_id === event.data.request_id);
  return of(path);
}

test('a blank page that does nothing is told nothing of', async () => {
  await world.mark();
  assert.deepEqual(world.seen('network', 'monitor'), []);
});

test('a document: request, response with its text, idle', async () => {
  const at = world.events.length;
  await page.go(world.site.url('/'));
  await world.untilType('network_idle');
  const [request, response, ...rest] = world.events.slice(at).filter(({ event }) => event.category === 'network' && event.data.url !== 'data:,');
  assert.deepEqual(essence(request), {
    type: 'network_request', target_type: 'page', nav_seq: 0, url: world.site.url('/'), method: 'GET',
    document_url: world.site.url('/'), initiator_type: 'other', resource_type: 'Document',
  });
  assert.deepEqual(essence(response), {
    type: 'network_response', target_type: 'page', nav_seq: 0, url: world.site.url('/'), method: 'GET', status: 200,
    status_text: 'OK', mime_type: 'text/html', resource_type: 'Document',
    body: '<!doctype html><link rel=icon href=data:,><title>net</title>',
  });
  assert.equal(response.event.data.headers['Content-Type'], 'text/html; charset=utf-8');
  assert.match(request.event.data.headers['User-Agent'], /Chrome/);
  assert.equal(request.event.data.loader_id, request.event.data.request_id);
  assert.equal(request.event.data.target_id, page.targetId);
  assert.deepEqual(request.event.source, { kind: 'cdp', event: 'Network.requestWillBeSent', metadata: { target_id: page.targetId } });
  assert.deepEqual(rest.map((envelope) => essence(envelope)), [{ type: 'network_idle', target_type: 'page', nav_seq: 1, url: world.site.url('/') }]);
});

test('bodies: JSON and forms to 8 KB, other text to 4 KB, at a character, nothing of what is no text', async () => {
  const body = async (path) => (await told(path)).at(-1).event.data.body;
  const json = await body('/json');
  assert.equal(json, '{"long":"' + 'é'.repeat(4091) + '...[truncated]');
  assert.ok(Buffer.byteLength(json) - '...[truncated]'.length <= 8192);
  assert.equal(await body('/text'), 'é'.repeat(2048) + '...[truncated]');
  assert.equal(await body('/form'), 'a=1&b=2');
  assert.equal(await body('/bytes'), undefined);
  assert.equal(await body('/image'), undefined);
  assert.equal(await body('/none'), undefined);
  assert.equal(await body('/broken'), '"\ufffda"');
  assert.equal(await body('/large'), undefined, 'a body that Chromium does not keep for us is left out');
});

test('a redirect: one response, and a request each hop', async () => {
  const events = await told('/away', '{method:"POST",body:"q=1"}');
  assert.deepEqual(events.map((envelope) => [envelope.event.type, envelope.event.data.url, envelope.event.data.method, envelope.event.data.is_redirect, envelope.event.data.redirect_url]), [
    ['network_request', world.site.url('/away'), 'POST', undefined, undefined],
    ['network_request', world.site.url('/form'), 'GET', true, world.site.url('/away')],
    ['network_response', world.site.url('/form'), 'GET', undefined, undefined],
  ]);
  assert.equal(events[0].event.data.post_data, 'q=1');
  assert.equal(events[2].event.data.status, 201);
});

test('failures: a connection that is cut, a request that the page takes back, a host that is not', async () => {
  const cut = (await told('/cut', '{}', 'network_loading_failed')).at(-1).event.data;
  assert.equal(cut.error_text, 'net::ERR_CONTENT_LENGTH_MISMATCH');
  assert.equal(cut.canceled, false);
  await page.run(`(() => { const stop = new AbortController(); const asked = fetch('/hangs', { signal: stop.signal }).catch(() => {}); setTimeout(() => stop.abort(), 50); return asked; })()`);
  const taken = (await world.untilType('network_loading_failed', (data) => data.url === world.site.url('/hangs'))).event.data;
  assert.deepEqual([taken.error_text, taken.canceled, taken.resource_type], ['net::ERR_ABORTED', true, 'Fetch']);
  await page.run(`fetch('http://no-such-host.invalid/').catch(() => {})`);
  const unknown = (await world.untilType('network_loading_failed', (data) => data.url === 'http://no-such-host.invalid/')).event.data;
  assert.equal(unknown.error_text, 'net::ERR_NAME_NOT_RESOLVED');
  assert.deepEqual(world.seen('proxy_error'), [], 'there is no proxy, so nothing is reported about one');
});

test('idle is told once a quiet time, and not while a request hangs', async () => {
  await page.go(world.site.url('/page-that-hangs'));
  await world.untilType('network_request', (data, event) => data.url === world.site.url('/hangs') && data.document_url.endsWith('/page-that-hangs'));
  const before = world.seen('network_idle').length;
  // Longer than the time of an idle network, measured by the page itself, while the request is still under
  // way.
  await page.run('new Promise((resolve) => setTimeout(resolve, 700))');
  await world.mark();
  assert.equal(world.seen('network_idle').length, before);
  await page.go('about:blank');
  await world.untilType('network_idle', (data) => data.url === 'about:blank');
});

test('stream, pages and archive tell the same', async () => {
  await world.endAndCompare();
});
