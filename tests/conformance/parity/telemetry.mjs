import assert from 'node:assert/strict';

const isCurl = ({ event }) => event.type === 'api_call' && event.data.operation_id === 'browserCurl';
const EVENT = { seq: 'integer', 'event.ts': 'integer', 'event.data.request_id': 'word', 'event.data.duration_ms': 'number' };
const asOf = (prefix) => Object.fromEntries(Object.entries(EVENT).map(([name, form]) => [`${prefix}${name}`, form]));

export const telemetry = {
  'browsers.telemetry.stream': {
    takesBrowser: true, status: 200, type: 'text/event-stream', volatile: { '[].id': 'word', ...asOf('[].data.') },
    call: ({ browsers, id }) => browsers.telemetry.stream(id),
    pick: (frames) => frames.filter(({ data }) => isCurl(data)).slice(0, 1),
    proof: 'a call that is made meanwhile is told',
    effect: async ({ machine, site }, stream) => {
      const [told] = await Promise.all([
        (async () => { for await (const envelope of stream) if (isCurl(envelope)) return envelope; })(),
        machine.post('curl', { url: site.url('/told') }),
      ]);
      assert.deepEqual([told.event.category, told.event.data.status], ['control', 200]);
      stream.controller.abort();
    },
    bad: {},
    badBesides: 'by contract every `Last-Event-ID` and `replay` is taken',
  },
  'browsers.telemetry.events': {
    takesBrowser: true, gone: 'archived', status: 200, type: 'application/json', volatile: asOf('[].'),
    prepare: ({ machine, site }) => machine.post('curl', { url: site.url('/paged') }),
    call: ({ browsers, id }) => browsers.telemetry.events(id, { limit: 100, since: '10m', category: ['control'] }),
    pick: (events) => events.filter(isCurl).slice(0, 1),
    proof: 'the call of before is among them',
    effect: (_, page) => assert.ok(page.items.some(isCurl)),
    bad: {
      'a limit of 0': [400, 'bad_request', ({ browsers, id }) => browsers.telemetry.events(id, { limit: 0 })],
      'since, with the newest first': [400, 'bad_request', ({ browsers, id }) => browsers.telemetry.events(id, { since: '5m', order: 'desc' })],
    },
  },
};
