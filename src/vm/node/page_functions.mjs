// The functions that a REPL's code has, bare and as members of `browser` (wire-api §23).
import { writeFile } from 'node:fs/promises';
import { drain, nextEvent, pages, send, sessionOf, state, toTab } from './devtools.mjs';

const KEYS = { Enter: [13, '\r'], Tab: [9, '\t'], Backspace: [8], Escape: [27], Delete: [46], Home: [36], End: [35], PageUp: [33], PageDown: [34],
               ArrowLeft: [37], ArrowUp: [38], ArrowRight: [39], ArrowDown: [40], ' ': [32, ' '] };

async function evaluate(expression, sessionId) {
  const run = (text) => {
    const params = { expression: text, returnByValue: true, awaitPromise: true, userGesture: true };
    return sessionId ? send('Runtime.evaluate', params, sessionId) : toTab('Runtime.evaluate', params);
  };
  let answer = await run(expression);
  if (/Illegal return/.test(answer.exceptionDetails?.exception?.description ?? '')) answer = await run(`(async () => {${expression}\n})()`);
  if (answer.exceptionDetails) throw new Error(answer.exceptionDetails.exception?.description ?? answer.exceptionDetails.text);
  return answer.result.value;
}
const waitMs = (ms) => new Promise((resolve) => setTimeout(resolve, ms));
async function until(check, timeoutMs) {
  for (const end = Date.now() + timeoutMs; ;) {
    if (await check()) return true;
    if (Date.now() > end) return false;
    await waitMs(50);
  }
}
const find = (selector) => `document.querySelector(${JSON.stringify(selector)})`;
async function centreOf(selector) {
  const at = await evaluate(`(() => { const e = ${find(selector)}; if (!e) return null; e.scrollIntoView({ block: 'center', inline: 'center' });
    const r = e.getBoundingClientRect(); return [r.x + r.width / 2, r.y + r.height / 2]; })()`);
  if (!at) throw new Error(`no element matches ${selector}`);
  return at;
}
async function nodeOf(selector) {
  const { root } = await toTab('DOM.getDocument', { depth: 0 });
  const { nodeId } = await toTab('DOM.querySelector', { nodeId: root.nodeId, selector });
  if (!nodeId) throw new Error(`no element matches ${selector}`);
  return nodeId;
}
const isReal = ({ url }) => !/^(chrome|devtools|chrome-extension|about):/.test(url);

/** Makes the functions; `emitImage` shows an image to the caller. */
export function makePageFunctions(emitImage) {
  const functions = {
    gotoUrl: (url) => toTab('Page.navigate', { url }),
    async pageInfo() {
      if (state.dialog) return { dialog: state.dialog };
      return evaluate('({ url: location.href, title: document.title, w: innerWidth, h: innerHeight, sx: scrollX, sy: scrollY, ' +
                      'pw: document.documentElement.scrollWidth, ph: document.documentElement.scrollHeight })');
    },
    async accessibilitySnapshot() {
      const { nodes } = await toTab('Accessibility.getFullAXTree');
      const byId = new Map(nodes.map((node) => [node.nodeId, node]));
      const lines = [];
      const show = (node, depth) => {
        const shown = !node.ignored && node.role?.value && !['none', 'generic', 'InlineTextBox'].includes(node.role.value);
        if (shown) lines.push(`${'  '.repeat(depth)}${node.role.value}${node.name?.value ? ` ${JSON.stringify(node.name.value)}` : ''}`);
        for (const id of node.childIds ?? []) if (byId.has(id)) show(byId.get(id), depth + (shown ? 1 : 0));
      };
      if (nodes.length) show(nodes[0], 0);
      return lines.join('\n');
    },
    waitMs,
    waitForLoad: (timeoutMs = 15_000) => until(async () => (await evaluate('document.readyState')) === 'complete', timeoutMs),
    waitForElement: (selector, { timeoutMs = 10_000, visible = false } = {}) => until(
        () => evaluate(`(() => { const e = ${find(selector)}; return !!e && (${!visible} || e.checkVisibility()); })()`), timeoutMs),
    async waitForNetworkIdle({ idleMs = 500, timeoutMs = 10_000 } = {}) {
      await toTab('Network.enable');
      for (const end = Date.now() + timeoutMs; Date.now() < end;)
        try {
          await nextEvent(({ method }) => method.startsWith('Network.'), idleMs);
        } catch {
          return true;
        }
      return false;
    },
    waitForEvent: (method, { timeoutMs = 10_000, predicate = () => true } = {}) => nextEvent(
        (event) => event.method === method && predicate(event.params), timeoutMs),
    async click(target, y, { button = 'left', clickCount = 1 } = {}) {
      const [x, at] = typeof target === 'number' ? [target, y] : await centreOf(target);
      for (const type of ['mouseMoved', 'mousePressed', 'mouseReleased'])
        await toTab('Input.dispatchMouseEvent', { type, x, y: at, ...(type === 'mouseMoved' ? {} : { button, clickCount }) });
    },
    async fillInput(selector, text) {
      await evaluate(`(() => { const e = ${find(selector)}; if (!e) throw new Error('no element matches'); e.focus(); e.select ? e.select() : document.execCommand('selectAll'); })()`);
      await (text === '' ? functions.pressKey('Delete') : toTab('Input.insertText', { text: String(text) }));
    },
    typeText: (text) => toTab('Input.insertText', { text: String(text) }),
    async pressKey(key, modifiers = 0) {
      const [code, text] = KEYS[key] ?? [key.toUpperCase().charCodeAt(0), key.length === 1 ? key : undefined];
      const common = { key, modifiers, windowsVirtualKeyCode: code, code: key.length === 1 ? `Key${key.toUpperCase()}` : key };
      await toTab('Input.dispatchKeyEvent', { type: text ? 'keyDown' : 'rawKeyDown', ...common, ...(text && !modifiers ? { text } : {}) });
      await toTab('Input.dispatchKeyEvent', { type: 'keyUp', ...common });
    },
    scroll: (x, y, deltaY = -300, deltaX = 0) => toTab('Input.dispatchMouseEvent', { type: 'mouseWheel', x, y, deltaX, deltaY }),
    js: async (expression, targetId) => evaluate(expression, targetId && await sessionOf(targetId)),
    listTabs: () => pages(),
    async currentTab() {
      const open = await pages();
      return open.find(({ targetId }) => targetId === state.tab) ?? open[0];
    },
    async switchTab(tab) {
      state.tab = tab?.targetId ?? tab;
      await send('Target.activateTarget', { targetId: state.tab });
      return sessionOf(state.tab);
    },
    async newTab(url = 'about:blank') {
      const { targetId } = await send('Target.createTarget', { url });
      state.tab = targetId;
      return targetId;
    },
    async closeTab(tab) {
      const targetId = tab?.targetId ?? tab ?? (await functions.currentTab())?.targetId;
      await send('Target.closeTarget', { targetId });
      if (state.tab === targetId) state.tab = undefined;
    },
    async ensureRealTab() {
      const now = await functions.currentTab();
      if (now && isReal(now)) return now;
      const real = (await pages()).find(isReal);
      if (real) await functions.switchTab(real);
      return real ?? null;
    },
    async iframeTarget(part) {
      const { targetInfos } = await send('Target.getTargets');
      return targetInfos.find(({ type, url }) => type === 'iframe' && url.includes(part))?.targetId ?? null;
    },
    cdp: (method, params, sessionId) => (sessionId || /^(Target|Browser|SystemInfo)\./.test(method) ? send(method, params, sessionId) : toTab(method, params)),
    drainEvents: drain,
    async captureScreenshot({ path, fullPage = false, emit = true } = {}) {
      const { data } = await toTab('Page.captureScreenshot', { format: 'png', captureBeyondViewport: fullPage });
      if (path) await writeFile(path, Buffer.from(data, 'base64'));
      if (emit) emitImage(Buffer.from(data, 'base64'), 'image/png');
      return path ?? Buffer.from(data, 'base64');
    },
    async uploadFile(selector, files) {
      await toTab('DOM.setFileInputFiles', { files: [files].flat(), nodeId: await nodeOf(selector) });
    },
    async httpGet(url, { headers, timeoutMs = 20_000 } = {}) {
      const answer = await fetch(url, { headers, signal: AbortSignal.timeout(timeoutMs) });
      return answer.text();
    },
  };
  return functions;
}
