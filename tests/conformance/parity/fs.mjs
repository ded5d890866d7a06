import assert from 'node:assert/strict';

const PATH_BAD = (call) => ({
  'no path': [400, 'invalid_input', (leg) => call(leg, undefined)],
  'a path that is not absolute': [400, 'invalid_input', (leg) => call(leg, 'tmp/fs')],
});
const missing = (call) => ({ 'nothing at the path': [404, 'not_found', (leg) => call(leg, '/tmp/fs/none')] });
const directories = 'mkdir -p /tmp/fs && rm -rf /tmp/fs/* && mkdir /tmp/fs/full && echo a > /tmp/fs/full/a && echo bb > /tmp/fs/b && ln -s b /tmp/fs/link';
const prepare = ({ machine }) => machine.shell(directories);
const gone = ({ machine }, path) => machine.shell(`test ! -e ${path}`);

const createDirectory = ({ browsers, id }, path) => browsers.fs.createDirectory(id, { path, mode: '750' });
const deleteDirectory = ({ browsers, id }, path) => browsers.fs.deleteDirectory(id, { path });
const deleteFile = ({ browsers, id }, path) => browsers.fs.deleteFile(id, { path });
const fileInfo = ({ browsers, id }, path) => browsers.fs.fileInfo(id, { path });
const listFiles = ({ browsers, id }, path) => browsers.fs.listFiles(id, { path });
const move = ({ browsers, id }, src_path) => browsers.fs.move(id, { src_path, dest_path: '/tmp/fs/moved' });
const readFile = ({ browsers, id }, path) => browsers.fs.readFile(id, { path });
const permit = ({ browsers, id }, path) => browsers.fs.setFilePermissions(id, { path, mode: '600' });
const writeFile = ({ browsers, id }, path) => browsers.fs.writeFile(id, Buffer.from('written\n'), { path, mode: '640' });

export const fs = {
  'browsers.fs.createDirectory': {
    takesBrowser: true, status: 201, prepare,
    call: (leg) => createDirectory(leg, '/tmp/fs/new/deep'),
    proof: 'a shell finds it, with its mode',
    effect: async ({ machine }) => assert.equal(await machine.shell('stat -c "%F %a" /tmp/fs/new/deep'), 'directory 750\n'),
    bad: { ...PATH_BAD(createDirectory), 'a file in the way': [400, 'not_a_directory', (leg) => createDirectory(leg, '/tmp/fs/b/deep')] },
  },
  'browsers.fs.writeFile': {
    takesBrowser: true, status: 201, prepare,
    call: (leg) => writeFile(leg, '/tmp/fs/new/file'),
    proof: 'a shell reads it, with its mode',
    effect: async ({ machine }) => assert.equal(await machine.shell('cat /tmp/fs/new/file; stat -c %a /tmp/fs/new/file'), 'written\n640\n'),
    bad: { ...PATH_BAD(writeFile), 'a directory at the path': [400, 'is_a_directory', (leg) => writeFile(leg, '/tmp/fs/full')] },
  },
  'browsers.fs.readFile': {
    takesBrowser: true, status: 200, type: 'application/octet-stream', volatileHeaders: { etag: 'etag', 'last-modified': 'text' }, prepare,
    call: (leg) => readFile(leg, '/tmp/fs/b'),
    proof: 'what a shell wrote',
    effect: async (_, answer) => assert.equal(await answer.text(), 'bb\n'),
    bad: { ...PATH_BAD(readFile), ...missing(readFile), 'a directory at the path': [400, 'is_a_directory', (leg) => readFile(leg, '/tmp/fs/full')] },
  },
  'browsers.fs.fileInfo': {
    takesBrowser: true, status: 200, type: 'application/json', volatile: { mod_time: 'time' }, prepare,
    call: (leg) => fileInfo(leg, '/tmp/fs/b'),
    proof: 'what a shell finds',
    effect: async ({ machine }, info) => {
      assert.deepEqual([info.name, info.path, info.is_dir], ['b', '/tmp/fs/b', false]);
      assert.equal(`${info.mode} ${info.size_bytes} ${Math.floor(Date.parse(info.mod_time) / 1000)}\n`, await machine.shell('stat -c "%A %s %Y" /tmp/fs/b'));
    },
    bad: { ...PATH_BAD(fileInfo), ...missing(fileInfo) },
  },
  'browsers.fs.listFiles': {
    takesBrowser: true, status: 200, type: 'application/json', volatile: { '[].mod_time': 'time' }, prepare,
    call: (leg) => listFiles(leg, '/tmp/fs'),
    proof: 'what a shell made, in the order of names',
    effect: (_, list) => assert.deepEqual(list.map(({ name, is_dir }) => `${name} ${is_dir}`), ['b false', 'full true', 'link false']),
    bad: { ...PATH_BAD(listFiles), ...missing(listFiles), 'a file at the path': [400, 'not_a_directory', (leg) => listFiles(leg, '/tmp/fs/b')] },
  },
  'browsers.fs.move': {
    takesBrowser: true, status: 200, prepare,
    call: (leg) => move(leg, '/tmp/fs/b'),
    proof: 'a shell reads it at its new path only',
    effect: async (leg) => {
      assert.equal(await leg.machine.shell('cat /tmp/fs/moved'), 'bb\n');
      await gone(leg, '/tmp/fs/b');
    },
    bad: { ...PATH_BAD(move), ...missing(move) },
  },
  'browsers.fs.setFilePermissions': {
    takesBrowser: true, status: 200, prepare,
    call: (leg) => permit(leg, '/tmp/fs/b'),
    proof: 'a shell sees the mode',
    effect: async ({ machine }) => assert.equal(await machine.shell('stat -c %a /tmp/fs/b'), '600\n'),
    bad: { ...PATH_BAD(permit), ...missing(permit),
           'a mode that is none': [400, 'invalid_input', ({ browsers, id }) => browsers.fs.setFilePermissions(id, { path: '/tmp/fs/b', mode: '9' })] },
  },
  'browsers.fs.deleteFile': {
    takesBrowser: true, status: 200, prepare,
    call: (leg) => deleteFile(leg, '/tmp/fs/b'),
    proof: 'a shell does not find it',
    effect: (leg) => gone(leg, '/tmp/fs/b'),
    bad: { ...PATH_BAD(deleteFile), ...missing(deleteFile), 'a directory at the path': [400, 'is_a_directory', (leg) => deleteFile(leg, '/tmp/fs/full')] },
  },
  'browsers.fs.deleteDirectory': {
    takesBrowser: true, status: 200, prepare,
    call: (leg) => deleteDirectory(leg, '/tmp/fs/full'),
    proof: 'a shell does not find it',
    effect: (leg) => gone(leg, '/tmp/fs/full'),
    bad: { ...PATH_BAD(deleteDirectory), 'a file at the path': [400, 'not_a_directory', (leg) => deleteDirectory(leg, '/tmp/fs/b')] },
  },
};
