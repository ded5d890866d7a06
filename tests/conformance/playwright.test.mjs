// Code beside the browser: the official SDK unchanged, both legs, executors, and code that means harm.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import Kernel from '@onkernel/sdk';
import { startSite, startTogether, startWye } from './server.mjs';

let wye, site, client, browser, jwt;

before(async () => {
  [wye, site] = await startTogether(startWye(), startSite());
  client = new Kernel({ apiKey: wye.apiKey, baseURL: wye.baseURL });
  browser = await client.browsers.create({ headless: true, timeout_seconds: 300, telemetry: { enabled: true } });
  jwt = new URL(browser.cdp_ws_url).searchParams.get('jwt');
});
after(async () => {
  await wye?.stop();
  await site?.stop();
});

const legs = () => [
  { name: 'through the control plane', base: `${wye.baseURL}/browsers/${browser.session_id}`, key: wye.apiKey },
  { name: 'direct', base: browser.base_url, key: jwt },
];
async function call(leg, method, path, body, signal) {
  const answer = await fetch(`${leg.base}/${path}`, {
    method, signal, headers: { authorization: `Bearer ${leg.key}`, ...(body ? { 'content-type': 'application/json' } : {}) },
    ...(body ? { body: typeof body === 'string' ? body : JSON.stringify(body) } : {}) });
  const text = await answer.text();
  return { status: answer.status, type: answer.headers.get('content-type'), retry: answer.headers.get('x-should-retry'),
           source: answer.headers.get('x-wye-source'), text, json: text && JSON.parse(text) };
}
const run = async (code, more = {}) => (await call(legs()[0], 'POST', 'playwright/execute', { code, ...more })).json;
async function appears(file, more) {
  for (let there = false; !there;) {
    const answer = await run(`return require('fs').existsSync('${file}')`, more);
    assert.equal(answer.success, true, JSON.stringify(answer));
    there = answer.result;
  }
}

test('the SDK runs TypeScript with page, context and browser', async () => {
  const answer = await client.browsers.playwright.execute(browser.session_id, {
    code: `const to: string = ${JSON.stringify(site.url('/'))};
           await page.goto(to);
           console.log('there'); console.error('and there');
           return { title: await page.title(), same: context === page.context(), version: typeof browser.version() };`,
    timeout_sec: 30 });
  assert.deepEqual(answer, { success: true, result: { title: 'A small site', same: true, version: 'string' },
                             stdout: 'there\n', stderr: 'and there\n' });
});

test('both legs give the same answer, field by field', async () => {
  const bodies = [{ code: 'return [1, "two", null]' }, { code: 'throw new Error("no")' }, { code: 'console.log(1)' }, { code: 'return (' },
                  {}, { code: '' }, { code: 5 }, { code: '1', timeout_sec: 0 }, { code: '1', timeout_sec: 301 }, { code: '1', timeout_sec: 1.5 },
                  { code: '1', executor: '' }, { code: '1', executor: '../x' }, { code: '1', executor: 'x'.repeat(65) }, '[]', '{'];
  for (const body of bodies) {
    const [one, other] = [await call(legs()[0], 'POST', 'playwright/execute', body), await call(legs()[1], 'POST', 'playwright/execute', body)];
    assert.deepEqual(one, other, JSON.stringify(body));
    assert.equal(one.source, 'agent');
  }
  const refused = bodies.slice(4);
  for (const body of refused) {
    const { status, json } = await call(legs()[1], 'POST', 'playwright/execute', body);
    assert.equal(status, 400, JSON.stringify(body));
    assert.ok(json.code && json.message, JSON.stringify(json));
  }
});

test('what cannot be JSON fails, and what is undefined is left out', async () => {
  assert.deepEqual(await run('return undefined'), { success: true });
  assert.deepEqual(await run('return null'), { success: true, result: null });
  for (const code of ['const a = {}; a.a = a; return a', 'return 10n', 'return () => 1', 'return { get x() { throw new Error("getter") } }',
                      'return "x".repeat(17 << 20)']) {
    const answer = await run(code);
    assert.equal(answer.success, false, code);
    assert.ok(answer.error, code);
  }
  assert.equal((await run('let deep = 1; for (let i = 0; i < 400; i++) deep = [deep]; return deep')).success, true);
  assert.match((await run('let deep = 1; for (let i = 0; i < 1000; i++) deep = [deep]; return deep')).error, /no JSON/);
});

test('each call begins with the same globals', async () => {
  await run('globalThis.left = 1; leaked = 2');
  assert.deepEqual((await run('return [typeof left, typeof leaked]')).result, ['undefined', 'undefined']);
  await run('Object.prototype.toJSON = () => "forged"; Array.prototype.push = () => 0; JSON.stringify = () => "{}"; Promise.prototype.then = null');
  assert.deepEqual((await run('return { list: [1].concat(2) }')).result, { list: [1, 2] });
});

test('page is the tab that was used last', async () => {
  await run('const other = await context.newPage(); await other.goto("data:text/html,<title>second</title>"); await other.bringToFront()');
  assert.equal((await run('return page.title()')).result, 'second');
  await run('await page.close()');
  assert.equal((await run('return page.title()')).result, 'A small site');
});

test('code is stopped at its time limit, and really', async () => {
  for (const code of ['while (true) {}', 'await new Promise(() => {})', 'for (;;) console.log("x".repeat(1000))', 'for (;;) await page.title()']) {
    const began = performance.now();
    const answer = await run(code, { timeout_sec: 1 });
    assert.match(answer.error, /time limit of 1 s/, code);
    assert.ok(performance.now() - began < 10_000);
    assert.ok((answer.stdout ?? '').length < 1_100_000);
  }
  // What it has started in sessions of its own is stopped, too.
  const beat = '/tmp/beat';
  await run(`require('child_process').spawn('setsid', ['sh', '-c', 'while :; do date +%s%N > ${beat}; done'], { detached: true }).unref();
             while (!require('fs').existsSync('${beat}')); while (true) {}`, { timeout_sec: 2 });
  const { result: [one, two] } = await run(`const read = () => require('fs').readFileSync('${beat}', 'utf8');
    const one = read(); await page.waitForTimeout(300); return [one, read()]`);
  assert.equal(one, two);
});

test('a client that goes away ends its code, and the next call is served', async () => {
  const gone = new AbortController();
  const file = '/tmp/lives';
  const asked = call(legs()[1], 'POST', 'playwright/execute',
                     { code: `require('fs').writeFileSync('${file}', ''); await new Promise(() => {})`, executor: 'left' }, gone.signal);
  await appears(file);
  gone.abort();
  await assert.rejects(asked);
  assert.deepEqual((await run('return 1', { executor: 'left' })).result, 1);
  assert.equal((await call(legs()[1], 'DELETE', 'playwright/executors/left')).status, 204);
});

test('executors have a tab each, run side by side, and are listed and deleted', async () => {
  const first = await run('await page.goto("data:text/html,<title>mine</title>"); return page.title()', { executor: 'one' });
  assert.deepEqual([first.result, first.tab.created], ['mine', true]);
  const again = await run('return page.title()', { executor: 'one' });
  assert.deepEqual([again.result, again.tab], ['mine', { target_id: first.tab.target_id, created: false }]);
  assert.equal((await run('return page.title()')).result, 'A small site', 'its tab is not the active one');
  // A loop in one holds up no other.
  const blocked = run('while (true) {}', { executor: 'one', timeout_sec: 5 });
  assert.equal((await run('return 5', { executor: 'two' })).result, 5);
  const list = (await call(legs()[1], 'GET', 'playwright/executors')).json.executors;
  assert.deepEqual(list.map(({ name }) => name), ['default', 'one', 'two']);
  assert.deepEqual(list.map(({ busy }) => busy), [false, true, false]);
  assert.equal(list[1].target_id, first.tab.target_id);
  assert.match(list[1].url, /^data:/);
  assert.equal((await call(legs()[0], 'DELETE', 'playwright/executors/one')).status, 204);
  assert.match((await blocked).error, /deleted/);
  assert.equal((await call(legs()[0], 'DELETE', 'playwright/executors/one')).status, 404);
  const anew = await run('return page.url()', { executor: 'one' });
  assert.deepEqual([anew.result, anew.tab.created], ['about:blank', true]);
  assert.notEqual(anew.tab.target_id, first.tab.target_id);
  await run('await page.close()', { executor: 'two' });
  assert.equal((await run('return 1', { executor: 'two' })).tab.created, true, 'a closed tab is replaced');
  for (const name of ['c', 'd', 'e', 'f', 'g', 'h']) assert.deepEqual((await run('return 1', { executor: name })).result, 1, name);
  const ninth = await call(legs()[1], 'POST', 'playwright/execute', { code: 'return 1', executor: 'i' });
  assert.deepEqual([ninth.status, ninth.json.code, ninth.json.executors.length, ninth.retry], [409, 'conflict', 9, 'false']);
  for (const { name } of ninth.json.executors.slice(1))
    assert.equal((await call(legs()[1], 'DELETE', `playwright/executors/${name}`)).status, 204);
  assert.equal((await call(legs()[1], 'DELETE', 'playwright/executors/default?close_tab=maybe')).status, 400);
});

test('deleting the default executor restarts it', async () => {
  const file = '/tmp/restarts';
  const running = run(`require('fs').writeFileSync('${file}', ''); await new Promise(() => {})`);
  await appears(file, { executor: 'watch' });
  const waiting = run('return 7');
  assert.equal((await call(legs()[1], 'DELETE', 'playwright/executors/default')).status, 204);
  assert.match((await running).error, /restarted/);
  assert.equal((await waiting).result, 7);
});

test('code cannot reach the agent, nor take the VM with it', async () => {
  const sh = (line) => `return require('child_process').spawnSync('sh', ['-c', ${JSON.stringify(line)}], { encoding: 'utf8' }).stdout`;
  assert.equal((await run(sh('cat /proc/1/environ /proc/1/mem /proc/1/maps; ls /proc/1/fd /proc/1/cwd/'))).result, '');
  assert.equal((await run(sh('kill -9 1; id -u; unshare -U id -u; cat /proc/self/status | grep -E "Seccomp:|NoNewPrivs|CapEff"'))).result.replace(/\s+/g, ' '),
               '1000 CapEff: 0000000000000000 NoNewPrivs: 1 Seccomp: 2 ');
  assert.deepEqual((await run('return Object.keys(process.env).sort()')).result, ['HOME', 'LANG', 'PATH', 'TMPDIR']);
  assert.equal((await run('return require("fs").readdirSync("/proc/self/fd").filter((fd) => /socket|spool/.test(require("fs").readlinkSync("/proc/self/fd/0")))')).result.length, 0);
  assert.equal((await run('process.exit(3)')).success, false);
  assert.equal((await run('process.kill(process.pid, 9)')).success, false);
  assert.equal((await run('const all = []; for (;;) all.push(Buffer.alloc(1 << 26, 1))')).success, false);
  assert.equal((await run('const all = []; for (;;) all.push({ many: [1, 2, 3] })')).success, false);
  assert.equal((await run('const { spawn } = require("child_process"); for (let i = 0; i < 2000; i++) spawn("sleep", ["100"]).on("error", () => {}); while (true) {}', { timeout_sec: 3 })).success, false);
  for (const forged of ['ready 0\\n', 'result 1\\n1', 'result 999999999\\n', 'garbage', '\\n', 'result 2\\n{]', `${'x'.repeat(100)} 1\\n`]) {
    const answer = await run(`require('fs').writeSync(4, "${forged}"); await page.waitForTimeout(200); return 2`);
    assert.equal(answer.success, false, forged);
  }
  assert.deepEqual(await run('return 1'), { success: true, result: 1 });
  assert.equal((await call(legs()[1], 'GET', 'telemetry')).status, 200);
});

test('a Chromium that ends is found again by the next call', async () => {
  const during = await run(`const gone = new Promise((resolve) => browser.on('disconnected', resolve));
    const session = await browser.newBrowserCDPSession();
    await session.send('Browser.close').catch(() => {});
    await gone; throw new Error('it is gone')`);
  assert.equal(during.error, 'it is gone');
  assert.equal((await run('return page.url()')).result, 'about:blank');
});

test('telemetry tells the call with its code, cut when it is long', async () => {
  const long = `return 1 // ${'é'.repeat(6000)}`;
  await run(long);
  const events = [];
  for await (const { event } of client.browsers.telemetry.events(browser.session_id, { category: ['control'], order: 'desc' })) {
    events.push(event);
    if (events.length === 20) break;
  }
  const told = events.find(({ data }) => data.operation_id === 'executePlaywrightCode' && data.code?.startsWith('return 1 //'));
  assert.equal(told.type, 'api_call');
  assert.equal(told.data.status, 200);
  assert.ok(told.data.code.endsWith('...[truncated]') && Buffer.byteLength(told.data.code) <= 8192 + 14);
});
