import assert from 'node:assert/strict';

const UNKNOWN = '01234567-89ab-4def-8123-456789abcdef';
const text = (base64) => Buffer.from(base64, 'base64').toString();
const base64 = (value) => Buffer.from(value).toString('base64');

/** What every call about one process refuses. `call(leg, process_id)` */
const badIds = (call) => ({
  'an unknown process': [404, 'not_found', (leg) => call(leg, UNKNOWN)],
  'an id that is no UUID': [400, 'bad_request', (leg) => call(leg, 'x')],
});
const spawning = (script, more) => async ({ machine, state }) => { state.process = await machine.spawn(script, more); };

export const process = {
  'browsers.process.exec': {
    takesBrowser: true, status: 200, type: 'application/json', volatile: { duration_ms: 'integer' },
    call: ({ browsers, id }) => browsers.process.exec(id, { command: 'sh', args: ['-c', 'echo "$A"; pwd >&2; echo left > /tmp/exec; exit 3'], cwd: '/tmp', env: { A: 'b' } }),
    proof: 'the file that the command wrote is read as a file',
    effect: async ({ machine }, done) => {
      assert.deepEqual([done.exit_code, text(done.stdout_b64), text(done.stderr_b64)], [3, 'b\n', '/tmp\n']);
      assert.equal(await (await machine.ask('fs/read_file?path=/tmp/exec')).text(), 'left\n');
    },
    bad: {
      'no command': [400, 'bad_request', ({ browsers, id }) => browsers.process.exec(id, {})],
      'a command that does not exist': [400, 'command_not_found', ({ browsers, id }) => browsers.process.exec(id, { command: 'no-such-command' })],
      'as_user with as_root': [400, 'bad_request', ({ browsers, id }) => browsers.process.exec(id, { command: 'true', as_user: 'root', as_root: true })],
      'more time than it may take': [500, 'process_timed_out', ({ browsers, id }) => browsers.process.exec(id, { command: 'sleep', args: ['9'], timeout_sec: 1 })],
    },
  },
  'browsers.process.spawn': {
    takesBrowser: true, status: 200, type: 'application/json', volatile: { process_id: 'uuid', pid: 'integer', started_at: 'time' },
    call: ({ browsers, id }) => browsers.process.spawn(id, { command: 'sleep', args: ['1000'] }),
    proof: 'a shell sees it among the processes',
    effect: async ({ machine }, { process_id, pid }) => {
      assert.equal(await machine.shell(`tr '\\0' ' ' < /proc/${pid}/cmdline`), 'sleep 1000 ');
      await machine.post(`process/${process_id}/kill`, { signal: 'KILL' });
    },
    bad: {
      'no command': [400, 'bad_request', ({ browsers, id }) => browsers.process.spawn(id, {})],
      'a directory that does not exist': [400, 'bad_directory', ({ browsers, id }) => browsers.process.spawn(id, { command: 'true', cwd: '/nope' })],
      'a terminal without rows': [400, 'bad_request', ({ browsers, id }) => browsers.process.spawn(id, { command: 'true', allocate_tty: true, rows: 0 })],
    },
  },
  'browsers.process.status': {
    takesBrowser: true, status: 200, type: 'application/json', volatile: { cpu_pct: 'number', mem_bytes: 'integer' },
    prepare: spawning('read x; exit 4'),
    call: ({ browsers, id, state }) => browsers.process.status(state.process.process_id, { id }),
    proof: 'it runs, and after it was given a line it has exited',
    effect: async ({ machine, state }, running) => {
      const { process_id } = state.process;
      assert.deepEqual([running.state, running.exit_code], ['running', null]);
      await machine.post(`process/${process_id}/stdin`, { data_b64: base64('\n') });
      assert.equal(await machine.exitOf(state.process), 4);
      const after = await (await machine.ask(`process/${process_id}/status`)).json();
      assert.deepEqual([after.state, after.exit_code], ['exited', 4]);
    },
    bad: badIds(({ browsers, id }, process) => browsers.process.status(process, { id })),
  },
  'browsers.process.stdin': {
    takesBrowser: true, status: 200, type: 'application/json',
    prepare: spawning('read x; echo "$x" > /tmp/stdin'),
    call: ({ browsers, id, state }) => browsers.process.stdin(state.process.process_id, { id, data_b64: base64('typed\n') }),
    proof: 'the process wrote the line to a file',
    effect: async ({ machine, state }, { written_bytes }) => {
      assert.equal(written_bytes, 6);
      assert.equal(await machine.exitOf(state.process), 0);
      assert.equal(await machine.shell('cat /tmp/stdin'), 'typed\n');
    },
    bad: {
      ...badIds(({ browsers, id }, process) => browsers.process.stdin(process, { id, data_b64: 'aGk=' })),
      'no base64': [400, 'bad_request', ({ browsers, id, state }) => browsers.process.stdin(state.process.process_id, { id, data_b64: '%' })],
      'a process that has exited': [400, 'process_exited', ({ browsers, id, state }) => browsers.process.stdin(state.process.process_id, { id, data_b64: 'aGk=' })],
    },
  },
  'browsers.process.kill': {
    takesBrowser: true, status: 200, type: 'application/json',
    prepare: spawning('exec sleep 1000'),
    call: ({ browsers, id, state }) => browsers.process.kill(state.process.process_id, { id, signal: 'TERM' }),
    proof: 'it ends by a signal, and a shell sees it no more',
    effect: async ({ machine, state }, answer) => {
      assert.deepEqual(answer, { ok: true });
      assert.equal(await machine.exitOf(state.process), -1);
      assert.equal(await machine.shell(`test -e /proc/${state.process.pid} || echo gone`), 'gone\n');
    },
    bad: {
      ...badIds(({ browsers, id }, process) => browsers.process.kill(process, { id, signal: 'TERM' })),
      'a signal that is not offered': [400, 'bad_request', ({ browsers, id, state }) => browsers.process.kill(state.process.process_id, { id, signal: 'STOP' })],
    },
  },
  'browsers.process.resize': {
    takesBrowser: true, status: 200, type: 'application/json',
    prepare: spawning('read x; stty size > /tmp/resize', { allocate_tty: true, rows: 10, cols: 20 }),
    call: ({ browsers, id, state }) => browsers.process.resize(state.process.process_id, { id, rows: 40, cols: 100 }),
    proof: 'the process itself asks its terminal for the size',
    effect: async ({ machine, state }, answer) => {
      assert.deepEqual(answer, { ok: true });
      await machine.post(`process/${state.process.process_id}/stdin`, { data_b64: base64('\n') });
      assert.equal(await machine.exitOf(state.process), 0);
      assert.equal(await machine.shell('cat /tmp/resize'), '40 100\n');
    },
    bad: {
      ...badIds(({ browsers, id }, process) => browsers.process.resize(process, { id, rows: 1, cols: 1 })),
      'no rows': [400, 'bad_request', ({ browsers, id, state }) => browsers.process.resize(state.process.process_id, { id, rows: 0, cols: 1 })],
      'a process without a terminal': [400, 'not_a_terminal', async (leg) => {
        const { process_id } = await leg.machine.spawn('exec true');
        return leg.browsers.process.resize(process_id, { id: leg.id, rows: 1, cols: 1 });
      }],
    },
  },
  'browsers.process.stdoutStream': {
    takesBrowser: true, status: 200, type: 'text/event-stream',
    prepare: async (leg) => {
      await spawning('read x; echo out; read x; echo err >&2; exit 7')(leg);
      for (const _ of [1, 2]) await leg.machine.post(`process/${leg.state.process.process_id}/stdin`, { data_b64: base64('\n') });
      await leg.machine.exitOf(leg.state.process);
    },
    call: ({ browsers, id, state }) => browsers.process.stdoutStream(state.process.process_id, { id }),
    // Of two pipes that are read side by side, which one is first is not said.
    pick: (frames) => frames.sort((one, other) => JSON.stringify(other).localeCompare(JSON.stringify(one))),
    proof: 'what it printed, to both of its outputs, and its exit last',
    effect: async (_, stream) => {
      const frames = [];
      for await (const frame of stream) frames.push(frame);
      const of = (name) => frames.filter((frame) => frame.stream === name).map(({ data_b64 }) => text(data_b64)).join('');
      assert.deepEqual([of('stdout'), of('stderr'), frames.at(-1)], ['out\n', 'err\n', { event: 'exit', exit_code: 7 }]);
    },
    bad: badIds(({ browsers, id }, process) => browsers.process.stdoutStream(process, { id })),
  },
};
