// The lists: what is in each, what its rows show, and which switches narrow it.
import { el } from './dom.js';
import { describe, ERROR, WARNING } from './describe.js';
import { eventsOf } from './requests.js';
import { grade } from './navigations.js';
import { bytes, clock, duration, inLine, splitUrl } from './text.js';

const TYPE_GROUPS = { __proto__: null, Document: 'Doc', Stylesheet: 'Style', Script: 'Script', Image: 'Image', Font: 'Font', Fetch: 'Fetch', XHR: 'Fetch', Media: 'Media',
                      WebSocket: 'Socket', EventSource: 'Fetch', Ping: 'Ping', Preflight: 'Fetch' };
const LEVEL = ['', 'warning', 'error'];

const cell = (name, text, more = '') => el(`span.c.${name}${more && '.' + more}`, { role: 'gridcell', textContent: text });
const at = (app, i) => cell('at', clock(app.session.at[i]));

/** A bar in the row's part of the time axis. */
function bar(app, start, end, kind) {
  const [from, to] = app.range, place = (ms) => Math.min(1, Math.max(0, (ms - from) / (to - from))) * 100;
  const made = el(`i.${kind}`), left = place(start), right = place(Number.isNaN(end) ? app.session.end : end);
  made.style.left = `${left}%`;
  made.style.width = `${right - left}%`;
  if (Number.isNaN(end)) made.classList.add('open');
  return made;
}

function eventRow(app, i) {
  const { session } = app, { text, note } = describe(session, i);
  const kind = el('span.c.type', { role: 'gridcell' }, el(`i.dot.${categoryClass(session.category(i))}`), inLine(session.name(i).replaceAll('_', ' '), 60));
  const row = el(`div.row.${LEVEL[app.levels[i]] || 'plain'}`, null, at(app, i), kind, cell('what', inLine(text)), cell('note', inLine(note, 120)));
  if (session.truncated(i)) row.querySelector('.note').prepend(el('em', { textContent: 'cut ' }));
  return row;
}

const KNOWN = new Set(['network', 'console', 'page', 'interaction', 'control', 'connection', 'platform', 'system', 'monitor', 'captcha', 'screenshot']);
export function categoryClass(category) {
  return KNOWN.has(category) ? category : 'other';
}

function requestRow(app, n) {
  const record = app.requests.records[n], about = app.answered[n], { host, rest } = splitUrl(about.url);
  const level = app.problematic(record) ? 'error' : about.outcome === 'canceled' ? 'faded' : 'plain';
  const name = el('span.c.name', { role: 'gridcell', title: inLine(about.url, 1000) },
    el('span.path', { textContent: inLine(rest) }), el('span.host', { textContent: inLine(host, 80) }));
  return el(`div.row.${level}`, null, at(app, about.lead), cell('method', inLine(about.method, 12)),
    cell('outcome', inLine(about.outcome, 12), /^[23]/.test(about.outcome) ? 'good' : ''), name,
    cell('kind', inLine(about.kind, 16)), cell('size', bytes(about.bytes ?? NaN)), cell('time', duration(about.ms)),
    el('span.c.span', { role: 'gridcell' }, bar(app, record.start, record.end, level === 'error' ? 'error' : `kind-${kindOf(about)}`)));
}

const kindOf = ({ kind }) => (TYPE_GROUPS[kind] ?? 'Other');

function consoleRow(app, i) {
  const level = app.levels[i], { text, note } = describe(app.session, i);
  const mark = { [ERROR]: '✕', [WARNING]: '!' }[level] ?? '';
  return el(`div.row.${LEVEL[level] || 'plain'}`, null, at(app, i), cell('mark', mark), cell('what', inLine(text), 'mono'), cell('source', inLine(note, 200)));
}

function pageRow(app, n) {
  const page = app.pages.navigations[n], { host, rest } = splitUrl(page.url);
  const measured = (name, what, value, show) => cell(name, value >= 0 ? show(value) : '', grade(what, value));
  const span = el('span.c.span', { role: 'gridcell' }, bar(app, page.start, page.end, 'stay'));
  if (page.load >= 0) span.append(bar(app, page.start, page.start + page.load, 'loading'));
  if (page.lcp >= 0) span.append(bar(app, page.start + page.lcp, page.start + page.lcp, 'lcp'));
  return el('div.row.plain', null, at(app, page.event),
    el('span.c.name', { role: 'gridcell', title: inLine(page.url, 1000) }, el('span.path', { textContent: inLine(rest) }), el('span.host', { textContent: inLine(host, 80) })),
    cell('dcl', duration(page.dcl)), measured('load', 'load', page.load, duration), measured('lcp', 'lcp', page.lcp, duration),
    measured('cls', 'cls', page.shifts.length ? page.cls : NaN, (value) => value.toFixed(3)),
    cell('requests', page.requests ? String(page.requests) : ''), cell('bad', page.errors ? String(page.errors) : '', page.errors ? 'poor' : ''), span);
}

function callRow(app, n) {
  const span = app.spans[n], lead = span.close >= 0 ? span.close : span.event, { text, note } = describe(app.session, lead);
  const level = app.levels[lead], kind = level === ERROR ? 'error' : span.kind;
  const label = span.kind === 'connection' ? app.session.name(span.event).replace(/_(dis)?connect$/, '').replaceAll('_', ' ').replace('cdp', 'CDP') : '';
  return el(`div.row.${LEVEL[level] || 'plain'}`, null, cell('at', clock(span.start)), cell('what', inLine(`${label} ${text}`.trim())),
    cell('note', inLine(span.kind === 'connection' ? (span.close < 0 && app.session.name(span.event).endsWith('_connect') ? 'still open' : note) : note, 80)),
    cell('time', span.kind === 'command' ? '' : duration(span.end - span.start)),
    el('span.c.span', { role: 'gridcell' }, bar(app, span.start, span.end, kind)));
}

const events = (app, wanted) => {
  const out = [];
  for (let i = 0; i < app.session.count; ++i) if (wanted(i)) out.push(i);
  return out;
};
const inCategories = (...names) => (app) => events(app, (i) => names.includes(app.session.category(i)));
const upTo = (length) => Array.from({ length }, (_, n) => n);
const ofEvent = { events: (app, i) => [i], time: (app, i) => [app.session.at[i], app.session.at[i]], row: eventRow,
                  columns: [['at', 'Time'], ['type', 'Event'], ['what', ''], ['note', '']] };
const byType = (app, i) => app.session.name(i).replaceAll('_', ' ');

export const VIEWS = [
  { ...ofEvent, id: 'all', label: 'All', needs: [], items: (app) => events(app, () => true), chip: (app, i) => app.session.category(i) },
  { ...ofEvent, id: 'errors', label: 'Errors', needs: [], items: (app) => events(app, (i) => app.levels[i] === ERROR), chip: byType },
  { id: 'network', label: 'Network', needs: ['network'], items: (app) => upTo(app.requests.records.length),
    events: (app, n) => eventsOf(app.requests.records[n]), row: requestRow, chip: (app, n) => kindOf(app.answered[n]),
    time: (app, n) => { const { start, end } = app.requests.records[n]; return [start, Number.isNaN(end) ? app.session.end : end]; },
    columns: [['at', 'Start'], ['method', 'Method'], ['outcome', 'Status'], ['name', 'Request'], ['kind', 'Type'], ['size', 'Size'], ['time', 'Time'], ['span', '']] },
  { id: 'console', label: 'Console', needs: ['console'], items: inCategories('console'), events: (app, i) => [i], time: ofEvent.time, row: consoleRow,
    chip: (app, i) => ['messages', 'warnings', 'errors'][app.levels[i]], columns: [['at', 'Time'], ['mark', ''], ['what', 'Message'], ['source', 'From']] },
  { id: 'pages', label: 'Pages', needs: ['page'], items: (app) => upTo(app.pages.navigations.length), events: (app, n) => [app.pages.navigations[n].event],
    time: (app, n) => [app.pages.navigations[n].start, app.pages.navigations[n].end], row: pageRow, chip: (app, n) => splitUrl(app.pages.navigations[n].url).host,
    columns: [['at', 'Time'], ['name', 'Page'], ['dcl', 'DCL'], ['load', 'Load'], ['lcp', 'LCP'], ['cls', 'CLS'], ['requests', 'Requests'], ['bad', 'Errors'], ['span', '']] },
  { ...ofEvent, id: 'input', label: 'Input', needs: ['interaction'], items: inCategories('interaction'), chip: byType },
  { id: 'screens', label: 'Screens', needs: ['screenshot'], items: (app) => app.pictures.shown, events: (app, i) => [i], time: ofEvent.time, columns: [], tiles: true },
  { id: 'calls', label: 'API & CDP', needs: ['control', 'connection'], items: (app) => upTo(app.spans.length),
    events: (app, n) => [app.spans[n].event, app.spans[n].close].filter((i) => i >= 0), time: (app, n) => [app.spans[n].start, app.spans[n].end], row: callRow,
    chip: (app, n) => ({ call: 'calls', command: 'commands', connection: 'connections' })[app.spans[n].kind],
    columns: [['at', 'Start'], ['what', 'Call'], ['note', ''], ['time', 'Time'], ['span', '']] },
  { ...ofEvent, id: 'system', label: 'System', needs: ['system'], items: inCategories('system', 'monitor', 'captcha'), chip: byType },
];
