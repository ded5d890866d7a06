// What goes wrong with files of a VM: no room, clients that leave, processes that are killed, and a program of the browser's user that swaps a
// directory for a link to what is root's, all the time. Nothing may be left half done, and nothing of root's read or written.
import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { after, before, test } from 'node:test';
import Kernel from '@onkernel/sdk';
import { zipOf } from './archives.mjs';
import { legsOf, setUpOn, startWye } from './server.mjs';

const root = process.getuid?.() === 0;
let wye, client, browser, id, control, direct;

before(async () => {
  wye = await startWye();
  await setUpOn([wye], async () => {
    client = new Kernel({ baseURL: wye.baseURL, apiKey: wye.apiKey, maxRetries: 0 });
    browser = await client.browsers.create({ headless: true, timeout_seconds: 300 });
    id = browser.session_id;
    [control, direct] = legsOf(wye, browser);
  });
});
after(() => wye?.stop());

const shell = async (script, more = {}) => {
  const done = await client.browsers.process.exec(id, { command: 'sh', args: ['-c', script], ...more });
  return Buffer.from(done.stdout_b64, 'base64').toString() + Buffer.from(done.stderr_b64, 'base64').toString();
};
const ask = async (leg, method, tail, { query = {}, json, body } = {}) => {
  const answer = await fetch(`${leg.base}/fs/${tail}?${new URLSearchParams(query)}`, {
    method, headers: { ...leg.headers, ...(json ? { 'Content-Type': 'application/json' } : {}) }, body: json ? JSON.stringify(json) : body });
  const text = await answer.text();
  return answer.ok ? `${answer.status}` : `${answer.status} ${JSON.parse(text).code}`;
};
const write = (path, body) => ask(direct, 'PUT', 'write_file', { query: { path }, body });
const post = (call, fields, leg = direct) => {
  const form = new FormData();
  for (const [name, value] of fields) form.append(name, Buffer.isBuffer(value) ? new Blob([value]) : value);
  return ask(leg, 'POST', call, { body: form });
};
const unzip = (dest_path, entries, leg) => post('upload_zip', [['dest_path', dest_path], ['zip_file', zipOf(entries)]], leg);
const clean = async () => assert.equal(await shell('find /home/kernel /tmp /dev/shm -name ".wye-new-*" 2>&1', { as_root: root }), '', 'something is left over');
const KiB = 1024, large = Buffer.alloc(4096 * KiB, 'x');

test('a full disk is named, and changes nothing', async () => {
  await shell('mkdir /home/kernel/full; echo -n before > /home/kernel/full/file');
  // Shrinks to some bytes, so that the archive fits and what is in it does not.
  await shell('mkdir /tmp/zeros; truncate -s 4M /tmp/zeros/a');
  const packed = await fetch(`${direct.base}/fs/download_dir_zip?path=/tmp/zeros`, { headers: direct.headers });
  const zeros = Buffer.from(await packed.arrayBuffer());
  assert.ok(zeros.length < 100 * KiB);
  await shell('head -c $(($(df --output=avail -B1 /tmp | tail -1) - 1048576)) /dev/zero > /tmp/fill', { timeout_sec: 60 });
  assert.equal(await write('/home/kernel/full/file', large), '400 disk_full');
  assert.equal(await post('upload', [['files[0][dest_path]', '/home/kernel/full/a'], ['files[0][file]', Buffer.from('small')],
                                     ['files[1][dest_path]', '/home/kernel/full/b'], ['files[1][file]', large]]), '400 disk_full');
  assert.equal(await unzip('/home/kernel/full/zip', [['a', 'small'], ['b', large]]), '400 disk_full');
  assert.equal(await post('upload_zip', [['dest_path', '/home/kernel/full'], ['zip_file', zeros]]), '400 disk_full');
  await shell('head -c 4M /dev/zero > /dev/shm/moves');
  assert.equal(await ask(direct, 'PUT', 'move', { json: { src_path: '/dev/shm/moves', dest_path: '/home/kernel/full/moves' } }), '400 disk_full');
  assert.equal(await shell('cd /home/kernel/full; ls -A; cat file; rm /tmp/fill'), 'file\nbefore');
  assert.equal(await write('/home/kernel/full/file', large), '201');
  await clean();
});

test('a disk with no inode left is named, and changes nothing', async () => {
  const fill = 'perl -e \'mkdir "/tmp/inodes"; $i = 0; while (open(F, ">/tmp/inodes/$i")) { ++$i } close F; print $i\'';
  const made = Number(await shell(fill, { timeout_sec: 60 }));
  assert.ok(made > 1000, `${made}`);
  const answers = [];
  // The upload and the unpacking need some each, at different moments.
  for (let left = 0; answers.at(-1) !== '201' && left < 20; ++left) {
    answers.push(await unzip('/home/kernel/inodes/new', [['a/b', 'x'], ['c/d', 'x']]));
    if (answers.at(-1) === '201') break;
    assert.equal(await shell('ls -A /home/kernel/inodes 2>/dev/null'), '', `${left} were left`);
    await shell(`rm /tmp/inodes/${left}`);
  }
  assert.deepEqual([answers.at(-1), new Set(answers.slice(0, -1))], ['201', new Set(['400 disk_full'])]);
  assert.ok(answers.length > 4, answers.join());
  assert.equal(await shell('find /home/kernel/inodes -type f | sort; rm -r /tmp/inodes /home/kernel/inodes', { timeout_sec: 60 }),
               '/home/kernel/inodes/new/a/b\n/home/kernel/inodes/new/c/d\n');
  await clean();
});

test('a form whose paths stand in each other\'s way places none of its files', async () => {
  assert.equal(await post('upload', [['files[0][file]', Buffer.from('1')], ['files[0][dest_path]', '/tmp/way/a'],
                                     ['files[1][file]', Buffer.from('2')], ['files[1][dest_path]', '/tmp/way/a/b']]), '400 not_a_directory');
  assert.equal(await ask(direct, 'GET', 'file_info', { query: { path: '/tmp/way' } }), '404 not_found');
});

test('an archive\'s devices and sockets are refused, and nothing of it is done', async () => {
  for (const kind of [0o020666, 0o060666, 0o140666])
    for (const leg of [control, direct]) assert.equal(await unzip('/tmp/kinds', [['good', 'x'], ['bad', '', kind]], leg), '400 archive_refused');
  assert.equal(await ask(direct, 'GET', 'file_info', { query: { path: '/tmp/kinds' } }), '404 not_found');
});

// Begins a form, and leaves the connection to the caller.
function beginUpload(leg, path) {
  const { hostname, port, pathname } = new URL(`${leg.base}/fs/upload`);
  const socket = connect(port, hostname);
  socket.write(`POST ${pathname} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nAuthorization: ${leg.headers.Authorization}\r\n` +
               'Content-Type: multipart/form-data; boundary=b\r\nContent-Length: 100000\r\n\r\n' +
               `--b\r\nContent-Disposition: form-data; name="files[0][dest_path]"\r\n\r\n${path}\r\n` +
               '--b\r\nContent-Disposition: form-data; name="files[0][file]"\r\n\r\nhalf of it');
  return socket;
}

test('the ninth upload at once is refused, and clients that leave place nothing', async () => {
  const open = [];
  // One that comes while a small one takes the last place is refused itself, and comes again.
  const begin = (at) => {
    open[at] = beginUpload([control, direct][at % 2], `/tmp/left/${at}`);
    open[at].once('data', () => { open[at].destroy(); begin(at); });
  };
  for (let at = 0; at < 8; ++at) begin(at);
  const small = () => post('upload', [['dest_path', '/tmp/ninth'], ['file', Buffer.from('x')]]);
  const until = async (wanted) => {
    for (let tries = 0; tries < 2000; ++tries) if (await small() === wanted) return;
    assert.fail(`${wanted} never came`);
  };
  await until('503 upstream_unavailable');
  for (const socket of open) socket.destroy();
  await until('201');
  assert.equal(await ask(direct, 'GET', 'file_info', { query: { path: '/tmp/left' } }), '404 not_found');
  await clean();
});

// Reads a watch until it tells of `last`: how many events came, and how many were said to be lost.
async function toldUntil(watch, last) {
  const stream = await fetch(`${direct.base}/fs/watch/${watch}/events`, { headers: direct.headers });
  let rest = '', events = 0, lost = 0;
  for await (const chunk of stream.body) {
    const frames = (rest + Buffer.from(chunk)).split('\n\n');
    rest = frames.pop();
    for (const frame of frames) {
      if (frame.startsWith(': dropped ')) lost += Number(frame.slice(10));
      if (!frame.startsWith('data: ')) continue;
      ++events;
      if (JSON.parse(frame.slice(6)).name === last) return { events, lost };
    }
  }
  return { events, lost, ended: true };
}
const watchOf = async (path) => (await client.browsers.fs.watch.start(id, { path })).watch_id;
const make = (path, count, name = '') => shell(`perl -e 'for (1..${count}) { open(F, ">${path}/${name}$_") or die }'`, { timeout_sec: 60 });

test('a reader that keeps up is told each of 10,000 changes, and one that stops reading does not hold it up', async () => {
  await shell('mkdir /tmp/seen /tmp/seen-by-two');
  const watch = await watchOf('/tmp/seen');
  const told = toldUntil(watch, '10000');
  await make('/tmp/seen', 10_000);
  assert.deepEqual(await told, { events: 10_000, lost: 0 });

  const shared = await watchOf('/tmp/seen-by-two');
  const { hostname, port, pathname } = new URL(`${direct.base}/fs/watch/${shared}/events`);
  const stopped = connect(port, hostname);
  stopped.write(`GET ${pathname} HTTP/1.1\r\nHost: ${hostname}:${port}\r\nAuthorization: ${direct.headers.Authorization}\r\n\r\n`);
  await new Promise((resolve) => stopped.once('data', resolve));
  stopped.pause();
  const goesOn = toldUntil(shared, 'last');
  await make('/tmp/seen-by-two', 40_000, 'n'.repeat(200));  // more than the buffers on the way take
  // While the one is waited for, the kernel's queue is full, too: this is told once it is not.
  let done = false;
  goesOn.finally(() => { done = true; });
  while (!done) await shell('rm -f /tmp/seen-by-two/last; touch /tmp/seen-by-two/last');
  const { events, ended } = await goesOn;
  assert.ok(!ended && events > 10_000, `${events}`);
  stopped.destroy();
  await shell('rm -r /tmp/seen /tmp/seen-by-two');
  for (const one of [watch, shared]) await client.browsers.fs.watch.stop(one, { id });
});

test('an unpacking that is killed leaves nothing behind', { skip: !root && 'root of the VM is root in name only' }, async () => {
  const entries = Array.from({ length: 50_000 }, (_, at) => [`d${at % 50}/f${at}`, 'x']);
  const killed = shell('until pkill -KILL -u 998; do :; done; echo killed', { as_root: true, timeout_sec: 60 });
  assert.equal(await unzip('/home/kernel/killed', entries), '500 internal_error');
  assert.equal(await killed, 'killed\n');
  assert.equal(await shell('ls -A /home/kernel | grep -c killed'), '0\n');
  await clean();
});

// Swaps what is below /home/kernel/race: `d` is a directory with a file at one moment, and a link to what is root's at the next. Both names are
// there at every moment (RENAME_EXCHANGE).
const RENAMEAT2 = process.arch === 'arm64' ? 276 : 316;
const SWAPPER = `
  chdir "/home/kernel/race"; $SIG{ALRM} = sub { exit 1 }; alarm 100; my ($d, $link) = ("d", "link");
  for ($n = 0; !-e "stop"; ++$n) { syscall(${RENAMEAT2}, -100, $d, -100, $link, 2) == 0 or die "$!"; }
  print $n;`;

test('a directory that is swapped for a link all the time leads nowhere', { skip: !root && 'nothing is root\'s alone' }, async () => {
  await shell(`umask 077; mkdir -p /tmp/roots/e /tmp/roots/new; chmod 755 /tmp/roots; echo -n secret > /tmp/roots/secret; echo -n kept > /tmp/roots/e/f
               stat -c "%n %a %u %y" /tmp/roots /tmp/roots/* /tmp/roots/e/f > /tmp/roots-before`, { as_root: true });
  await shell('mkdir -p /home/kernel/race/d/e; ln -s /tmp/roots /home/kernel/race/link; echo -n own > /home/kernel/race/d/secret');
  const swaps = shell(`perl -e '${SWAPPER}'`, { timeout_sec: 120 });
  const path = (tail) => `/home/kernel/race/${tail}`;
  const codes = {};
  const count = async (call, answer) => { const got = await answer; (codes[call] ??= {})[got] = (codes[call]?.[got] ?? 0) + 1; };
  for (let round = 0; round < 30; ++round) {
    await Promise.all([
      count('write', write(path(`d/w${round % 3}`), Buffer.from('x'))),
      count('new', write(path(`d/new/deep${round}/w`), Buffer.from('x'))),
      count('upload', post('upload', [['dest_path', path(`d/u${round % 3}`)], ['file', Buffer.from('x')]])),
      count('unzip', unzip(path('d'), [['z', 'x'], ['e/f', 'x'], ['e/l', '../z', 0o120777]])),
      count('unzip into', unzip(path('d/e'), [['g', 'x']])),
      count('move', ask(direct, 'PUT', 'move', { json: { src_path: path('d/secret'), dest_path: path('d/secret') } })),
      count('mode', ask(direct, 'PUT', 'set_file_permissions', { json: { path: path('d/secret'), mode: '0666' } })),
      count('delete', ask(direct, 'PUT', 'delete_directory', { json: { path: path('d/e') } })),
      count('delete file', ask(direct, 'PUT', 'delete_file', { json: { path: path('d/z') } })),
      count('read', (async () => {
        const answer = await fetch(`${direct.base}/fs/read_file?path=${path('d/secret')}`, { headers: direct.headers });
        const text = await answer.text();
        if (answer.ok) assert.equal(text, 'own');
        return `${answer.status} ${answer.ok ? '' : JSON.parse(text).code}`;
      })()),
    ]);
  }
  await write(path('stop'), Buffer.from(''));
  assert.ok(Number(await swaps) > 1000, 'nothing was tried');
  // Each call has met the directory at times, and each answer is one that the contract names.
  for (const [call, seen] of Object.entries(codes))
    for (const answer of Object.keys(seen)) assert.match(answer, /^(20[01]|400 |404 )/, `${call}: ${JSON.stringify(seen)}`);
  assert.ok(codes.read['400 permission_denied'] || codes.write['400 permission_denied'], `the link was never met: ${JSON.stringify(codes)}`);
  assert.equal(await shell('stat -c "%n %a %u %y" /tmp/roots /tmp/roots/* /tmp/roots/e/f | diff - /tmp/roots-before; cat /tmp/roots/secret /tmp/roots/e/f', { as_root: true }),
               'secretkept');
  await clean();
});
