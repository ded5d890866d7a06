// Uploads, archives, watches and downloads of a browser's machine through the official Node SDK, unchanged, on both legs: through the control
// plane, and straight to the VM. fs.test.mjs has the calls on single paths.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { after, before, test } from 'node:test';
import Kernel, { toFile } from '@onkernel/sdk';
import { chromium } from 'playwright-core';
import { startTogether, startWye } from './server.mjs';
import { zipOf } from './archives.mjs';

const CHANGES = 10_000;

let wye, id, browser;
const legs = {};

before(async () => {
  [wye] = await startTogether(startWye());
  const client = (routed) => {
    process.env.KERNEL_BROWSER_ROUTING_SUBRESOURCES = routed;
    return new Kernel({ apiKey: wye.apiKey, baseURL: wye.baseURL, maxRetries: 0 });
  };
  legs.control = client('');
  legs.direct = client('fs,telemetry,curl');
  browser = await legs.direct.browsers.create({ headless: true, timeout_seconds: 300, telemetry: { enabled: true, browser: { platform: { enabled: true } } } });
  id = browser.session_id;
});
after(async () => {
  await wye?.stop();
});

const onBothLegs = (name, body) => {
  for (const leg of ['control', 'direct']) test(`${name} (${leg})`, () => body(legs[leg].browsers.fs, `/home/kernel/${leg}`, leg));
};
const bytesOf = async (answer) => Buffer.from(await answer.arrayBuffer());
const fails = (promise, status, code) => assert.rejects(promise, (error) => {
  assert.equal(error.status, status, String(error));
  assert.equal(error.error?.code, code, String(error));
  return true;
});
const jwt = () => new URL(browser.cdp_ws_url).searchParams.get('jwt');

/**
 * Sends a form. Straight to the VM the SDK's own uploads name another boundary than their body has (vm-api §18), so that leg has a form of
 * the platform's own.
 */
async function send(leg, call, fields) {
  const [base, query, headers] = leg === 'direct' ? [browser.base_url, `?jwt=${jwt()}`, {}]
                                                  : [`${wye.baseURL}/browsers/${id}`, '', { Authorization: `Bearer ${wye.apiKey}` }];
  const form = new FormData();
  for (const [name, value] of fields) form.append(name, Buffer.isBuffer(value) ? new Blob([value]) : value);
  const answer = await fetch(`${base}/fs/${call}${query}`, { method: 'POST', headers, body: form });
  const text = await answer.text();
  if (!answer.ok) throw Object.assign(new Error(text), { status: answer.status, error: JSON.parse(text) });
  assert.equal(answer.status, 201);
}
const uploadZip = async (leg, dest_path, archive) => leg === 'control'
  ? legs.control.browsers.fs.uploadZip(id, { dest_path, zip_file: await toFile(archive, 'a.zip') })
  : send(leg, 'upload_zip', [['zip_file', archive], ['dest_path', dest_path]]);

onBothLegs('several files are uploaded as one form', async (fs, home, leg) => {
  if (leg === 'control')
    await fs.upload(id, { files: [{ file: await toFile(Buffer.from('first'), 'f'), dest_path: `${home}/up/1` },
                                  { dest_path: '/dev/shm/2', file: await toFile(Buffer.from('second'), 'f') }] });
  else
    await send(leg, 'upload', [['files[][dest_path]', `${home}/up/1`], ['files[][dest_path]', '/dev/shm/2'],
                               ['files[][file]', Buffer.from('first')], ['files[][file]', Buffer.from('second')]]);
  assert.equal(String(await bytesOf(await fs.readFile(id, { path: `${home}/up/1` }))), 'first');
  assert.equal(String(await bytesOf(await fs.readFile(id, { path: '/dev/shm/2' }))), 'second');
});

onBothLegs('a directory goes there and back as a zip', async (fs, home, leg) => {
  await uploadZip(leg, `${home}/zip`, zipOf([['a/b.txt', 'text'], ['a/run', '#!', 0o100755], ['a/to-b', 'b.txt', 0o120777]]));
  assert.deepEqual((await fs.listFiles(id, { path: `${home}/zip/a` })).map(({ name, mode }) => `${mode} ${name}`),
                   ['-rw-r--r-- b.txt', '-rwxr-xr-x run', 'lrwxrwxrwx to-b']);
  await uploadZip(leg, `${home}/again`, await bytesOf(await fs.downloadDirZip(id, { path: `${home}/zip` })));
  assert.equal(String(await bytesOf(await fs.readFile(id, { path: `${home}/again/a/to-b` }))), 'text');
});

onBothLegs('an archive that leads out changes nothing', async (fs, home, leg) => {
  for (const bad of [['../out', 'x'], ['/tmp/out', 'x'], ['l', '/tmp', 0o120777]]) {
    await fails(uploadZip(leg, `${home}/hostile`, zipOf([['good', 'x'], bad])), 400, 'archive_refused');
    await fails(fs.fileInfo(id, { path: `${home}/hostile` }), 404, 'not_found');
  }
});

test("a form with another boundary than it says, as the SDK's routed uploads are, changes nothing", async () => {
  const { fs } = legs.direct.browsers;
  await fails(fs.upload(id, { files: [{ dest_path: '/tmp/b', file: await toFile(Buffer.from('x'), 'f') }] }), 400, 'bad_request');
  await fails(fs.fileInfo(id, { path: '/tmp/b' }), 404, 'not_found');
});

test('a part of a file is read on, as long as the file is the same', async () => {
  const { fs } = legs.direct.browsers;
  await fs.writeFile(id, Buffer.from('0123456789'), { path: '/tmp/part' });
  const ask = (headers) => fs.readFile(id, { path: '/tmp/part' }, { headers });
  const part = await ask({ Range: 'bytes=4-' });
  assert.equal(part.status, 206);
  assert.equal(part.headers.get('content-range'), 'bytes 4-9/10');
  assert.equal(await part.text(), '456789');
  const tag = part.headers.get('etag');
  assert.equal(await (await ask({ Range: 'bytes=4-', 'If-Range': tag })).text(), '456789');
  await fs.writeFile(id, Buffer.from('other file'), { path: '/tmp/part' });
  const whole = await ask({ Range: 'bytes=4-', 'If-Range': tag });
  assert.equal(whole.status, 200);
  assert.equal(await whole.text(), 'other file');
  await assert.rejects(ask({ Range: 'bytes=10-' }), (error) => error.status === 416);
});

onBothLegs('changes are told in order, those in new directories too', async (fs, home) => {
  await fs.createDirectory(id, { path: `${home}/seen` });
  const { watch_id } = await fs.watch.start(id, { path: `${home}/seen`, recursive: true });
  const stream = await fs.watch.events(watch_id, { id });
  await fs.writeFile(id, Buffer.from('x'), { path: `${home}/seen/new/deep/file` });
  await fs.move(id, { src_path: `${home}/seen/new/deep/file`, dest_path: `${home}/seen/moved` });
  await fs.deleteFile(id, { path: `${home}/seen/moved` });
  const told = [];
  for await (const event of stream) {
    told.push(`${event.type} ${event.path.slice(home.length)} ${event.name} ${event.is_dir}`);
    if (event.type === 'DELETE') break;
  }
  assert.deepEqual(told, ['CREATE /seen/new new true', 'CREATE /seen/new/deep deep true', 'CREATE /seen/new/deep/file file false',
                          'RENAME /seen/new/deep/file file false', 'CREATE /seen/moved moved false', 'DELETE /seen/moved moved false']);
  await fs.watch.stop(watch_id, { id });
  await fails(fs.watch.stop(watch_id, { id }), 404, 'not_found');
  await fails(fs.watch.events(watch_id, { id }), 404, 'not_found');
  await fails(fs.watch.start(id, { path: `${home}/none` }), 404, 'not_found');
});

// Reads the stream itself: the SDK shows no comments.
onBothLegs('10,000 changes are watched and none is untold', async (fs, home, leg) => {
  await fs.createDirectory(id, { path: `${home}/watched` });
  const { watch_id } = await fs.watch.start(id, { path: `${home}/watched`, recursive: true });
  const path = `fs/watch/${watch_id}/events`;
  const stream = leg === 'direct' ? await fetch(`${browser.base_url}/${path}?jwt=${jwt()}`)
                                  : await fetch(`${wye.baseURL}/browsers/${id}/${path}`, { headers: { Authorization: `Bearer ${wye.apiKey}` } });
  assert.equal(stream.headers.get('content-type'), 'text/event-stream');
  await uploadZip(leg, `${home}/watched`, zipOf(Array.from({ length: CHANGES }, (_, at) => [`d${at % 10}/f${at}`, ''])));
  const created = new Set();
  let dropped = 0, rest = '';
  for await (const chunk of stream.body) {
    const frames = (rest + Buffer.from(chunk)).split('\n\n');
    rest = frames.pop();
    for (const frame of frames) {
      if (frame.startsWith(': dropped ')) dropped += Number(frame.slice(10));
      if (!frame.startsWith('data: ')) continue;
      const event = JSON.parse(frame.slice(6));
      assert.equal(event.type, 'CREATE');
      assert.ok(!created.has(event.path), `${event.path} came twice`);
      created.add(event.path);
    }
    if (created.size + dropped >= CHANGES + 10) break;
  }
  assert.equal(created.size + dropped, CHANGES + 10);
  assert.ok(created.size >= 1024, `${created.size} came`);
  await fs.watch.stop(watch_id, { id });
});

test('a browser has a bounded number of watches', async () => {
  const { fs } = legs.direct.browsers;
  const ids = [];
  for (let i = 0; i < 8; ++i) ids.push((await fs.watch.start(id, { path: '/tmp' })).watch_id);
  await fails(fs.watch.start(id, { path: '/tmp' }), 400, 'too_many');
  for (const one of ids) await fs.watch.stop(one, { id });
});

/** Waits for the file, as a script would; the watch's first event of its name ends the wait. */
async function downloaded(folder, start) {
  const { fs } = legs.direct.browsers;
  await fs.createDirectory(id, { path: folder });
  const { watch_id } = await fs.watch.start(id, { path: folder });
  const stream = await fs.watch.events(watch_id, { id });
  await start();
  for await (const event of stream) if (event.type === 'CREATE' && event.name === 'report.txt') break;
  await fs.watch.stop(watch_id, { id });
  return (await fs.readFile(id, { path: `${folder}/report.txt` })).text();
}

test('what Chromium downloads is fetched under its name, and an upload is given to a page', async () => {
  const server = createServer((request, response) => {
    response.writeHead(200, { 'Content-Type': 'text/plain', 'Content-Disposition': 'attachment; filename="report.txt"' });
    response.end('the report');
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = `http://host.wye.internal:${server.address().port}/`;
  const origin = browser.cdp_ws_url.replace(/^ws/, 'http').replace(/\?.*/, '');
  const opened = () => fetch(`${origin}/json/new?jwt=${jwt()}&${encodeURIComponent(address)}`, { method: 'PUT' });
  assert.equal(await downloaded('/home/kernel/Downloads', opened), 'the report');

  const remote = await chromium.connectOverCDP(browser.cdp_ws_url);
  try {
    const cdp = await remote.newBrowserCDPSession();
    await cdp.send('Browser.setDownloadBehavior', { behavior: 'allow', downloadPath: '/home/kernel/mine', eventsEnabled: true });
    const page = await remote.contexts()[0].newPage();
    assert.equal(await downloaded('/home/kernel/mine', () => page.goto(address).catch(() => {})), 'the report');

    await page.setContent('<input type="file">');
    const session = await page.context().newCDPSession(page);
    const { root } = await session.send('DOM.getDocument');
    const { nodeId } = await session.send('DOM.querySelector', { nodeId: root.nodeId, selector: 'input' });
    await session.send('DOM.setFileInputFiles', { nodeId, files: ['/home/kernel/mine/report.txt'] });
    assert.equal(await page.evaluate(() => document.querySelector('input').files[0].text()), 'the report');
  } finally {
    await remote.close();
    server.close();
  }
});

test('each call is told as an event with its operation', async () => {
  const operations = new Set();
  for await (const { event } of legs.direct.browsers.telemetry.events(id, { limit: 100, since: '10m', category: ['platform'] }))
    if (event.type === 'platform_api_call') operations.add(event.data.operation_id);
  for (const one of ['createDirectory', 'deleteFile', 'movePath', 'fileInfo', 'listFiles', 'readFile', 'writeFile', 'uploadFiles',
                     'uploadZip', 'downloadDirZip', 'startFsWatch', 'stopFsWatch', 'streamFsEvents'])
    assert.ok(operations.has(one), one);
});
