// One server, and a browser for each leg: the same calls are made on both, so that their answers can be compared field by field.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import Kernel from '@onkernel/sdk';
import { legsOf, setUpOn, startTogether, startWye } from '../server.mjs';

const ALL = 'curl,telemetry,computer,playwright,process,fs,logs/stream';

/** Shows what was done to it: text, clicks, scrolling. */
const PAGE = `<!doctype html><meta charset=utf-8><title>parity</title>
<style>body { margin: 0; height: 5000px } textarea { position: absolute; left: 300px; top: 0; width: 300px; height: 200px }</style>
<textarea id=text></textarea><script>
window.seen = [];
for (const type of ['click', 'mousemove', 'mousedown', 'mouseup', 'wheel', 'keydown'])
  addEventListener(type, (e) => seen.push({ type, x: e.clientX, y: e.clientY, key: e.key, deltaY: e.deltaY }), { capture: true, passive: true });
</script>`;

async function startSite() {
  const asked = [];
  const server = createServer((request, response) => {
    const chunks = [];
    request.on('data', (chunk) => chunks.push(chunk));
    request.on('end', () => {
      asked.push({ method: request.method, url: request.url, agent: request.headers['user-agent'], body: Buffer.concat(chunks).toString() });
      if (request.url.startsWith('/teapot')) return response.writeHead(418, { 'Content-Type': 'text/plain', 'X-Pot': 'short', Date: 'never' }).end('stout');
      response.writeHead(200, { 'Content-Type': 'text/html; charset=utf-8' }).end(PAGE);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  return { url: (path) => `http://host.wye.internal:${server.address().port}${path}`, asked,
           stop: () => new Promise((resolve) => { server.closeAllConnections(); server.close(resolve); }) };
}

/** A client whose exchanges are recorded as they pass: `{ url, method, status, headers, body }`, the body as far as the caller has read it. */
function recordingClient(wye, subresources, records) {
  const recordingFetch = async (input, init) => {
    const answer = await fetch(input, init);
    if (!String(input).startsWith('http')) return answer;  // the client tries what its platform's forms can
    const record = { url: String(input), method: init?.method ?? 'GET', status: answer.status, headers: Object.fromEntries(answer.headers), body: Buffer.alloc(0) };
    records.push(record);
    if (!answer.body) return answer;
    const passing = new TransformStream({ transform(chunk, controller) {
      record.body = Buffer.concat([record.body, chunk]);
      controller.enqueue(chunk);
    } });
    return new Response(answer.body.pipeThrough(passing), { status: answer.status, statusText: answer.statusText, headers: answer.headers });
  };
  process.env.KERNEL_BROWSER_ROUTING_SUBRESOURCES = subresources;
  const client = new Kernel({ baseURL: wye.baseURL, apiKey: wye.apiKey, maxRetries: 0, fetch: recordingFetch });
  delete process.env.KERNEL_BROWSER_ROUTING_SUBRESOURCES;
  return { client, recordingFetch };
}

/** What a case sees of a leg: the client under test, and `machine`, which looks at the browser's VM without it. */
async function startLeg(wye, site, name, subresources) {
  const records = [];
  const { client, recordingFetch } = recordingClient(wye, subresources, records);
  const browser = await client.browsers.create({ headless: true, timeout_seconds: 300, viewport: { width: 1280, height: 720 }, telemetry: { enabled: true } });
  const [through] = legsOf(wye, browser);
  const ask = (tail, init = {}) => fetch(`${through.base}/${tail}`, { ...init, headers: { ...through.headers, 'Content-Type': 'application/json' } });
  const post = async (tail, body) => {
    const answer = await ask(tail, { method: 'POST', body: JSON.stringify(body) });
    assert.ok(answer.ok, `${tail}: ${answer.status}`);
    return answer.json();
  };
  const machine = {
    ask, post,
    /** What a shell in the VM prints. */
    shell: async (script) => {
      const done = await post('process/exec', { command: 'sh', args: ['-c', script] });
      assert.equal(done.exit_code, 0, `${script}: ${Buffer.from(done.stderr_b64, 'base64')}`);
      return Buffer.from(done.stdout_b64, 'base64').toString();
    },
    run: async (code) => {
      const done = await post('playwright/execute', { code });
      assert.equal(done.success, true, done.error);
      return done.result;
    },
    inPage: (expression) => machine.run(`return page.evaluate(() => (${expression}))`),
    /** Opens the page, with the keys on its text. */
    open: () => machine.run(`await page.goto(${JSON.stringify(site.url('/'))}); await page.evaluate(() => { text.focus(); seen.length = 0; })`),
    /** Spawns a shell, and answers with its `process_id` and `pid`. */
    spawn: (script, more = {}) => post('process/spawn', { command: 'sh', args: ['-c', script], ...more }),
    /** Waits for a process's end, and answers with its exit code. */
    exitOf: async ({ process_id }) => {
      const events = (await (await ask(`process/${process_id}/stdout/stream`)).text()).split('\n\n').filter((frame) => frame.startsWith('data: '));
      return JSON.parse(events.at(-1).slice('data: '.length)).exit_code;
    },
  };
  /** A form by the platform's own means, on this leg; it fails as a call of the client does. */
  const form = async (id, tail, fields) => {
    const body = new FormData();
    for (const [field, value] of fields) body.append(field, value);
    const route = name === 'direct' && client.browserRouteCache.get(id);
    const answer = await (route ? recordingFetch(`${route.baseURL}/${tail}?jwt=${route.jwt}`, { method: 'POST', body })
                                : recordingFetch(`${wye.baseURL}/browsers/${id}/${tail}`, { method: 'POST', body, headers: { Authorization: `Bearer ${wye.apiKey}` } }));
    const text = await answer.text();
    if (!answer.ok) throw new Error(text);
  };
  return { form, name, wye, site, client, browsers: client.browsers, browser, id: browser.session_id, records, machine, state: {} };
}

export async function startWorld() {
  const [wye, site] = await startTogether(startWye(), startSite());
  return setUpOn([wye, site], async () => ({
    wye, site,
    legs: await Promise.all([startLeg(wye, site, 'control_plane', ''), startLeg(wye, site, 'direct', ALL)]),
    stop: async () => { await wye.stop(); await site.stop(); },
  }));
}
