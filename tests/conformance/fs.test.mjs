// Files of a browser's VM, by the official SDK and by both legs; and what they must not be able to reach.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import Kernel from '@onkernel/sdk';
import { legsOf, setUpOn, startWye } from './server.mjs';

let wye, client, browser, legs;

before(async () => {
  wye = await startWye();
  await setUpOn([wye], async () => {
    client = new Kernel({ baseURL: wye.baseURL, apiKey: wye.apiKey, maxRetries: 0 });
    browser = await client.browsers.create({ headless: true, timeout_seconds: 300 });
    legs = legsOf(wye, browser);
  });
});
after(() => wye?.stop());

const fs = () => client.browsers.fs;
const ask = async (leg, method, tail, { query = {}, json, body, headers = {} } = {}) => {
  const search = new URLSearchParams(query);
  const answer = await fetch(`${leg.base}/fs/${tail}?${search}`, {
    method, headers: { ...leg.headers, ...(json ? { 'Content-Type': 'application/json' } : {}), ...headers },
    body: json ? JSON.stringify(json) : body });
  const field = (name) => answer.headers.get(name);
  return { status: answer.status, type: field('content-type'), length: field('content-length'), range: field('content-range'),
           retry: field('x-should-retry'), source: field('x-wye-source'), bytes: Buffer.from(await answer.arrayBuffer()).toString('latin1') };
};
const exec = async (script) => {
  const done = await client.browsers.process.exec(browser.session_id, { command: 'sh', args: ['-c', script] });
  return Buffer.from(done.stdout_b64, 'base64').toString();
};
const read = async (path) => Buffer.from(await (await fs().readFile(browser.session_id, { path })).arrayBuffer());
const write = (path, contents, more = {}) => fs().writeFile(browser.session_id, contents, { path, ...more });

test('what is written is read, whole and in parts', async () => {
  const bytes = Buffer.from(Array.from({ length: 300_000 }, (_, i) => i * 7 % 256));
  await write('/home/kernel/a/b/file.bin', bytes);
  assert.deepEqual(await read('/home/kernel/a/b/file.bin'), bytes);
  for (const leg of legs) {
    const part = await ask(leg, 'GET', 'read_file', { query: { path: '/home/kernel/a/b/file.bin' }, headers: { Range: 'bytes=10-19' } });
    assert.deepEqual([part.status, part.range, part.bytes], [206, 'bytes 10-19/300000', bytes.subarray(10, 20).toString('latin1')]);
  }
  assert.equal(await exec('stat -c "%U %a" /home/kernel/a /home/kernel/a/b/file.bin'), 'kernel 755\nkernel 644\n');
  await write('/home/kernel/a/b/file.bin', Buffer.from('new'), { mode: '600' });
  assert.equal(await exec('cat /home/kernel/a/b/file.bin; stat -c %a /home/kernel/a/b/file.bin'), 'new600\n');
  await write('/tmp/a file é.bin', Buffer.from('named'));
  assert.equal(String(await read('/tmp/a file é.bin')), 'named');
  await write('/tmp/empty', Buffer.alloc(0));
  assert.equal((await read('/tmp/empty')).length, 0);
});

test('directories, descriptions, moves and permissions', async () => {
  const id = browser.session_id;
  await fs().createDirectory(id, { path: '/home/kernel/d/e', mode: '700' });
  await fs().createDirectory(id, { path: '/home/kernel/d/e' });
  for (const name of ['z', 'a', 'ü']) await write(`/home/kernel/d/${name}`, Buffer.from(name));
  const listed = await fs().listFiles(id, { path: '/home/kernel/d' });
  assert.deepEqual(listed.map(({ name, is_dir }) => [name, is_dir]), [['a', false], ['e', true], ['z', false], ['ü', false]]);
  assert.deepEqual(await fs().listFiles(id, { path: '/home/kernel/d/e' }), []);
  const info = await fs().fileInfo(id, { path: '/home/kernel/d/a' });
  assert.deepEqual([info.name, info.path, info.size_bytes, info.is_dir, info.mode], ['a', '/home/kernel/d/a', 1, false, '-rw-r--r--']);
  assert.ok(Math.abs(Date.parse(info.mod_time) - Date.now()) < 600_000);
  await fs().move(id, { src_path: '/home/kernel/d/a', dest_path: '/tmp/moved' });  // another file system
  assert.equal(await exec('cat /tmp/moved; ls /home/kernel/d'), 'ae\nz\nü\n');
  await fs().setFilePermissions(id, { path: '/tmp/moved', mode: '0640' });
  assert.equal(await exec('stat -c %a /tmp/moved'), '640\n');
  await fs().deleteFile(id, { path: '/tmp/moved' });
  await fs().deleteDirectory(id, { path: '/home/kernel/d' });
  await fs().deleteDirectory(id, { path: '/home/kernel/d' });
  assert.equal(await exec('ls /tmp/moved /home/kernel/d 2>&1 | wc -l'), '2\n');
});

test('bad input is named by a code, the same on both legs, and changes nothing', async () => {
  await exec('mkfifo /tmp/fifo; mkdir -p /tmp/full/x; ln -s /proc/self/environ /tmp/environ; ln -sf loop /tmp/loop; echo x > /tmp/plain');
  const of = (path) => ({ query: { path } });
  const rows = [
    ['GET', 'read_file', of('relative'), 400, 'invalid_input'], ['GET', 'read_file', {}, 400, 'invalid_input'],
    ['GET', 'read_file', of('/a\0b'), 400, 'invalid_input'], ['GET', 'read_file', of(`/${'a'.repeat(5000)}`), 400, 'invalid_input'],
    ['GET', 'read_file', of('/tmp/missing'), 404, 'not_found'], ['GET', 'read_file', of('/tmp'), 400, 'is_a_directory'],
    ['GET', 'read_file', of(`/tmp/${'n'.repeat(256)}`), 400, 'invalid_input'], ['GET', 'read_file', of('/tmp/plain/x'), 400, 'not_a_directory'],
    ['GET', 'read_file', of('/tmp/fifo'), 400, 'not_a_file'], ['GET', 'read_file', of('/dev/zero'), 400, 'not_a_file'],
    ['GET', 'read_file', of('/dev/ptmx'), 400, 'not_a_file'], ['GET', 'read_file', of('/proc/self/environ'), 400, 'not_a_file'],
    ['GET', 'read_file', of('/proc/1/environ'), 400, 'not_a_file'], ['GET', 'read_file', of('/proc/self/fd/6'), 400, 'invalid_input'],
    ['GET', 'read_file', of('/tmp/environ'), 400, 'not_a_file'], ['GET', 'read_file', of('/tmp/loop'), 400, 'invalid_input'],
    ['GET', 'read_file', { ...of('/tmp/plain'), headers: { Range: 'bytes=9-' } }, 416, 'range_not_satisfiable'],
    ['GET', 'list_files', of('/tmp/plain'), 400, 'not_a_directory'], ['GET', 'file_info', of('/tmp/missing'), 404, 'not_found'],
    ['PUT', 'write_file', { ...of('/tmp'), body: 'x' }, 400, 'is_a_directory'], ['PUT', 'write_file', { ...of('/tmp/fifo'), body: 'x' }, 400, 'not_a_file'],
    ['PUT', 'write_file', { ...of('/etc/x'), body: 'x' }, 400, 'permission_denied'], ['PUT', 'write_file', { ...of('/tmp/plain/x'), body: 'x' }, 400, 'not_a_directory'],
    ['PUT', 'write_file', { query: { path: '/tmp/m', mode: '999' }, body: 'x' }, 400, 'invalid_input'],
    ['PUT', 'create_directory', { json: { path: '/tmp/plain' } }, 400, 'already_exists'], ['PUT', 'create_directory', { json: {} }, 400, 'invalid_input'],
    ['PUT', 'delete_file', { json: { path: '/tmp/full' } }, 400, 'is_a_directory'], ['PUT', 'delete_file', { json: { path: '/tmp/missing' } }, 404, 'not_found'],
    ['PUT', 'delete_directory', { json: { path: '/tmp/plain' } }, 400, 'not_a_directory'], ['PUT', 'delete_directory', { json: { path: '/' } }, 400],
    ['PUT', 'move', { json: { src_path: '/tmp/missing', dest_path: '/tmp/x' } }, 404, 'not_found'],
    ['PUT', 'move', { json: { src_path: '/tmp/full', dest_path: '/tmp/full/x/y' } }, 400, 'invalid_input'],
    ['PUT', 'set_file_permissions', { json: { path: '/etc/passwd', mode: '777' } }, 400, 'permission_denied'],
    ['PUT', 'set_file_permissions', { json: { path: '/tmp/plain', mode: '644', owner: 'root' } }, 400, 'permission_denied'],
    ['PUT', 'set_file_permissions', { json: { path: '/tmp/plain', mode: '644', owner: 'nobody-here' } }, 400, 'invalid_input'],
  ];
  for (const [method, tail, more, status, code] of rows) {
    const [here, there] = [await ask(legs[0], method, tail, more), await ask(legs[1], method, tail, more)];
    assert.deepEqual(here, there, `${tail} ${JSON.stringify(more)}`);
    assert.equal(here.status, status, `${tail} ${JSON.stringify(more)} ${here.bytes}`);
    if (code) assert.equal(JSON.parse(here.bytes).code, code, `${tail} ${JSON.stringify(more)} ${here.bytes}`);
  }
  assert.equal(await exec('ls /tmp/full; cat /tmp/plain; stat -c "%U %a" /tmp/plain; ls -A /tmp | grep -c wye-new'), 'x\nx\nkernel 644\n0\n');
});

test('nothing is reached that the browser\'s user may not reach', async () => {
  // What only root of the VM may read: calls have the rights of the browser's user, not the agent's.
  for (const path of ['/etc/shadow', '/proc/1/environ', '/proc/1/mem', '/proc/1/root/etc/passwd', '/proc/self/status'])
    await assert.rejects(read(path), ({ status }) => status === 400 || status === 404, path);
  for (const path of ['/opt/wye/wye-vm', '/usr/bin/sh', '/etc/passwd', '/proc/1/oom_score_adj'])
    await assert.rejects(write(path, Buffer.from('x')), ({ status }) => status === 400, path);
});

test('a directory that turns into a link and back leads no write elsewhere', async () => {
  // The elsewhere belongs to root of the VM: a write there would have the agent's rights.
  await exec('mkdir -p /tmp/race/real; cd /tmp/race; (i=0; while [ $i -lt 4000 ]; do ln -sfn /etc swap; rm -f swap; mkdir swap 2>/dev/null; rmdir swap 2>/dev/null; i=$((i+1)); done) >/dev/null 2>&1 &');
  const codes = new Set();
  for (let i = 0; i < 200; ++i)
    await write(`/tmp/race/swap/f${i}`, Buffer.from('x')).then(() => codes.add(201), ({ status }) => codes.add(status));
  assert.ok([...codes].every((status) => [201, 400, 404].includes(status)), [...codes].join());
  assert.equal(await exec('ls /etc | grep -c "^f[0-9]" || true'), '0\n');
});

test('a client that leaves in the middle of a write changes nothing', async () => {
  const [, direct] = legs;
  const answer = await ask(direct, 'PUT', 'write_file', { query: { path: '/tmp/half' }, body: 'x' });
  assert.equal(answer.status, 201);
  const before = await read('/tmp/half');
  await assert.rejects(fetch(`${direct.base}/fs/write_file?${new URLSearchParams({ path: '/tmp/half' })}`, {
    method: 'PUT', headers: direct.headers, duplex: 'half', body: new ReadableStream({ start: (controller) => { controller.enqueue(Buffer.from('half')); controller.error(new Error('gone')); } }) }));
  assert.deepEqual(await read('/tmp/half'), before, 'a client that leaves in the middle changes nothing');
});
