import assert from 'node:assert/strict';

const KEY = { id: 'id', masked_key: 'word', created_at: 'time' };
const listed = Object.fromEntries(Object.entries(KEY).map(([name, form]) => [`[].${name}`, form]));
const UNKNOWN = 'k0000000000000000000dead';

const statusWith = async ({ wye }, key) => (await fetch(`${wye.baseURL}/browsers`, { headers: { Authorization: `Bearer ${key}` } })).status;
const shown = async ({ wye, state }) => (await fetch(`${wye.baseURL}/org/api_keys/${state.key.id}`, { headers: { Authorization: `Bearer ${wye.apiKey}` } })).json();
const mine = ({ name }) => `parity-${name}`;

export const apiKeys = {
  'apiKeys.create': {
    route: 'control', status: 201, type: 'application/json', volatile: { ...KEY, name: 'word', key: 'word' },
    call: (leg) => leg.client.apiKeys.create({ name: mine(leg) }),
    proof: 'the new key opens the API',
    effect: async (leg, key) => {
      leg.state.key = key;
      assert.equal(await statusWith(leg, key.key), 200);
    },
    bad: {
      'no name': [400, 'bad_request', ({ client }) => client.apiKeys.create({})],
      'no days': [400, 'bad_request', ({ client }) => client.apiKeys.create({ name: 'a', days_to_expire: 0 })],
    },
  },
  'apiKeys.retrieve': {
    route: 'control', status: 200, type: 'application/json', volatile: { ...KEY, name: 'word' },
    call: ({ client, state }) => client.apiKeys.retrieve(state.key.id),
    proof: 'the object that create answered with, without the key',
    effect: ({ state }, found) => {
      const { key, ...rest } = state.key;
      assert.deepEqual(found, rest);
    },
    bad: { 'an unknown key': [404, 'not_found', ({ client }) => client.apiKeys.retrieve(UNKNOWN)] },
  },
  'apiKeys.update': {
    route: 'control', status: 200, type: 'application/json', volatile: { ...KEY, name: 'word' },
    call: (leg) => leg.client.apiKeys.update(leg.state.key.id, { name: `${mine(leg)}-renamed` }),
    proof: 'a later GET shows the name',
    effect: async (leg) => assert.equal((await shown(leg)).name, `${mine(leg)}-renamed`),
    bad: {
      'no name': [400, 'bad_request', ({ client, state }) => client.apiKeys.update(state.key.id, {})],
      'an unknown key': [404, 'not_found', ({ client }) => client.apiKeys.update(UNKNOWN, { name: 'a' })],
    },
  },
  'apiKeys.list': {
    route: 'control', status: 200, type: 'application/json', volatile: { ...listed, '[].name': 'word' },
    call: (leg) => leg.client.apiKeys.list({ limit: 100 }),
    pick: (keys) => keys.filter(({ name }) => name.endsWith('-renamed')),
    proof: 'the key is in it',
    effect: ({ state }, page) => assert.ok(page.items.some(({ id }) => id === state.key.id)),
    bad: {
      'a limit of 101': [400, 'bad_request', ({ client }) => client.apiKeys.list({ limit: 101 })],
      'an order that does not exist': [400, 'bad_request', ({ client }) => client.apiKeys.list({ sort_by: 'luck' })],
    },
  },
  'apiKeys.rotate': {
    route: 'control', status: 201, type: 'application/json', volatile: { ...KEY, name: 'word', key: 'word' },
    call: ({ client, state }) => client.apiKeys.rotate(state.key.id, { expire_in_days: 0 }),
    proof: 'the new key opens the API, and the old one does not',
    effect: async (leg, key) => {
      assert.deepEqual([await statusWith(leg, key.key), await statusWith(leg, leg.state.key.key)], [200, 401]);
      leg.state.key = key;
    },
    bad: {
      'an unknown key': [404, 'not_found', ({ client }) => client.apiKeys.rotate(UNKNOWN)],
      'more days than there may be': [400, 'bad_request', ({ client, state }) => client.apiKeys.rotate(state.key.id, { expire_in_days: 3651 })],
    },
  },
  'apiKeys.delete': {
    route: 'control', status: 204,
    call: ({ client, state }) => client.apiKeys.delete(state.key.id),
    proof: 'the key opens nothing any more',
    effect: async (leg) => assert.equal(await statusWith(leg, leg.state.key.key), 401),
    bad: { 'an unknown key': [404, 'not_found', ({ client }) => client.apiKeys.delete(UNKNOWN)] },
  },
};
