import assert from 'node:assert/strict';

export const logs = {
  'browsers.logs.stream': {
    takesBrowser: true, status: 200, type: 'text/event-stream', volatile: { '[].data.timestamp': 'time' },
    prepare: ({ machine }) => machine.shell('printf "one\\ntwo\\n" > /tmp/parity.log'),
    call: ({ browsers, id }) => browsers.logs.stream(id, { source: 'path', path: '/tmp/parity.log', follow: false }),
    proof: 'the lines that a shell wrote',
    effect: async (_, stream) => {
      const lines = [];
      for await (const { event, message } of stream) lines.push([event, message]);
      assert.deepEqual(lines, [['log', 'one'], ['log', 'two']]);
    },
    bad: {
      'no path': [400, 'bad_request', ({ browsers, id }) => browsers.logs.stream(id, { source: 'path' })],
      'a source that does not exist': [400, 'bad_request', ({ browsers, id }) => browsers.logs.stream(id, { source: 'radio' })],
      'a file that does not exist': [404, 'not_found', ({ browsers, id }) => browsers.logs.stream(id, { source: 'path', path: '/tmp/none.log' })],
      'a service that does not exist': [404, 'not_found', ({ browsers, id }) => browsers.logs.stream(id, { source: 'supervisor', supervisor_process: 'none' })],
    },
  },
};
