import assert from 'node:assert/strict';

const ADDRESS = '/teapot';
const askedBy = ({ site, id }) => site.asked.filter(({ url }) => url === `${ADDRESS}?${id}`);

export const curl = {
  'browsers.curl': {
    takesBrowser: true, status: 200, type: 'application/json', volatile: { duration_ms: 'integer' },
    call: ({ browsers, site, id }) => browsers.curl(id, { url: site.url(`${ADDRESS}?${id}`), method: 'PUT', body: 'tea' }),
    proof: 'the site was asked by Chromium, with the body',
    effect: (leg, answer) => {
      assert.deepEqual([answer.status, answer.body, answer.headers['X-Pot'] ?? answer.headers['x-pot']], [418, 'stout', ['short']]);
      assert.deepEqual(askedBy(leg).map(({ method, body }) => [method, body]), [['PUT', 'tea']]);
      assert.match(askedBy(leg)[0].agent, /Chrome/);
    },
    bad: {
      'no url': [400, 'bad_request', ({ browsers, id }) => browsers.curl(id, {})],
      'a url that is not http': [400, 'bad_request', ({ browsers, id }) => browsers.curl(id, { url: 'ftp://host.wye.internal/' })],
      'a target that does not answer': [502, 'upstream_transport', ({ browsers, id }) => browsers.curl(id, { url: 'http://host.wye.internal:1/' })],
    },
  },
  'browsers.fetch': {
    route: 'direct', takesBrowser: true, status: 200, type: 'text/html', volatileHeaders: { 'x-wye-final-url': 'word' },
    unknown: 'the SDK itself refuses a browser of which it has no address',
    call: ({ browsers, site, id }) => browsers.fetch(id, site.url(`/raw?${id}`), { method: 'POST', body: 'raw', headers: { 'Content-Type': 'text/plain' } }),
    proof: 'the site was asked, with the body; the control plane has no such call',
    effect: async ({ site, id, machine }, answer) => {
      assert.match(await answer.text(), /^<!doctype html>/);
      assert.deepEqual(site.asked.filter(({ url }) => url === `/raw?${id}`).map(({ method, body }) => [method, body]), [['POST', 'raw']]);
      assert.equal((await machine.ask(`curl/raw?url=${encodeURIComponent(site.url('/'))}`)).status, 404);
    },
    bad: {
      'a timeout of 5 ms': [400, 'bad_request', ({ browsers, site, id }) => browsers.fetch(id, site.url('/'), { timeout_ms: 5 })],
      'a target that does not answer': [502, 'upstream_transport', ({ browsers, id }) => browsers.fetch(id, 'http://host.wye.internal:1/')],
    },
  },
};
