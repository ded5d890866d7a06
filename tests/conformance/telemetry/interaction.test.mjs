// The category interaction: a user's input, reported without the page noticing.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { essence, startWorld } from './world.mjs';

const icon = '<link rel=icon href=data:,>';
const html = (body) => `<!doctype html>${icon}<style>body { margin: 0 } .at { position: absolute; width: 100px; height: 30px }</style>${body}`;
let world, page;

before(async () => {
  world = await startWorld({
    categories: ['interaction'],
    pages: {
      '/': html(`<div id=list><span>one</span><button class=at style="left:10px;top:10px"> Press <b>me</b> </button></div>
        <input id=name class=at style="left:10px;top:60px"><input id=word type=password class=at style="left:10px;top:110px">
        <label class=at style="left:10px;top:160px" id=lab>Agree<input type=checkbox id=box></label>
        <div id=stop class=at style="left:10px;top:210px">swallows</div>
        <div id=scroller class=at style="left:200px;top:10px;height:200px;overflow:auto"><div style="height:2000px">long</div></div>
        <div style="height:3000px"></div>
        <script>addEventListener('click', (event) => event.stopImmediatePropagation(), true);</script>`),
      '/shadow': html(`<open-box class=at style="left:10px;top:10px"></open-box><closed-box class=at style="left:10px;top:60px"></closed-box><form id=f class=at style="left:10px;top:110px"><input name=parentElement><input name=localName><input name=id style="width:90px"></form>
        <script>for (const mode of ['open', 'closed']) customElements.define(mode + '-box', class extends HTMLElement {
          constructor() { super(); this.attachShadow({ mode }).innerHTML = '<input style="width:90px">'; } });</script>`),
      '/csp': { body: html('<button class=at style="left:10px;top:10px">safe</button>'), headers: { 'Content-Security-Policy': "default-src 'none'; style-src 'unsafe-inline'; sandbox allow-scripts" } },
      '/framed': html(`<iframe src=/inner class=at style="left:10px;top:10px;width:300px;height:200px;border:0"></iframe>
        <iframe id=other class=at style="left:10px;top:310px;width:300px;height:200px;border:0"></iframe>
        <script>addEventListener('message', (event) => { if (event.source === document.getElementById('other').contentWindow) self.reached = true; })</script>`),
      '/inner': html('<button id=deep class=at style="left:20px;top:20px">inside</button><script>addEventListener("mousemove", () => parent.postMessage("moved", "*"))</script>'),
      '/written': html('<script>addEventListener("load", () => setTimeout(() => { document.open(); document.write("<button style=\\"position:absolute;left:10px;top:10px;width:100px;height:30px\\">written</button>"); document.close(); document.title = "written"; }, 0))</script>'),
    },
  });
  page = await world.devtools.first();
  await show('/');
});
after(() => world?.stop());

const show = async (path) => {
  await page.go(world.site.url(path));
  await page.run('new Promise((resolve) => document.readyState === "complete" ? resolve() : addEventListener("load", resolve))');
};
const told = () => world.seen('interaction').map((envelope) => essence(envelope, 'target_type', 'nav_seq', 'url'));
const since = (count) => told().slice(count);

test('nobody did anything, nothing is told', async () => {
  await world.mark();
  assert.deepEqual(told(), []);
});

test('a click: where, on what, with its text, though the page swallows it', async () => {
  await page.click(30, 20);
  const click = await world.untilType('interaction_click');
  assert.deepEqual(essence(click), {
    type: 'interaction_click', target_type: 'page', nav_seq: 1, url: world.site.url('/'),
    x: 30, y: 20, selector: '#list > button', tag: 'BUTTON', text: 'Press me',
  });
  assert.equal(click.event.data.frame_id, page.targetId);
  assert.equal(click.event.source.event, 'Runtime.bindingCalled');
});

test('a click of a script is nobody\'s; a label\'s is one', async () => {
  const count = told().length;
  await page.run(`document.querySelector('button').click(); document.getElementById('stop').dispatchEvent(new MouseEvent('click', { bubbles: true }))`);
  await page.click(20, 170);
  await world.untilType('interaction_click', (data) => data.tag === 'LABEL');
  assert.equal(await page.run('document.getElementById("box").checked'), true);
  await world.mark();
  assert.deepEqual(since(count).map(({ tag }) => tag), ['LABEL']);
});

test('keys, but none in a password field, nor after it is shown', async () => {
  const count = told().length;
  await page.click(20, 70);
  await page.press('a');
  await page.press('Enter', '\r');
  await page.click(20, 120);
  await page.press('s');
  await page.run(`document.getElementById('word').type = 'text'`);
  await page.press('t');
  await page.click(20, 70);
  await page.press('z');
  await world.untilType('interaction_key', (data) => data.key === 'z');
  assert.equal(await page.run('document.getElementById("word").value'), 'st');
  assert.deepEqual(since(count).filter(({ type }) => type === 'interaction_key'), ['a', 'Enter', 'z'].map((key) => ({ type: 'interaction_key', key, selector: '#name', tag: 'INPUT' })));
  assert.ok(!JSON.stringify(world.events).includes('"st"'));
});

test('a scroll from where it began to where it came to rest; a script\'s is nobody\'s', async () => {
  const wheel = (x, y, deltaY) => page.call('Input.dispatchMouseEvent', { type: 'mouseWheel', x, y, deltaX: 0, deltaY });
  await wheel(600, 300, 100);
  await wheel(600, 300, 150);
  const first = await world.untilType('interaction_scroll_settled');
  assert.deepEqual(essence(first, 'target_type', 'nav_seq', 'url'), { type: 'interaction_scroll_settled', from_x: 0, from_y: 0, to_x: 0, to_y: 250, target_selector: 'html' });
  await page.run('new Promise((resolve) => setTimeout(resolve, 1600))');  // the user's input is now some time ago
  await page.run(`scrollTo(0, 40); new Promise((resolve) => setTimeout(resolve, 500))`);
  await wheel(600, 300, 100);
  const second = await world.untilType('interaction_scroll_settled', (data) => data.to_y === 140);
  assert.equal(second.event.data.from_y, 40);
  await page.run(`scrollTo(0, 0)`);
  await wheel(220, 50, 120);
  const inside = await world.untilType('interaction_scroll_settled', (data) => data.target_selector === '#scroller');
  assert.deepEqual([inside.event.data.from_y, inside.event.data.to_y], [0, 120]);
  await world.mark();
  assert.equal(world.seen('interaction_scroll_settled').filter(({ event }) => event.data.target_selector === 'html' && event.data.to_y === 40).length, 0);
});

test('open shadow roots are looked into, closed ones are not listened to, a form\'s fields do not mislead', async () => {
  await show('/shadow');
  const count = told().length;
  await page.click(30, 20);
  await page.press('o');
  await page.click(30, 70);
  await page.press('c');
  await page.run('document.querySelector("[name=id]").focus()');
  await page.press('f');
  await world.untilType('interaction_key', (data) => data.key === 'f');
  assert.deepEqual(since(count).map(({ type, key, tag, selector }) => [type, key ?? tag, selector]), [
    ['interaction_click', 'INPUT', 'input'], ['interaction_key', 'o', 'input'], ['interaction_click', 'CLOSED-BOX', 'html > body > closed-box'],
    ['interaction_key', 'f', '#f > input:nth-of-type(3)'],
  ]);
});

test('frames, of the page\'s process and of another, sandboxed pages and rewritten ones', async () => {
  await show('/framed');
  await page.run(`new Promise((resolve) => { const frame = document.getElementById('other'); frame.onload = resolve; frame.src = '${world.site.url('/inner', '10.0.2.2')}'; })`);
  await page.click(40, 40);
  const same = await world.untilType('interaction_click', (data) => data.url === world.site.url('/inner'));
  assert.deepEqual([same.event.data.x, same.event.data.y, same.event.data.selector, same.event.data.text], [30, 30, '#deep', 'inside']);
  assert.notEqual(same.event.data.frame_id, page.targetId);
  // A frame of another process gets no input until Chromium's compositor knows where the frame is, and
  // nothing reports that.
  for (let x = 40; !await page.run('self.reached === true'); x = 81 - x) await page.call('Input.dispatchMouseEvent', { type: 'mouseMoved', x, y: 340 });
  await page.click(40, 340);
  const other = await world.untilType('interaction_click', (data) => data.url === world.site.url('/inner', '10.0.2.2'));
  assert.deepEqual([other.event.data.target_type, other.event.data.x, other.event.data.y, other.event.data.selector], ['other', 30, 30, '#deep'], 'a frame of another process has a target of its own');
  await show('/csp');
  await page.click(20, 20);
  await world.untilType('interaction_click', (data) => data.text === 'safe');
  await page.go(world.site.url('/written'));
  await page.run('new Promise((resolve) => { const look = () => document.title === "written" ? resolve() : setTimeout(look, 10); look(); })');
  await page.click(20, 20);
  await world.untilType('interaction_click', (data) => data.text === 'written');
});

test('switched off and on again, on the page that is there', async () => {
  const browser = (enabled) => world.client.browsers.update(world.id, { telemetry: { browser: { interaction: { enabled } } } });
  await show('/inner');
  await browser(false);
  const count = told().length;
  await page.click(30, 30);
  await browser(true);
  await page.click(31, 31);
  await world.untilType('interaction_click', (data) => data.x === 31);
  assert.deepEqual(since(count).map(({ x }) => x), [31]);
});

test('stream, pages and archive tell the same', async () => {
  await world.endAndCompare();
});
