// Commands in a browser's VM, by the official SDK and by both legs; and what they must not be able to do.
import assert from 'node:assert/strict';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { after, before, test } from 'node:test';
import Kernel from '@onkernel/sdk';
import WebSocket from 'ws';
import { legsOf, setUpOn, startWye } from './server.mjs';

const root = typeof process.getuid === 'function' && process.getuid() === 0;
let wye, client, browser, legs, held;

before(async () => {
  wye = await startWye();
  await setUpOn([wye], async () => {
    client = new Kernel({ baseURL: wye.baseURL, apiKey: wye.apiKey, maxRetries: 0 });
    browser = await client.browsers.create({ headless: true, timeout_seconds: 300 });
    legs = legsOf(wye, browser);
    held = holdByProcess();
    held.catch(() => {});  // the last test tells
  });
});
after(() => wye?.stop());

/** A browser of 10 s with a process of 14 s and no other use; how long it lived after the process was spawned. */
async function holdByProcess() {
  const { session_id } = await client.browsers.create({ headless: true, timeout_seconds: 10 });
  const began = Date.now();
  await client.browsers.process.spawn(session_id, { command: 'sleep', args: ['14'] });
  for (;;) {
    const { status } = await fetch(`${wye.baseURL}/browsers/${session_id}`, { headers: legs[0].headers });
    if (status === 404) return Date.now() - began;
    await new Promise((resolve) => setTimeout(resolve, 250));
  }
}

/** A client that is attached: what came of output and texts, and how it was closed. `refused`: the answer instead. */
async function attach(id, { base_url, cdp_ws_url } = browser) {
  const socket = new WebSocket(`${base_url.replace(/^http/, 'ws')}/process/${id}/attach?jwt=${new URL(cdp_ws_url).searchParams.get('jwt')}`);
  const it = { socket, output: '', texts: [], type: (keys) => socket.send(Buffer.from(keys)) };
  let changed = () => {};
  socket.on('message', (data, binary) => {
    if (binary) it.output += data.toString();
    else it.texts.push(JSON.parse(data.toString()));
    changed();
  });
  it.closed = new Promise((resolve) => socket.on('close', (code, reason) => resolve({ code, reason: reason.toString() })));
  it.until = async (mark) => {
    while (!it.output.includes(mark)) await new Promise((resolve) => { changed = resolve; });
    it.output = it.output.slice(it.output.indexOf(mark) + mark.length);
  };
  it.refused = await new Promise((resolve, reject) => {
    socket.on('open', () => resolve(undefined));
    socket.on('unexpected-response', (_, answer) => {
      let body = '';
      answer.on('data', (piece) => { body += piece; }).on('end', () => resolve({ status: answer.statusCode, ...JSON.parse(body) }));
    });
    socket.on('error', reject);
  });
  return it;
}
const spawn = async (script, more = {}, { session_id } = browser) =>
  (await client.browsers.process.spawn(session_id, { command: 'sh', args: ['-c', script], allocate_tty: true, ...more })).process_id;

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

test('a client that is attached sees its keys, sizes and interrupts at work, and the exit', async () => {
  const it = await attach(await spawn('stty size; read x; stty size; trap "echo stopped; exit 5" INT; while :; do sleep 0.1; done', { rows: 30, cols: 90 }));
  await it.until('30 90\r\n');
  it.socket.send('{"type":"resize","rows":40,"cols":100}');
  it.type('echoed\r');
  await it.until('echoed\r\n40 100\r\n');
  it.type('\x03');
  assert.deepEqual(await it.closed, { code: 1000, reason: '' });
  assert.equal(it.output, '^Cstopped\r\n');
  assert.deepEqual(it.texts, [{ type: 'exit', exitCode: 5 }]);
});

test('one client is attached at a time, to a terminal, on the direct leg', async () => {
  const id = await spawn('echo up; exec cat');
  const first = await attach(id);
  await first.until('up');
  const refusal = async (which) => { const { status, type, code } = (await attach(which)).refused; return [status, type, code]; };
  assert.deepEqual(await refusal(id), [409, 'error', 'conflict']);
  assert.deepEqual(await refusal(await spawn('exec cat', { allocate_tty: false })), [400, 'error', 'not_a_terminal']);
  assert.deepEqual(await refusal('01234567-89ab-4def-8123-456789abcdef'), [404, 'error', 'not_found']);
  assert.equal((await ask(legs[0], 'GET', `${id}/attach`)).status, 404, 'the control plane has no such call');
  assert.equal((await ask(legs[1], 'GET', `${id}/attach`)).status, 400, 'it is a WebSocket');
  first.socket.close();
  await first.closed;
  const second = await attach(id);
  await second.until('up');
  second.type('still here\r');
  await second.until('still here\r\nstill here');
  second.socket.close();
});

test('a client that does not read holds up no process, and gets the last output and the exit', async () => {
  const id = await spawn('seq 3000000');
  const it = await attach(id);
  it.socket.pause();
  while ((await client.browsers.process.status(id, { id: browser.session_id })).state !== 'exited');
  it.socket.resume();
  assert.deepEqual(await it.closed, { code: 1000, reason: '' });
  assert.ok(it.output.endsWith('2999999\r\n3000000\r\n'));
  assert.deepEqual(it.texts, [{ type: 'exit', exitCode: 0 }]);
});

test('a deleted session closes its clients with 1001', async () => {
  const other = await client.browsers.create({ headless: true });
  const it = await attach(await spawn('echo up; exec cat', {}, other), other);
  await it.until('up');
  await client.browsers.deleteByID(other.session_id);
  assert.deepEqual(await it.closed, { code: 1001, reason: 'session ended' });
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

/** The files of this session's memory limit and use; nothing where they are not ours to set. */
function memoryFiles() {
  const pairs = [['memory/', 'memory.limit_in_bytes', 'memory.usage_in_bytes'], ['', 'memory.max', 'memory.current']];
  return pairs.map(([tree, ...names]) => names.map((name) => `/sys/fs/cgroup/${tree}wye/${browser.session_id}/${name}`))
    .find(([limit]) => root && existsSync(limit));
}

test('a command that eats the memory is killed, and neither agent nor Chromium', async (t) => {
  const files = memoryFiles();
  if (!files) return t.skip('the memory cgroup is not ours here');
  const [limit, usage] = files, before = readFileSync(limit, 'utf8').trim();
  const chromium = async () => (await shell('pgrep -o chrom')).out;
  const then = await chromium();
  assert.match(then, /^\d+\n$/);
  writeFileSync(limit, String(Number(readFileSync(usage, 'utf8')) + (200 << 20)));
  const eaten = await exec({ command: 'perl', args: ['-e', 'for (;;) { push @x, "x" x 1_000_000 }'] });
  writeFileSync(limit, before);
  assert.equal(eaten.exit_code, -1);
  assert.equal(await chromium(), then);
  assert.equal((await fetch(browser.cdp_ws_url.replace(/^ws/, 'http').replace('/cdp?', '/cdp/json/version?'))).status, 200);
});

// WYE_TEST_SPAWNS: how many of them; 10,000 take half a minute, and longer beside a compiler.
test('thousands of processes leave nothing', async (t) => {
  const id = browser.session_id, all = Number(process.env.WYE_TEST_SPAWNS ?? 1000);
  const count = async () => Number((await shell('ls /proc | grep -c "^[0-9]"')).out);
  const then = await count();
  const began = Date.now();
  let left = all;
  await Promise.all(Array.from({ length: 50 }, async () => {
    while (left-- > 0) await client.browsers.process.spawn(id, { command: 'sh', args: ['-c', '(setsid sleep 100 &)'] });
  }));
  t.diagnostic(`${all} spawns: ${Date.now() - began} ms`);
  const sleepers = async () => Number((await shell('ps -eo comm | grep -c sleep')).out);
  for (const until = Date.now() + 20_000; await sleepers() > 0;) assert.ok(Date.now() < until, 'a sleeper is left');  // each would sleep for 100 s
  assert.ok(await count() <= then + 4);
});

test('a running process holds its session, whose idle time begins with its end', async () => {
  const lived = await held;
  assert.ok(lived > 23_000 && lived < 45_000, `it lived for ${lived} ms`);
});
