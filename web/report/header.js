// Who, when, how much, how good: the facts of the session at the top.
import { el } from './dom.js';
import { bytes, count, counted, duration, inLine, wallTime } from './text.js';
import { grade } from './navigations.js';

function tile(value, label, { mood = '', title, onclick } = {}) {
  const tag = onclick ? 'button.tile' : 'div.tile';
  return el(tag, { title, onclick, className: `tile ${mood}` }, el('strong', { textContent: value }), el('span', { textContent: label }));
}

function worst(navigations, field) {
  const known = navigations.map((navigation) => navigation[field]).filter((value) => value >= 0);
  return known.length ? Math.max(...known) : NaN;
}

function vitals(app) {
  const { navigations } = app.pages, many = navigations.length > 1 ? 'worst ' : '', out = [];
  const add = (field, label, what, show) => {
    const value = worst(navigations, field);
    if (value >= 0) out.push(tile(show(value), many + label, { mood: grade(what, value), onclick: () => app.setView('pages') }));
  };
  add('load', 'load', 'load', duration);
  add('lcp', 'LCP', 'lcp', duration);
  if (navigations.some(({ shifts }) => shifts.length)) add('cls', 'CLS', 'cls', (value) => value.toFixed(3));
  return out;
}

function tiles(app) {
  const { session, requests } = app, errors = app.problems.reduce((sum, group) => sum + group.events.length, 0);
  const sizes = app.answered.reduce((sum, { bytes: size }) => sum + (size ?? 0), 0);
  const out = [
    tile(duration(session.end), 'long', { title: `${wallTime(session.start, true)} – ${wallTime(session.ts(Math.max(0, session.count - 1)), true)}` }),
    tile(count(session.count), session.count === 1 ? 'event' : 'events', { onclick: () => app.setView('all') }),
    tile(count(errors), errors === 1 ? 'error' : 'errors', { mood: errors ? 'poor' : 'good', onclick: () => app.setView('errors') }),
  ];
  if (requests.records.length)
    out.push(tile(count(requests.records.length), requests.records.length === 1 ? 'request' : 'requests', { onclick: () => app.setView('network') }));
  if (sizes) out.push(tile(bytes(sizes), 'received', { title: 'Content-Length, or the length of the captured body, of every answer' }));
  return [...out, ...vitals(app)];
}

function about(facts) {
  const { session = {} } = facts, out = [];
  if (session.headless !== undefined) out.push(session.headless ? 'headless' : 'headful');
  if (session.stealth) out.push('stealth');
  if (session.viewport) out.push(`${session.viewport.width} × ${session.viewport.height}`);
  if (session.region) out.push(session.region);
  for (const [key, value] of Object.entries(session.tags ?? {})) out.push(`${key}=${value}`);
  return out.map((text) => el('span.tag', { textContent: inLine(text, 80) }));
}

function period(from, to) {
  return `${from} – ${from.slice(0, 10) === to.slice(0, 10) ? to.slice(11) : to} UTC`;
}

/** What the reader should know of the report itself: filters, limits, losses. */
function notes(app) {
  const { facts, session } = app, out = [];
  const { filter = {}, pictures } = facts;
  const only = [filter.categories?.length && `only ${filter.categories.join(', ')}`, filter.since && `since ${filter.since}`, filter.until && `until ${filter.until}`].filter(Boolean);
  if (only.length) out.push(`This report holds ${only.join(', ')}.`);
  if (facts.ends_early) out.push(facts.ends_early);
  if (facts.damaged_lines) out.push(`${counted(facts.damaged_lines, 'line')} of the file ${facts.damaged_lines === 1 ? 'was' : 'were'} no event and left out.`);
  if (pictures?.distinct > pictures?.kept) out.push(`${count(pictures.kept)} of ${counted(pictures.distinct, 'different screenshot')} kept, evenly over time, to stay within ${bytes(pictures.budget)}; --screenshots MIB keeps more.`);
  if (app.gaps.count && !facts.filter) out.push(`${counted(app.gaps.count, 'event')} between these ${app.gaps.count === 1 ? 'is' : 'are'} not in the file (numbers are skipped): filtered when it was made, or dropped.`);
  return out.map((text) => el('p.notice', { textContent: inLine(text, 600) }));
}

export function drawHeader(app, host) {
  const { facts, session } = app, named = facts.session ?? {}, name = named.name || named.id || facts.source || 'Session';
  document.title = `${inLine(name, 80)} – Wye report`;
  const id = named.name && named.id ? el('code.id', { textContent: inLine(named.id, 80) }) : null;
  const when = session.count ? period(wallTime(session.start), wallTime(session.ts(session.count - 1))) : '';
  const ended = named.id ? (named.deleted_at ? 'ended' : 'still live when this was made') : '';
  host.replaceChildren(
    el('div.title', null, el('h1', { textContent: inLine(name, 80) }), id, el('span.when', { textContent: [when, ended].filter(Boolean).join(' · ') }), ...about(facts)),
    el('div.tiles', null, ...tiles(app)), ...notes(app));
}
