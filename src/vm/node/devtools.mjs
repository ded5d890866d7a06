// A small DevTools client for the REPL's helpers: one connection, one current tab, events kept until they are read.
const MOST_EVENTS = 1000;
const CALL_WITHIN_MS = 60_000;

let endpoint, socket, opening;
let next = 1;
let calls = new Map();
let sessions = new Map();  // target id → session id
let events = [];
const listeners = new Set();
export const state = { tab: undefined, dialog: undefined };

export function useEndpoint(url) {
  if (url === endpoint) return;
  endpoint = url;
  process.env.CDP_ENDPOINT = url;
  socket?.close();
  socket = opening = undefined;
}

function onMessage(text) {
  const message = JSON.parse(text);
  if (message.id !== undefined) {
    const call = calls.get(message.id);
    calls.delete(message.id);
    if (message.error) call?.reject(new Error(`${call.method}: ${message.error.message}`));
    else call?.resolve(message.result);
    return;
  }
  if (message.method === 'Target.detachedFromTarget')
    for (const [target, session] of sessions) if (session === message.params.sessionId) sessions.delete(target);
  if (message.method === 'Page.javascriptDialogOpening') state.dialog = message.params;
  if (message.method === 'Page.javascriptDialogClosed') state.dialog = undefined;
  events.push({ method: message.method, params: message.params, sessionId: message.sessionId });
  if (events.length > MOST_EVENTS) events.shift();
  for (const listener of listeners) listener(events.at(-1));
}

function open() {
  const mine = new WebSocket(endpoint);
  opening = new Promise((resolve, reject) => {
    mine.onopen = () => resolve(mine);
    mine.onerror = () => reject(new Error('the browser cannot be reached'));
    mine.onmessage = ({ data }) => onMessage(data);
    mine.onclose = () => {
      for (const { reject: fail } of calls.values()) fail(new Error('the connection to the browser has ended'));
      [calls, sessions, socket, opening] = [new Map(), new Map(), undefined, undefined];
      state.dialog = undefined;
    };
  });
  return opening.then((open) => { socket = open; });
}

/** Sends a DevTools command; without a session it is the browser's own. */
export async function send(method, params = {}, sessionId) {
  if (!socket) await (opening ?? open());
  const id = next++;
  return new Promise((resolve, reject) => {
    const late = setTimeout(() => { calls.delete(id); reject(new Error(`${method}: no answer`)); }, CALL_WITHIN_MS);
    const done = (settle) => (value) => { clearTimeout(late); settle(value); };
    calls.set(id, { method, resolve: done(resolve), reject: done(reject) });
    socket.send(JSON.stringify({ id, method, params, sessionId }));
  });
}

/** Returns the session of a target, and makes it if there is none. */
export async function sessionOf(target) {
  if (socket && sessions.has(target)) return sessions.get(target);
  const { sessionId } = await send('Target.attachToTarget', { targetId: target, flatten: true });
  sessions.set(target, sessionId);
  for (const domain of ['Page', 'Network', 'DOM']) await send(`${domain}.enable`, {}, sessionId).catch(() => {});
  return sessionId;
}

/** The pages of Chromium, the one used last first. */
export async function pages() {
  const { host } = new URL(endpoint);
  const all = await (await fetch(`http://${host}/json/list`)).json();
  return all.filter(({ type }) => type === 'page').map(({ id, title, url }) => ({ targetId: id, title, url }));
}

/** Sends a command to the current tab. */
export async function toTab(method, params) {
  const open = await pages();
  if (!open.some(({ targetId }) => targetId === state.tab)) state.tab = open[0]?.targetId;
  if (!state.tab) throw new Error('the browser has no tab');
  return send(method, params, await sessionOf(state.tab));
}

export function drain() {
  const out = events;
  events = [];
  return out;
}

/** Waits for an event that `takes` takes. */
export function nextEvent(takes, timeoutMs) {
  return new Promise((resolve, reject) => {
    const listener = (event) => { if (takes(event)) end(resolve, event); };
    const late = setTimeout(() => end(reject, new Error(`no such event within ${timeoutMs} ms`)), timeoutMs);
    const end = (settle, value) => { clearTimeout(late); listeners.delete(listener); settle(value); };
    listeners.add(listener);
  });
}
