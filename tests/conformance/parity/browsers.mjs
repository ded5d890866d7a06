import assert from 'node:assert/strict';

const BROWSER = { session_id: 'id', created_at: 'time', cdp_ws_url: 'address', webdriver_ws_url: 'address', base_url: 'address', 'usage.uptime_ms': 'integer' };
const asOf = (names, prefix) => Object.fromEntries(Object.entries(names).map(([name, form]) => [`${prefix}${name}`, form]));

/** Without what changes while a browser lives. */
const lasting = ({ usage, ...rest }) => rest;

export const made = {
  'browsers.create': {
    route: 'control', status: 200, type: 'application/json', volatile: { ...BROWSER, name: 'word' },
    call: ({ browsers, name }) => browsers.create({ headless: true, name: `spare-${name}`, tags: { made: 'twice' }, timeout_seconds: 200 }),
    proof: 'its Chromium answers at its address of DevTools',
    effect: async (leg, browser) => {
      leg.spare = browser;
      const version = await fetch(browser.cdp_ws_url.replace(/^ws/, 'http').replace('/cdp?', '/cdp/json/version?'));
      assert.match((await version.json()).Browser, /Chrome/);
    },
    bad: {
      'a name in use': [409, 'name_conflict', ({ browsers }) => browsers.create({ headless: true, name: 'spare-direct' })],
      'a viewport without a width': [400, 'bad_request', ({ browsers }) => browsers.create({ headless: true, viewport: { width: 0, height: 1 } })],
      'a timeout of 5 s': [400, 'bad_request', ({ browsers }) => browsers.create({ headless: true, timeout_seconds: 5 })],
    },
  },
  'browsers.retrieve': {
    route: 'control', takesBrowser: true, gone: 'not_found', status: 200, type: 'application/json', volatile: BROWSER,
    call: ({ browsers, id }) => browsers.retrieve(id),
    proof: 'the object that create answered with',
    effect: (leg, browser) => assert.deepEqual(lasting(browser), lasting(leg.browser)),
    bad: {},
    badBesides: 'an unknown browser; there is nothing else to give',
  },
  'browsers.update': {
    route: 'control', takesBrowser: true, gone: 'not_found', status: 200, type: 'application/json', volatile: { ...BROWSER, 'tags.leg': 'word' },
    call: ({ browsers, id, name }) => browsers.update(id, { tags: { leg: name } }),
    proof: 'a later GET shows the tag',
    effect: async ({ machine, name }) => assert.deepEqual((await (await machine.ask('')).json()).tags, { leg: name }),
    bad: { 'a tag without a name': [400, 'bad_request', ({ browsers, id }) => browsers.update(id, { tags: { '': 'x' } })] },
  },
  'browsers.list': {
    route: 'control', status: 200, type: 'application/json', volatile: asOf({ ...BROWSER, 'tags.leg': 'word' }, '[].'),
    call: ({ browsers, name }) => browsers.list({ tags: { leg: name } }),
    proof: 'the browser with the tag, and no other',
    effect: ({ id }, page) => assert.deepEqual(page.items.map(({ session_id }) => session_id), [id]),
    bad: { 'a limit of 101': [400, 'bad_request', ({ browsers }) => browsers.list({ limit: 101 })] },
  },
};

/** After all others, since it ends a browser of each leg. */
export const ended = {
  'browsers.deleteByID': {
    route: 'control', takesBrowser: true, gone: 'not_found', status: 204,
    call: ({ browsers, id }) => browsers.deleteByID(id),
    spare: true,
    proof: 'it is found no more, but among the deleted',
    effect: async ({ wye, spare }) => {
      const ask = (query) => fetch(`${wye.baseURL}/browsers/${spare.session_id}${query}`, { headers: { Authorization: `Bearer ${wye.apiKey}` } });
      assert.equal((await ask('')).status, 404);
      assert.ok((await (await ask('?include_deleted=true')).json()).deleted_at);
    },
    bad: {},
    badBesides: 'an unknown browser; there is nothing else to give',
  },
};
