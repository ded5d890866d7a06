// The kernel kills a page's process for its memory: the event has what the kernel reports, and the session
// goes on.
import assert from 'node:assert/strict';
import { accessSync, constants, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { after, test } from 'node:test';
import { startWorld } from './world.mjs';

/** Where limits can be set and the kernel's log be read; an ordinary user can do neither. */
function whyNot() {
  try {
    accessSync('/dev/kmsg', constants.R_OK);
    accessSync(existsSync('/sys/fs/cgroup/memory') ? '/sys/fs/cgroup/memory' : '/sys/fs/cgroup', constants.W_OK);
    return process.getuid() === 0 ? false : 'needs root';
  } catch {
    return 'the kernel\'s log or the memory cgroup is not ours here';
  }
}
let world;
after(() => world?.stop());

test('an out-of-memory kill is told, the page as crashed, and the session lives', { skip: whyNot() }, async () => {
  world = await startWorld({ categories: ['page'], pages: { '/': '<!doctype html><link rel=icon href=data:,><title>eats</title>' } });
  const page = await world.devtools.open(world.site.url('/'));
  await world.untilType('page_load', (data) => data.target_id === page.targetId);
  const one = `/sys/fs/cgroup/memory/wye/${world.id}`;
  const [limit, usage] = existsSync(one) ? [`${one}/memory.limit_in_bytes`, `${one}/memory.usage_in_bytes`]
    : [`/sys/fs/cgroup/wye/${world.id}/memory.max`, `/sys/fs/cgroup/wye/${world.id}/memory.current`];
  writeFileSync(limit, String(Number(readFileSync(usage, 'utf8')) + (200 << 20)));
  page.run(`{ const kept = []; const eat = () => { for (let i = 0; i < 8; ++i) kept.push(new Uint8Array(4 << 20).fill(i + 1)); setTimeout(eat, 1); }; setTimeout(eat, 0); } 0`).catch(() => {});
  const { event } = await world.untilType('system_oom_kill');
  assert.equal(event.data.process_name, 'chromium');
  assert.equal(event.data.constraint, 'memcg');
  assert.ok(event.data.pid > 1 && event.data.rss_kb > 50_000, JSON.stringify(event.data));
  assert.ok(Math.abs(event.data.mem_total_kb * 1024 - Number(readFileSync(limit, 'utf8'))) < 1 << 20);
  assert.ok(event.data.top_tasks.length > 0 && event.data.top_tasks.length <= 5);
  assert.deepEqual(event.source, { kind: 'local_process' });
  await world.untilType('page_crashed', (data) => data.target_id === page.targetId);
  writeFileSync(limit, String(4 * 2 ** 30));
  const next = await world.devtools.open(world.site.url('/'));
  await world.untilType('page_load', (data) => data.target_id === next.targetId);
  await world.endAndCompare();
});
