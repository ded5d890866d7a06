// Events of every category against the types of the official SDK: the events that arrived become literals in
// a TypeScript program, and the compiler tells whether the SDK's types have each of them, field for field.
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { after, test } from 'node:test';
import { fileURLToPath } from 'node:url';
import { reference, startWorld } from './world.mjs';

// This SDK's version does not declare these types, which are newer or Wye's own.
const UNDECLARED_TYPES = ['page_crashed', 'telemetry_dropped', 'telemetry_stopped', 'telemetry_damaged', 'archive_incomplete', 'platform_api_call', 'cdp_command', 'captcha_solve_started', 'captcha_challenge_result', 'proxy_error'];
const UNDECLARED_FIELDS = { cdp_connect: ['connection_id'], cdp_disconnect: ['connection_id', 'telemetry_dropped', 'telemetry_excluded'] };
const CANNOT_HAPPEN_HERE = ['live_view_connect', 'live_view_disconnect', 'captcha_solve_result', 'monitor_reconnect_failed', 'monitor_init_failed', 'system_oom_kill'];

const conformance = fileURLToPath(new URL('..', import.meta.url));
const icon = '<link rel=icon href=data:,>';
let world;
after(() => world?.stop());

/** Names of types that the SDK's union holds. */
function declared() {
  const text = execFileSync('cat', [join(conformance, 'node_modules/@onkernel/sdk/resources/browsers/telemetry.d.ts')], { encoding: 'utf8' });
  return [...text.matchAll(/^    type: '(\w+)';/gm)].map((found) => found[1]);
}

test('the reference knows every type of the SDK, in its category', () => {
  for (const type of declared()) assert.ok(reference.has(type), type);
  for (const type of reference.keys()) assert.ok(declared().includes(type) || UNDECLARED_TYPES.includes(type), `${type} is neither declared nor known to be newer`);
});

test('the SDK types every event of a session with everything on', async () => {
  world = await startWorld({
    categories: ['network', 'console', 'page', 'interaction', 'screenshot'],
    pages: {
      '/': `<!doctype html>${icon}<title>all</title><style>body{margin:0}#box{height:0}</style><div id=box></div><h1 id=big>A heading</h1>
        <button style="position:fixed;left:10px;top:10px;width:100px;height:30px">press</button><input style="position:fixed;left:10px;top:60px"><div style="height:3000px"></div>
        <script>console.log('log', { a: 1 }); console.error('error'); setTimeout(() => { throw new Error('boom'); }, 0); fetch('/json', { method: 'POST', body: '{}' }); fetch('/away'); fetch('http://no-such.invalid').catch(() => {});
        // A layout that was never painted does not shift.
        new PerformanceObserver(() => setTimeout(() => { document.getElementById('box').style.height = '300px'; }, 50)).observe({ type: 'paint', buffered: true });</script>`,
      '/json': { type: 'application/json', body: '{"a":1}' },
      '/away': (_, response) => response.writeHead(302, { Location: '/json' }).end(),
    },
  });
  const page = await world.devtools.open();
  await page.go(world.site.url('/'));
  for (const type of ['page_layout_shift', 'page_lcp', 'network_loading_failed']) await world.untilType(type);
  await page.click(30, 20);
  await page.click(30, 70);
  await page.press('k');
  await page.call('Input.dispatchMouseEvent', { type: 'mouseWheel', x: 600, y: 300, deltaX: 0, deltaY: 200 });
  for (const type of ['interaction_key', 'interaction_scroll_settled', 'page_navigation_settled', 'network_idle', 'monitor_screenshot']) await world.untilType(type);
  await world.client.browsers.curl(world.id, { url: world.site.url('/json') });
  await world.devtools.call('Browser.crash').catch(() => {});
  for (const type of ['monitor_reconnected', 'service_crashed']) await world.untilType(type);
  await world.reconnect();
  const events = (await world.endAndCompare()).filter(({ event }) => event.type !== 'mark');

  const seen = new Set(events.map(({ event }) => event.type));
  assert.deepEqual(declared().filter((type) => !seen.has(type) && !CANNOT_HAPPEN_HERE.includes(type)), [], 'every type that can happen did');
  const literals = events.filter(({ event }) => !UNDECLARED_TYPES.includes(event.type)).map((envelope) => {
    for (const field of UNDECLARED_FIELDS[envelope.event.type] ?? []) delete envelope.event.data?.[field];
    if (envelope.event.data && Object.keys(envelope.event.data).length === 0) delete envelope.event.data;
    if (envelope.event.data?.png) envelope.event.data.png = envelope.event.data.png.slice(0, 16);
    return JSON.stringify(envelope);
  });
  const compiles = (lines) => {
    const folder = mkdtempSync(join(conformance, 'node_modules/.wye-types-'));
    try {
      writeFileSync(join(folder, 'events.ts'), `import type { TelemetryEventsResponse } from '@onkernel/sdk/resources/browsers/telemetry';\nexport const events: TelemetryEventsResponse[] = [\n${lines.join(',\n')}\n];\n`);
      execFileSync(process.execPath, [join(conformance, 'node_modules/typescript/bin/tsc'), '--noEmit', '--strict', '--skipLibCheck', '--target', 'es2022', '--module', 'nodenext', '--moduleResolution', 'nodenext', join(folder, 'events.ts')], { encoding: 'utf8' });
      return '';
    } catch (failed) {
      return failed.stdout || String(failed);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  };
  assert.equal(compiles(literals), '');
  assert.notEqual(compiles([literals[0].replace('"type":"', '"type":"no_')]), '', 'the compiler does check');
});
