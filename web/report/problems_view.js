// Errors first: each kind once, with the times to jump to.
import { el } from './dom.js';
import { clock, count, counted, inLine } from './text.js';

const GROUPS_SHOWN = 7, TIMES_SHOWN = 3;

function times(app, group) {
  const chips = group.events.slice(0, TIMES_SHOWN).map((i) =>
    el('button.jump', { textContent: clock(app.session.at[i], app.session.end < 3_600_000 ? 1 : 0), title: 'Show this one', onclick: () => app.select(i) }));
  const more = group.events.length - TIMES_SHOWN;
  if (more > 0) chips.push(el('span.more', { textContent: `+${count(more)}` }));
  return el('span.times', null, ...chips);
}

function row(app, group) {
  return el('li', null,
    el('button.what', { onclick: () => app.select(group.events[0]) },
       el('b', { textContent: inLine(group.label, 60) }), ' ', el('span.said', { textContent: inLine(group.text, 400).trim() || '(it says nothing)' })),
    el('span.many', { textContent: group.events.length > 1 ? `×${count(group.events.length)}` : '' }),
    times(app, group));
}

export function drawProblems(app, host) {
  const { problems, session, gaps } = app;
  const list = el('ul.problems');
  if (gaps.count && app.facts.filter?.categories?.length === 0) {
    list.append(el('li', null, el('button.what', { onclick: () => app.select(gaps.after) }, el('b', { textContent: 'Events missing' }), ' ',
      el('span.said', { textContent: `${counted(gaps.count, 'event')} dropped: the numbers skip, first after ${session.seq(gaps.after)}` }))));
  }
  list.append(...problems.slice(0, GROUPS_SHOWN).map((group) => row(app, group)));
  if (!list.children.length) {
    host.replaceChildren(el('p.fine', { textContent: session.count
      ? `Nothing went wrong in ${counted(session.count, 'event')}: no console errors, failed requests, 4xx or 5xx answers, crashes or dropped events.`
      : 'There are no events.' }));
    return;
  }
  const more = problems.length - GROUPS_SHOWN;
  host.replaceChildren(el('h2', { textContent: 'What went wrong' }), list,
    more > 0 ? el('button.all', { textContent: `${counted(more, 'more kind')} in Errors`, onclick: () => app.setView('errors') }) : '');
}
