// Every method of the official SDK: called with a good and a bad input through the control plane and straight to the VM, and the two answers
// compared field by field; or named as not served, which is checked, too. The methods are the SDK's own list; parity/cases.mjs says what a case is.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import Kernel from '@onkernel/sdk';
import { CASES } from './parity/cases.mjs';
import { contentOf, differences } from './parity/compare.mjs';
import { methodOf, methodsOf } from './parity/methods.mjs';
import { argumentsOf, notServed } from './parity/not_served.mjs';
import { isWritten } from './parity/table.mjs';
import { startWorld } from './parity/world.mjs';

const UNKNOWN_BROWSER = 'b0000000000000000000dead';

let world, legs;
before(async () => {
  world = await startWorld();
  legs = world.legs;
});
after(() => world?.stop());

const onBothLegs = (what) => Promise.all(legs.map(what));

test('every method of the SDK has a case, or is named as not served', () => {
  const methods = methodsOf(new Kernel({ apiKey: 'none', baseURL: 'http://127.0.0.1' }));
  assert.ok(methods.includes('browsers.fs.watch.start'), 'the list is one of methods');
  assert.deepEqual([...Object.keys(CASES), ...Object.keys(notServed)].sort(), methods.sort());
});

test('the comparison finds what differs', () => {
  const both = (one, other, volatile) => differences(one, other, volatile).length;
  assert.equal(both({ a: [{ b: 1 }], at: '2026-01-01T00:00:00Z' }, { a: [{ b: 1 }], at: '2026-01-01T00:00:01.5Z' }, { at: 'time' }), 0);
  assert.equal(both({ at: '2026-01-01T00:00:00Z' }, { at: 'now' }, { at: 'time' }), 1);
  for (const other of [{ a: [{ b: 2 }] }, { a: [] }, { a: [{ b: 1, c: 1 }] }, { a: { b: 1 } }, { a: [{ b: '1' }] }, { A: [{ b: 1 }] }, null])
    assert.equal(both({ a: [{ b: 1 }] }, other), 1, JSON.stringify(other));
});

test('docs/parity.md has the table of the cases', () => {
  assert.ok(isWritten(), 'run: node tests/conformance/parity/table.mjs --fix');
});

/** Makes one request, and answers with it, its outcome and what it gave. */
async function request(leg, call) {
  leg.records.length = 0;
  const [outcome] = await Promise.allSettled([(async () => call(leg))()]);
  assert.equal(leg.records.length, 1, `one request, and not ${leg.records.length}: ${outcome.reason}`);
  return { record: leg.records[0], failed: outcome.status === 'rejected', result: outcome.value, leg };
}

function assertRoute({ record, leg }, route = leg.name) {
  const direct = new URL(record.url).pathname.startsWith('/browser/kernel/');
  assert.equal(direct, route === 'direct', `${leg.name}: ${record.url.replace(/jwt=.*/, 'jwt=')}`);
}

function assertSame([one, other], { volatile = {}, volatileHeaders = {}, pick = (content) => content, madeByNoVm = false }) {
  assert.equal(one.record.status, other.record.status);
  const left = ['date', ...(Object.keys(volatile).length > 0 ? ['content-length'] : []), ...(madeByNoVm ? ['x-request-id', 'x-wye-source'] : [])];
  const headersOf = ({ record: { headers } }) => Object.fromEntries(Object.entries(headers).filter(([name]) => !left.includes(name)));
  assert.deepEqual(differences(headersOf(one), headersOf(other), { 'x-request-id': 'request', ...volatileHeaders }), [], 'headers');
  const contents = [one, other].map(({ record }) => pick(contentOf(record)));
  assert.notDeepEqual(contents[0], [], 'nothing is compared');
  assert.deepEqual(differences(...contents, volatile), [], 'content');
}

/** Makes a call that fails, on both legs. */
async function assertRefused(call, [status, code], { route, on = (leg) => leg, madeByNoVm }) {
  const answers = await onBothLegs((leg) => request(on(leg), call));
  for (const answer of answers) {
    assertRoute(answer, route);
    assert.ok(answer.failed, 'it was done');
    const { status: given, body } = answer.record;
    assert.equal(given, status, `${answer.leg.name}: ${body}`);
    const error = JSON.parse(body);
    assert.equal(error.code, code, String(body));
    assert.ok(error.message.length > 5, String(body));
  }
  assertSame(answers, { madeByNoVm });
}

for (const [name, one] of Object.entries(CASES))
  test(name, async (t) => {
    const on = one.spare ? (leg) => ({ ...leg, id: leg.spare.session_id }) : (leg) => leg;
    await onBothLegs((leg) => one.prepare?.(leg));
    if (one.takesBrowser && !one.unknown)
      await t.test('an unknown browser', () => assertRefused(one.call, [404, 'not_found'], { route: 'control', on: (leg) => ({ ...leg, id: UNKNOWN_BROWSER }) }));
    await t.test('what it does', async () => {
      const answers = await onBothLegs((leg) => request(on(leg), one.call));
      for (const { record, failed, leg } of answers) {
        assert.ok(!failed, `${leg.name}: ${record.status} ${record.body}`);
        assert.equal(record.status, one.status);
        assert.equal(record.headers['content-type']?.replace(/;.*/, ''), one.type);
        if (!one.route) assert.equal(record.headers['x-wye-source'], 'agent', leg.name);
      }
      for (const answer of answers) assertRoute(answer, one.route);
      await Promise.all(answers.map(({ leg, result }) => one.effect(legs.find(({ name }) => name === leg.name), result)));
      assertSame(answers, one);
    });
    assert.ok(Object.keys(one.bad).length > 0 || one.badBesides, 'a bad input, or why there is none');
    for (const [what, [status, code, call]] of Object.entries(one.bad))
      await t.test(what, () => assertRefused(call, [status, code], { route: one.route }));
  });

for (const [name, one] of Object.entries(CASES).filter(([, { takesBrowser }]) => takesBrowser))
  test(`${name}, of a deleted browser`, async () => {
    for (const { client, spare } of legs)
      client.browserRouteCache.set({ sessionId: spare.session_id, baseURL: spare.base_url, jwt: new URL(spare.cdp_ws_url).searchParams.get('jwt') });
    const on = (leg) => ({ ...leg, id: leg.spare.session_id });
    if (one.gone !== 'archived') return assertRefused(one.call, [404, one.gone ?? 'browser_gone'], { route: one.route, on, madeByNoVm: true });
    // The client that asks the VM's gateway is told to ask elsewhere; the control plane has the archive.
    const [through, direct] = await onBothLegs((leg) => request(on(leg), one.call));
    assert.deepEqual([through.record.status, through.record.headers['content-type']], [one.status, one.type]);
    assert.deepEqual([direct.record.status, JSON.parse(direct.record.body).code], [404, 'browser_gone']);
  });

for (const name of Object.keys(notServed))
  test(`${name} is not served, and says so`, async () => {
    const call = async (leg) => methodOf(leg.client, name)(...await argumentsOf(name, leg));
    await assertRefused(call, [501, 'not_implemented'], { route: 'control' });
  });
