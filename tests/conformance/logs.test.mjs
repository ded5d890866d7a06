// Logs of files and services through the official SDK, on both legs.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import Kernel from '@onkernel/sdk';
import { legsOf, startTogether, startWye } from './server.mjs';

let wye, client, browser;

before(async () => {
  [wye] = await startTogether(startWye());
  client = new Kernel({ apiKey: wye.apiKey, baseURL: wye.baseURL });
  browser = await client.browsers.create({ headless: true, timeout_seconds: 300 });
});
after(async () => { await wye?.stop(); });

const inVm = async (code) => {
  const answer = await client.browsers.playwright.execute(browser.session_id, { code: `const fs = require('fs'); ${code}` });
  assert.equal(answer.success, true, answer.error);
  return answer.result;
};
const legs = () => legsOf(wye, browser);
const ask = async (leg, query) => {
  const answer = await fetch(`${leg.base}/logs/stream?${query}`, { headers: leg.headers });
  return { status: answer.status, type: answer.headers.get('content-type'), sse: answer.headers.get('x-sse-content-type'), text: await answer.text() };
};
const messages = (text) => text.split('\n\n').filter((frame) => frame.startsWith('data: ')).map((frame) => JSON.parse(frame.slice(6)));

test('a whole file is read to its end, on both legs alike', async () => {
  await inVm('fs.writeFileSync("/tmp/whole.log", "one\\ntwo \\u00e9\\n\\n" + "x".repeat(200000) + "\\nno end")');
  const answers = await Promise.all(legs().map((leg) => ask(leg, 'source=path&path=/tmp/whole.log&follow=false')));
  for (const { status, type, sse, text } of answers) {
    assert.deepEqual([status, type, sse], [200, 'text/event-stream', 'application/json']);
    const lines = messages(text);
    assert.deepEqual(lines.slice(0, 3).map(({ message }) => message), ['one', 'two é', '']);
    assert.equal(lines.slice(3, -1).map(({ message }) => message).join(''), 'x'.repeat(200000));
    assert.equal(lines.at(-1).message, 'no end');
    for (const line of lines) {
      assert.deepEqual(Object.keys(line), ['event', 'message', 'timestamp']);
      assert.equal(line.event, 'log');
      assert.ok(Math.abs(Date.parse(line.timestamp) - Date.now()) < 60_000);
    }
  }
  assert.deepEqual(...answers.map(({ text }) => messages(text).map(({ message }) => message)));
});

test('the SDK follows a file from its end, over a rotation', async () => {
  await inVm('fs.writeFileSync("/tmp/app.log", "before\\n")');
  const stream = await client.browsers.logs.stream(browser.session_id, { source: 'path', path: '/tmp/app.log', follow: true });
  const lines = stream[Symbol.asyncIterator]();
  const next = async () => (await lines.next()).value.message;
  await inVm('fs.appendFileSync("/tmp/app.log", "first\\nsec"); fs.appendFileSync("/tmp/app.log", "ond\\n")');
  assert.deepEqual([await next(), await next()], ['first', 'second']);
  await inVm(`fs.appendFileSync("/tmp/app.log", "last\\n"); fs.renameSync("/tmp/app.log", "/tmp/app.log.1");
              fs.writeFileSync("/tmp/app.log", "new file\\n")`);
  assert.deepEqual([await next(), await next()], ['last', 'new file']);
  await inVm('fs.truncateSync("/tmp/app.log"); fs.appendFileSync("/tmp/app.log", "short\\n")');
  assert.equal(await next(), 'short');
  stream.controller.abort();
});

test('services have logs, which say when Chromium ends', async () => {
  const [leg] = legs();
  assert.equal((await ask(leg, 'source=supervisor&supervisor_process=chromium&follow=false')).status, 200);
  const stream = await client.browsers.logs.stream(browser.session_id, { source: 'supervisor', supervisor_process: 'agent' });
  await client.browsers.playwright.execute(browser.session_id, {
    code: 'const s = await browser.newBrowserCDPSession(); await s.send("Browser.close").catch(() => {})' });
  for await (const { message } of stream) if (JSON.parse(message).msg === 'chromium was closed') break;
  const all = messages((await ask(leg, 'source=supervisor&supervisor_process=agent&follow=false')).text);
  assert.ok(all.some(({ message }) => message.includes('chromium was closed')));
});

test('what cannot be streamed is refused, on both legs alike', async () => {
  // The agent is root in its VM; a path is opened with the rights of the browser's user.
  await client.browsers.process.exec(browser.session_id, { command: 'sh', args: ['-c', 'umask 077; echo x > /tmp/of-root.log'], as_root: true });
  for (const [query, status] of [['', 400], ['source=file', 400], ['source=path', 400], ['source=path&path=relative', 400],
    ['source=path&path=/tmp/none.log', 404], ['source=path&path=/tmp', 400], ['source=path&path=/proc/1/environ', 400],
    ['source=path&path=/proc/self/fd/6&follow=false', 400], ['source=path&path=/tmp/of-root.log', 400], ['source=path&path=/dev/zero', 400], ['source=path&path=/tmp/app.log&follow=maybe', 400],
    ['source=supervisor', 400], ['source=supervisor&supervisor_process=none', 404]]) {
    const [one, other] = await Promise.all(legs().map((leg) => ask(leg, query)));
    assert.deepEqual(one, other, query);
    assert.equal(one.status, status, query);
    assert.ok(JSON.parse(one.text).code, query);
  }
});

test('the seventeenth stream is refused until one ends', async () => {
  const [, leg] = legs();
  const query = 'source=path&path=/tmp/app.log';
  // Those that the tests above have left may last a moment longer.
  const open = await Promise.all(Array.from({ length: 16 }, async () => {
    for (;;) {
      const stop = new AbortController();
      const answer = await fetch(`${leg.base}/logs/stream?${query}`, { headers: leg.headers, signal: stop.signal });
      if (answer.status === 200) return stop;
      assert.equal(answer.status, 429);
      await answer.text();
    }
  }));
  assert.equal((await ask(leg, query)).status, 429);
  open.forEach((stop) => stop.abort());
  for (let status = 429; status !== 200;) status = (await ask(leg, `${query}&follow=false`)).status;
});
