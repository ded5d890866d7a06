// The category screenshot: a whole PNG of the visible page every 5 s, made to fit into a record.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { inflateSync } from 'node:zlib';
import { startWorld } from './world.mjs';

const icon = '<link rel=icon href=data:,>';
let world, page;

/** Size and first pixel of a PNG whose every chunk is there; throws for one that is cut. */
function decode(base64) {
  const png = Buffer.from(base64, 'base64');
  assert.deepEqual([...png.subarray(0, 8)], [0x89, 0x50, 0x4e, 0x47, 13, 10, 26, 10]);
  const data = [];
  let at = 8, header, ended = false;
  while (at < png.length) {
    const length = png.readUInt32BE(at), type = png.toString('latin1', at + 4, at + 8);
    const chunk = png.subarray(at + 8, at + 8 + length);
    if (type === 'IHDR') header = { width: chunk.readUInt32BE(0), height: chunk.readUInt32BE(4), channels: chunk[9] === 6 ? 4 : 3 };
    if (type === 'IDAT') data.push(chunk);
    if (type === 'IEND') ended = true;
    at += 12 + length;
  }
  assert.ok(ended && at === png.length, 'the picture is whole');
  const raw = inflateSync(Buffer.concat(data));
  assert.equal(raw.length, header.height * (1 + header.width * header.channels));
  return { ...header, bytes: png.length, pixel: [...raw.subarray(1, 4)] };
}

before(async () => {
  world = await startWorld({
    categories: [],
    pages: {
      '/red': `<!doctype html>${icon}<style>body{margin:0;background:rgb(255,0,0)}</style>`,
      '/green': `<!doctype html>${icon}<style>body{margin:0;background:rgb(0,255,0)}</style>`,
      '/noise': `<!doctype html>${icon}<style>body{margin:0}</style><canvas width=1920 height=1000></canvas><script>
        const paint = document.querySelector('canvas').getContext('2d'), data = paint.createImageData(1920, 1000);
        for (let i = 0; i < data.data.length; ++i) data.data[i] = Math.random() * 256;
        paint.putImageData(data, 0, 0);
        window.seen = []; addEventListener('resize', () => seen.push('resize'));
        let last = [innerWidth, innerHeight, devicePixelRatio].join();
        (function look() { const now = [innerWidth, innerHeight, devicePixelRatio].join(); if (now !== last) seen.push(now); last = now; requestAnimationFrame(look); })();
      </script>`,
    },
  });
  page = await world.devtools.first();
  await page.go(world.site.url('/red'));
  await page.run(`new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)))`);
});
after(() => world?.stop());

test('off, none is taken; on, the first comes at once, the next 5 s later', async () => {
  await world.mark();
  assert.deepEqual(world.seen('screenshot'), []);
  await world.agent('PUT', '/telemetry', { browser: world.on(['control', 'connection', 'screenshot']) });
  const first = await world.untilType('monitor_screenshot');
  const shot = decode(first.event.data.png);
  assert.deepEqual(shot.pixel, [255, 0, 0]);
  assert.equal(shot.width, await page.run('innerWidth'));
  assert.equal(first.event.source.metadata.target_id, page.targetId);
  const second = await world.until((event, seq) => event.type === 'monitor_screenshot' && seq > first.seq);
  const apart = (second.event.ts - first.event.ts) / 1000;
  assert.ok(apart > 4000 && apart < 12_000, `${apart} ms`);
});

test('of several tabs the visible one; and what would be too large is smaller, whole, and unseen by the page', async () => {
  const noisy = await world.devtools.open(world.site.url('/noise'));
  const taken = await world.untilType('monitor_screenshot', (data, event) => event.source.metadata.target_id === noisy.targetId && decode(data.png).bytes > 100_000);
  const shot = decode(taken.event.data.png);
  assert.ok(shot.width < 1500 && shot.width > 200, `${shot.width}`);
  assert.ok(Math.abs(shot.width / shot.height - await noisy.run('innerWidth / innerHeight')) < 0.02);
  assert.ok(JSON.stringify(taken).length < 1 << 20);
  assert.equal(taken.event.truncated, undefined);
  assert.deepEqual(await noisy.run('seen'), []);
  const green = await world.devtools.open(world.site.url('/green'));
  const again = await world.untilType('monitor_screenshot', (data, event) => event.source.metadata.target_id === green.targetId);
  assert.deepEqual(decode(again.event.data.png).pixel, [0, 255, 0]);
  await world.devtools.call('Target.activateTarget', { targetId: page.targetId });
  const back = await world.until((event, seq) => event.type === 'monitor_screenshot' && seq > again.seq && event.source.metadata.target_id === page.targetId);
  assert.deepEqual(decode(back.event.data.png).pixel, [255, 0, 0]);
});

test('a page that hangs, in a loop or in a dialog, withholds no picture of the others', async () => {
  for (const hang of ['for (;;);', 'alert(1)']) {
    const stuck = await world.devtools.open(world.site.url('/green'));
    stuck.run(hang).catch(() => {});
    const began = Date.now();
    await world.devtools.call('Target.activateTarget', { targetId: page.targetId });
    const seen = await world.mark();
    const taken = await world.until((event, seq) => event.type === 'monitor_screenshot' && seq > seen && event.source.metadata.target_id === page.targetId);
    assert.deepEqual(decode(taken.event.data.png).pixel, [255, 0, 0]);
    assert.ok(Date.now() - began < 15_000, `${hang}: ${Date.now() - began} ms`);
    await world.devtools.call('Target.closeTarget', { targetId: stuck.targetId });
  }
});

test('stream, pages and archive tell the same', async () => {
  await world.endAndCompare();
});
