import assert from 'node:assert/strict';
import { toFile } from '@onkernel/sdk';
import { zipOf } from '../archives.mjs';

const FORM = 'on the direct leg by a form of the platform: there the SDK 0.84 names another boundary than its form has, which is a bad input';
const zip = (entries) => zipOf(entries);

/** Sends a form as the leg can: by the SDK, or by the platform when the SDK's own would be broken on the way. */
const upload = async ({ browsers, id, name, form }, files) => name === 'direct'
  ? form(id, 'fs/upload', files.flatMap(([path, content], at) => [[`files[${at}][dest_path]`, path], [`files[${at}][file]`, new Blob([content])]]))
  : browsers.fs.upload(id, { files: await Promise.all(files.map(async ([dest_path, content]) => ({ dest_path, file: await toFile(Buffer.from(content), 'f') }))) });
const uploadZip = async ({ browsers, id, name, form }, dest_path, archive) => name === 'direct'
  ? form(id, 'fs/upload_zip', [['dest_path', dest_path], ['zip_file', new Blob([archive])]])
  : browsers.fs.uploadZip(id, { dest_path, zip_file: await toFile(archive, 'a.zip') });

const watching = async ({ machine, state }) => {
  await machine.shell('mkdir -p /tmp/watched && rm -rf /tmp/watched/*');
  state.watch = (await machine.post('fs/watch', { path: '/tmp/watched' })).watch_id;
};
const unwatch = ({ machine, state }) => machine.ask(`fs/watch/${state.watch}`, { method: 'DELETE' });
const UNKNOWN = '01234567-89ab-4def-8123-456789abcdef';

export const archives = {
  'browsers.fs.upload': {
    takesBrowser: true, status: 201, note: FORM,
    call: (leg) => upload(leg, [['/tmp/up/1', 'first'], ['/tmp/up/deep/2', 'second']]),
    proof: 'a shell reads the files',
    effect: async ({ machine }) => assert.equal(await machine.shell('cat /tmp/up/1 /tmp/up/deep/2'), 'firstsecond'),
    bad: {
      'no file': [400, 'bad_request', (leg) => leg.form(leg.id, 'fs/upload', [['files[0][dest_path]', '/tmp/up/3']])],
      'a path that is not absolute': [400, 'invalid_input', (leg) => upload(leg, [['up/3', 'x']])],
    },
  },
  'browsers.fs.uploadZip': {
    takesBrowser: true, status: 201, note: FORM,
    call: (leg) => uploadZip(leg, '/tmp/zip', zip([['a/b', 'text'], ['a/run', '#!', 0o100755]])),
    proof: 'a shell finds the files, with their modes',
    effect: async ({ machine }) => assert.equal(await machine.shell('cd /tmp/zip/a; stat -c "%n %a" b run; cat b'), 'b 644\nrun 755\ntext'),
    bad: {
      'no archive': [400, 'invalid_input', (leg) => leg.form(leg.id, 'fs/upload_zip', [['dest_path', '/tmp/zip']])],
      'bytes that are no archive': [400, 'archive_refused', (leg) => uploadZip(leg, '/tmp/zip', Buffer.from('no archive'))],
      'an entry that leads out': [400, 'archive_refused', (leg) => uploadZip(leg, '/tmp/zip', zip([['../out', 'x']]))],
    },
  },
  'browsers.fs.downloadDirZip': {
    takesBrowser: true, status: 200, type: 'application/zip',
    prepare: ({ machine }) => machine.shell('rm -rf /tmp/pack && mkdir -p /tmp/pack/a && printf text > /tmp/pack/a/b && touch -d @1700000000 /tmp/pack/a/b /tmp/pack/a'),
    call: ({ browsers, id }) => browsers.fs.downloadDirZip(id, { path: '/tmp/pack' }),
    proof: 'unpacked again, it holds what a shell made',
    effect: async (leg, answer) => {
      await uploadZip({ ...leg, browsers: leg.browsers }, '/tmp/unpacked', Buffer.from(await answer.arrayBuffer()));
      assert.equal(await leg.machine.shell('cat /tmp/unpacked/a/b'), 'text');
    },
    bad: {
      'no path': [400, 'invalid_input', ({ browsers, id }) => browsers.fs.downloadDirZip(id, {})],
      'nothing at the path': [404, 'not_found', ({ browsers, id }) => browsers.fs.downloadDirZip(id, { path: '/tmp/none' })],
      'a file at the path': [400, 'not_a_directory', ({ browsers, id }) => browsers.fs.downloadDirZip(id, { path: '/etc/passwd' })],
    },
  },
  'browsers.fs.watch.start': {
    takesBrowser: true, status: 201, type: 'application/json', volatile: { watch_id: 'word' },
    prepare: ({ machine }) => machine.shell('mkdir -p /tmp/watched && rm -rf /tmp/watched/*'),
    call: ({ browsers, id }) => browsers.fs.watch.start(id, { path: '/tmp/watched' }),
    proof: 'the watch can be read, and ended once',
    effect: async (leg, { watch_id }) => {
      leg.state.watch = watch_id;
      assert.deepEqual([(await unwatch(leg)).status, (await unwatch(leg)).status], [204, 404]);
    },
    bad: {
      'no path': [400, 'invalid_input', ({ browsers, id }) => browsers.fs.watch.start(id, {})],
      'nothing at the path': [404, 'not_found', ({ browsers, id }) => browsers.fs.watch.start(id, { path: '/tmp/none' })],
    },
  },
  'browsers.fs.watch.events': {
    takesBrowser: true, status: 200, type: 'text/event-stream', prepare: watching,
    call: ({ browsers, id, state }) => browsers.fs.watch.events(state.watch, { id }),
    // How many writes one change of a file is, is the kernel's business.
    pick: (frames) => frames.filter(({ data }) => data.type !== 'WRITE'),
    proof: 'what a shell does is told, in order',
    effect: async (leg, stream) => {
      await leg.machine.shell('cd /tmp/watched && echo x > new && mv new moved && rm moved');
      const told = [];
      for await (const { type, path, is_dir } of stream) {
        if (type !== 'WRITE') told.push(`${type} ${path} ${is_dir}`);
        if (type === 'DELETE') break;
      }
      assert.deepEqual(told, ['CREATE /tmp/watched/new false', 'RENAME /tmp/watched/new false', 'CREATE /tmp/watched/moved false', 'DELETE /tmp/watched/moved false']);
      await unwatch(leg);
    },
    bad: { 'an unknown watch': [404, 'not_found', ({ browsers, id }) => browsers.fs.watch.events(UNKNOWN, { id })] },
  },
  'browsers.fs.watch.stop': {
    takesBrowser: true, status: 204, prepare: watching,
    call: ({ browsers, id, state }) => browsers.fs.watch.stop(state.watch, { id }),
    proof: 'its events cannot be read any more',
    effect: async ({ machine, state }) => assert.equal((await machine.ask(`fs/watch/${state.watch}/events`)).status, 404),
    bad: { 'an unknown watch': [404, 'not_found', ({ browsers, id }) => browsers.fs.watch.stop(UNKNOWN, { id })] },
  },
};
