// Commands in a browser's VM, by the official SDK and by both legs; and what they must not be able to do.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import Kernel from '@onkernel/sdk';
import { legsOf, setUpOn, startWye } from './server.mjs';

const root = typeof process.getuid === 'function' && process.getuid() === 0;
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

const ask = async (leg, method, tail, body) => {
  const answer = await fetch(`${leg.base}/process/${tail}`,
    { method, headers: { ...leg.headers, 'Content-Type': 'application/json' }, body: body && JSON.stringify(body) });
  return { status: answer.status, retry: answer.headers.get('x-should-retry'), type: answer.headers.get('content-type'),
           source: answer.headers.get('x-wye-source'), text: await answer.text() };
};
const text = (base64) => Buffer.from(base64, 'base64').toString();
const exec = (body) => client.browsers.process.exec(browser.session_id, body);
const shell = async (script, more = {}) => {
  const done = await exec({ command: 'sh', args: ['-c', script], ...more });
  return { code: done.exit_code, out: text(done.stdout_b64), err: text(done.stderr_b64) };
};
const output = async (id) => {
  const frames = [];
  for await (const frame of await client.browsers.process.stdoutStream(id, { id: browser.session_id })) frames.push(frame);
  const of = (name) => frames.filter(({ stream }) => stream === name).map(({ data_b64 }) => text(data_b64)).join('');
  return { out: of('stdout'), err: of('stderr'), last: frames.at(-1) };
};

test('exec gives output, errors and exit code', async () => {
  assert.deepEqual(await shell('echo out; echo err >&2; pwd; echo $A; exit 3', { cwd: '/tmp', env: { A: 'b' } }),
    { code: 3, out: 'out\n/tmp\nb\n', err: 'err\n' });
  assert.equal((await shell('kill -9 $$')).code, -1);
  assert.equal((await exec({ command: 'head', args: ['-c', '20000000', '/dev/zero'] })).stdout_b64.length, Math.ceil(20000000 / 3) * 4);
});

test('both legs give the same bytes', async () => {
  const calls = [
    ['POST', 'exec', { command: 'no-such-command' }, 400], ['POST', 'exec', {}, 400], ['POST', 'exec', { command: 'true', cwd: '/nope' }, 400],
    ['POST', 'exec', { command: '/etc/passwd' }, 400], ['POST', 'exec', { command: 'true', as_user: 'root', as_root: true }, 400],
    ['POST', 'exec', { command: 'sleep', args: ['9'], timeout_sec: 1 }, 500], ['POST', 'spawn', { command: 'true', rows: 0 }, 400],
    ['GET', 'x/status', undefined, 400], ['GET', '01234567-89ab-4def-8123-456789abcdef/status', undefined, 404],
    ['GET', '01234567-89ab-4def-8123-456789abcdef/stdout/stream', undefined, 404], ['GET', 'exec', undefined, 405],
  ];
  for (const [method, tail, body, status] of calls) {
    const [here, there] = await Promise.all(legs.map((leg) => ask(leg, method, tail, body)));
    assert.equal(here.status, status, `${tail} ${JSON.stringify(body)} ${here.text}`);
    assert.deepEqual(here, there, `${tail} ${JSON.stringify(body)}`);
    if (status === 500) assert.deepEqual([here.retry, JSON.parse(here.text).message], ['false', 'process timed out']);
  }
  const ended = await client.browsers.process.spawn(browser.session_id, { command: 'sh', args: ['-c', 'seq 10; seq 10 >&2; exit 7'] });
  await output(ended.process_id);
  const [here, there] = await Promise.all(legs.map((leg) => ask(leg, 'GET', `${ended.process_id}/stdout/stream`)));
  assert.deepEqual(here, there);
  assert.equal(here.type, 'text/event-stream');
});

test('a spawned process takes input, tells its state, and its exit comes last', async () => {
  const id = { id: browser.session_id };
  const made = await client.browsers.process.spawn(browser.session_id, { command: 'sh', args: ['-c', 'read x; echo got $x; echo e >&2; exit 4'] });
  assert.match(made.process_id, /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
  const running = await client.browsers.process.status(made.process_id, id);
  assert.deepEqual([running.state, running.exit_code], ['running', null]);
  assert.ok(running.mem_bytes > 0);
  const written = await client.browsers.process.stdin(made.process_id, { ...id, data_b64: Buffer.from('it\n').toString('base64') });
  assert.equal(written.written_bytes, 3);
  const readers = await Promise.all([output(made.process_id), output(made.process_id)]);
  for (const reader of readers) assert.deepEqual(reader, { out: 'got it\n', err: 'e\n', last: { event: 'exit', exit_code: 4 } });
  assert.deepEqual(await output(made.process_id), readers[0], 'a stream that is opened later has all of it, too');
  const exited = await client.browsers.process.status(made.process_id, id);
  assert.deepEqual([exited.state, exited.exit_code], ['exited', 4]);
  await assert.rejects(client.browsers.process.stdin(made.process_id, { ...id, data_b64: 'aGk=' }), { status: 400 });
  assert.equal((await client.browsers.process.kill(made.process_id, { ...id, signal: 'KILL' })).ok, true);
});

test('a process that nobody reads ends, and keeps the last of its output', async () => {
  const made = await client.browsers.process.spawn(browser.session_id, { command: 'sh', args: ['-c', 'seq 2000000; echo end'] });
  const { out, last } = await output(made.process_id);
  assert.ok(out.endsWith('2000000\nend\n'));
  assert.deepEqual(last, { event: 'exit', exit_code: 0 });
});

test('a terminal has a size, and takes no keys that a program types into it', async () => {
  const script = 'stty size; read x; stty size; perl -e \'$c = "x"; ioctl(STDIN, 0x5412, $c) or print "$!\\n"\'';
  const made = await client.browsers.process.spawn(browser.session_id, { command: 'sh', args: ['-c', script], allocate_tty: true, rows: 30, cols: 90 });
  await client.browsers.process.resize(made.process_id, { id: browser.session_id, rows: 40, cols: 100 });
  await client.browsers.process.stdin(made.process_id, { id: browser.session_id, data_b64: Buffer.from('a\n').toString('base64') });
  const { out } = await output(made.process_id);
  assert.match(out, /40 100\r\nOperation not permitted\r\n$/);
});

test('a command has no rights over the agent', async () => {
  for (const script of ['kill -TERM 1', 'cat /proc/1/environ', 'cat /proc/1/mem', 'head -c 1 /proc/1/fd/6', 'unshare -U true', 'prlimit --nofile=9 --pid 1', 'chroot / true'])
    for (const as_root of root ? [false, true] : [false]) {
      if ((as_root || !root) && script === 'kill -TERM 1') continue;  // the agent's own user may send it
      assert.notEqual((await shell(script, { as_root })).code, 0, `${script} as_root=${as_root}`);
    }
  await shell('kill -TERM 1; kill -INT 1; kill -KILL 1', { as_root: root });
  assert.equal((await shell('echo alive')).out, 'alive\n', 'the agent does not hear signals from inside');
  assert.doesNotMatch((await shell('env')).out, /jwt|token|key|secret/i);
  assert.equal((await shell('grep CapEff /proc/self/status')).out, 'CapEff:\t0000000000000000\n');
});

test('bombs die with their command, and the browser lives on', async () => {
  const id = { id: browser.session_id };
  const bomb = await client.browsers.process.spawn(browser.session_id, { command: 'perl', args: ['-e', 'for (;;) { print "x" if !fork; setpgrp }'] });
  const reader = await client.browsers.process.stdoutStream(bomb.process_id, id);
  for await (const frame of reader) if (frame.data_b64) break;  // it is under way
  await client.browsers.process.kill(bomb.process_id, { ...id, signal: 'KILL' });
  assert.deepEqual((await output(bomb.process_id)).last, { event: 'exit', exit_code: -1 });
  assert.equal((await shell('ps -eo comm | grep -c perl')).out, '0\n');
  assert.equal((await ask(legs[0], 'POST', 'exec', { command: 'true', env: { A: 'x'.repeat(4 << 20) } })).status, 400);
  await exec({ command: 'true' });
});

test('a thousand processes leave nothing', async () => {
  const id = browser.session_id;
  const count = async () => Number((await shell('ls /proc | grep -c "^[0-9]"; ls /dev/pts | wc -l >&2')).out);
  const then = await count();
  for (let i = 0; i < 20; i++)
    await Promise.all(Array.from({ length: 50 }, () => client.browsers.process.spawn(id, { command: 'sh', args: ['-c', '(setsid sleep 100 &)'] })));
  await exec({ command: 'true' });
  assert.equal((await shell('ps -eo comm | grep -c sleep')).out, '0\n');
  assert.ok(await count() <= then + 4);
});
