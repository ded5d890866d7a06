// The category console: what a page logs and throws, with arguments and stacks.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { essence, startWorld } from './world.mjs';

const icon = '<link rel=icon href=data:,>';
const thrower = `<!doctype html>${icon}<script>
function deep() { throw new TypeError('boom'); }
function outer() { deep(); }
setTimeout(outer, 0);
</script>`;
let world, page;

before(async () => {
  world = await startWorld({
    categories: ['console'],
    pages: {
      '/': `<!doctype html>${icon}`,
      '/thrower': thrower,
      '/rejects': `<!doctype html>${icon}<script>Promise.reject(new RangeError('too far')); Promise.reject('words')</script>`,
      '/frames': `<!doctype html>${icon}<script>console.log('top')</script><iframe src=/inner></iframe><script>new Worker('/worker.js')</script>`,
      '/inner': '<!doctype html><script>console.log("inner")</script>',
      '/worker.js': { type: 'text/javascript', body: 'console.warn("from a worker"); setTimeout(() => { throw new Error("worker boom") }, 0)' },
      '/syntax': `<!doctype html>${icon}<script>\n\n  let = ;</script>`,
    },
  });
  page = await world.devtools.first();
  await page.go(world.site.url('/'));
});
after(() => world?.stop());

test('a page that says nothing is told nothing of', async () => {
  await world.mark();
  assert.deepEqual(world.seen('console'), []);
});

test('every argument as the console shows it', async () => {
  await page.run(`console.log('first %s', 'x', 1, -0, NaN, 12345678901234567890n, true, null, undefined, Symbol('s'), { a: 1, b: 'q', c: { d: 1 } }, [1, 'two'], new Error('made').message, function named() {}, document.body, new Date(0).toISOString())`);
  const told = await world.untilType('console_log', (data) => data.text.startsWith('first'));
  assert.deepEqual(essence(told), {
    type: 'console_log', target_type: 'page', nav_seq: 1, url: world.site.url('/'), level: 'log', text: 'first %s',
    args: ['first %s', 'x', '1', '-0', 'NaN', '12345678901234567890n', 'true', 'null', 'undefined', 'Symbol(s)',
           '{a: 1, b: "q", c: Object}', '[1, "two"]', 'made', 'function named() {}', 'body', '1970-01-01T00:00:00.000Z'],
  });
  assert.equal(told.event.source.event, 'Runtime.consoleAPICalled');
});

test('levels are DevTools\', and only console.error is an error', async () => {
  await page.run(`for (const level of ['debug', 'info', 'warn', 'error', 'trace', 'table', 'assert', 'count', 'dir', 'group']) console[level](level === 'assert' ? false : 'as ' + level)`);
  await world.untilType('console_log', (data) => data.level === 'startGroup');
  const since = world.seen('console').slice(1).map(({ event }) => [event.type, event.data.level]);
  assert.deepEqual(since, [['console_log', 'debug'], ['console_log', 'info'], ['console_log', 'warning'], ['console_error', 'error'], ['console_log', 'trace'],
                           ['console_log', 'table'], ['console_log', 'assert'], ['console_log', 'count'], ['console_log', 'dir'], ['console_log', 'startGroup']]);
});

test('an uncaught error has its place and its stack', async () => {
  await page.go(world.site.url('/thrower'));
  const told = await world.untilType('console_error', (data) => /boom/.test(data.text));
  assert.deepEqual(essence(told), {
    type: 'console_error', target_type: 'page', nav_seq: 2, url: world.site.url('/thrower'),
    text: 'Uncaught TypeError: boom', line: 1, column: 24, source_url: world.site.url('/thrower'),
  });
  assert.deepEqual(told.event.data.stack_trace.callFrames.map(({ functionName, lineNumber }) => [functionName, lineNumber]), [['deep', 1], ['outer', 2]]);
  assert.equal(told.event.source.event, 'Runtime.exceptionThrown');
});

test('rejections and scripts that do not parse', async () => {
  await page.go(world.site.url('/rejects'));
  await world.untilType('console_error', (data) => data.text === 'Uncaught (in promise) RangeError: too far');
  await world.untilType('console_error', (data) => data.text === 'Uncaught (in promise) words');
  await page.go(world.site.url('/syntax'));
  const told = await world.untilType('console_error', (data) => /SyntaxError/.test(data.text));
  assert.deepEqual([told.event.data.text, told.event.data.line], ["Uncaught SyntaxError: Unexpected token ';'", 2]);
});

test('frames and workers speak for themselves', async () => {
  await page.go(world.site.url('/frames'));
  const [top, inner, worker, boom] = [await world.untilType('console_log', (data) => data.text === 'top'), await world.untilType('console_log', (data) => data.text === 'inner'),
    await world.untilType('console_log', (data) => data.text === 'from a worker'), await world.untilType('console_error', (data) => /worker boom/.test(data.text))];
  assert.deepEqual([top, inner, worker, boom].map(({ event }) => [event.data.target_type, event.data.url]), [
    ['page', world.site.url('/frames')], ['page', world.site.url('/inner')], ['other', world.site.url('/worker.js')], ['other', world.site.url('/worker.js')],
  ]);
  assert.notEqual(top.event.data.frame_id, inner.event.data.frame_id);
});

test('half surrogate pairs, control characters and long texts come cut and whole', async () => {
  await page.run(`console.log('\\ud800|\\udc00|\\ud83d\\ude00|\\0|"\\\\')`);
  await world.untilType('console_log', (data) => data.text === '\ufffd|\ufffd|😀|\0|"\\');
  await page.run(`console.log('é'.repeat(600000), 'a' + 'é'.repeat(5000), 'b'.repeat(8192), 'c'.repeat(8193))`);
  const { event } = await world.untilType('console_log', (data) => data.args.length === 4);
  assert.deepEqual(event.data.args, ['é'.repeat(4096) + '...[truncated]', 'a' + 'é'.repeat(4095) + '...[truncated]', 'b'.repeat(8192), 'c'.repeat(8192) + '...[truncated]']);
});

test('what was said before telemetry was on is not news', async () => {
  await world.client.browsers.update(world.id, { telemetry: { browser: { console: { enabled: false } } } });
  await page.run(`console.log('while it was off')`);
  await world.client.browsers.update(world.id, { telemetry: { browser: world.on(['console']) } });
  await page.run(`console.log('while it is on again')`);
  await world.untilType('console_log', (data) => data.text === 'while it is on again');
  assert.ok(!world.seen('console').some(({ event }) => event.data.text === 'while it was off'));
});

test('stream, pages and archive tell the same', async () => {
  await world.endAndCompare();
});
