// One event in full, with what belongs to it.
import { copyText, el } from './dom.js';
import { asCurl } from './curl.js';
import { categoryClass } from './views.js';
import { describe } from './describe.js';
import { eventsOf } from './requests.js';
import { block, fields, json, stack } from './details_parts.js';
import { clock, duration, inBlock, inLine, wallTime } from './text.js';

export class Details {
  constructor(app, host) {
    this.app = app;
    this.host = host;
    this.asked = 0;
    host.addEventListener('keydown', (event) => { if (event.key === 'Escape') this.close(); });
  }

  close() {
    this.host.hidden = true;
    document.body.classList.remove('with-details');
    this.app.select(-1);
  }

  async show(i) {
    const ask = ++this.asked, { app, host } = this, { session } = app;
    const record = session.category(i) === 'network' ? app.requests.records[app.requests.of[i]] : undefined;
    const whole = await session.whole(i);
    const others = new Map();
    for (const other of record ? eventsOf(record) : []) others.set(session.name(other), other === i ? whole : await session.whole(other));
    if (ask !== this.asked) return;
    const scroll = host.hidden ? 0 : host.scrollTop;
    host.replaceChildren(this.#head(i), this.#body(i, whole, record, others));
    host.hidden = false;
    host.scrollTop = record ? scroll : 0;
    document.body.classList.add('with-details');
  }

  #head(i) {
    const { session } = this.app, step = (by) => () => { const to = i + by; if (to >= 0 && to < session.count) this.app.select(to); };
    return el('header', null,
      el(`i.dot.${categoryClass(session.category(i))}`), el('b', { textContent: inLine(session.name(i).replaceAll('_', ' '), 60) }), el('span.gap'),
      el('button', { textContent: '↑', 'aria-label': 'Event before', title: 'Event before', onclick: step(-1) }),
      el('button', { textContent: '↓', 'aria-label': 'Event after', title: 'Event after', onclick: step(1) }),
      el('button', { textContent: '✕', 'aria-label': 'Close', title: 'Close (Esc)', onclick: () => this.close() }));
  }

  #body(i, whole, record, others) {
    const { session } = this.app, data = whole.event.data ?? {}, body = el('div.body');
    body.append(el('p.headline', { textContent: inBlock(describe(session, i).text).slice(0, 4000) || session.name(i).replaceAll('_', ' ') }));
    if (session.name(i) === 'monitor_screenshot') body.append(this.#picture(i));
    body.append(fields([
      ['Time', `${clock(session.at[i])}  ·  ${wallTime(session.ts(i), true)}`], ...this.#sincePage(i),
      ['Event', `${session.seq(i)} · ${whole.event.category} · ${[whole.event.source?.kind, whole.event.source?.event].filter(Boolean).join(' ')}`],
      record && !Number.isNaN(record.end) && record.request >= 0 ? ['Took', duration(record.end - record.start)] : null,
      whole.event.truncated ? ['Cut', 'this record was shortened to stay under 1 MiB'] : null]));
    body.append(this.#actions(i, whole, others));
    if (record) body.append(...this.#exchange(others));
    if (data.stack_trace) body.append(block('Stack', stack(data.stack_trace)));
    if (Array.isArray(data.args) && data.args.length) body.append(block('Arguments', el('pre', { textContent: inBlock(data.args.join('\n')).slice(0, 20_000) })));
    body.append(this.#related(i, record), block('Event', json(whole)));
    return body;
  }

  #sincePage(i) {
    const page = this.app.pages.navigations[this.app.pages.of[i]];
    return page ? [['Page', `${duration(Math.max(0, this.app.session.at[i] - page.start))} into ${inLine(page.url, 200)}`]] : [];
  }

  #picture(i) {
    const url = this.app.pictures.url(i), title = `Screenshot at ${clock(this.app.session.at[i])}`;
    if (!url) return el('p.notice', { textContent: 'This screenshot was left out to keep the report small; --screenshots MIB keeps more.' });
    return el('img.shot', { src: url, alt: title });
  }

  #actions(i, whole, others) {
    const request = others.get('network_request')?.event.data, out = el('div.actions');
    const button = (text, act) => out.append(el('button', { textContent: text, onclick: (event) => act(event.currentTarget) }));
    if (request && /^https?:/i.test(request.url ?? ''))
      button('Copy as cURL', (self) => copyText(asCurl({ method: request.method, url: request.url, headers: request.headers, body: request.post_data }), self));
    button('Copy JSON', (self) => copyText(JSON.stringify(whole, null, 2), self));
    button('Zoom in here', () => this.app.zoomTo(i));
    return out;
  }

  #exchange(others) {
    const out = [], request = others.get('network_request')?.event.data, answer = others.get('network_response')?.event.data;
    if (request?.post_data) out.push(block('Sent', json(request.post_data)));
    if (answer?.body) out.push(block('Received', json(answer.body)));
    for (const [title, headers] of [['Answer headers', answer?.headers], ['Request headers', request?.headers]]) {
      const pairs = Object.entries(headers ?? {});
      if (pairs.length) out.push(block(title, fields(pairs)));
    }
    return out;
  }

  #related(i, record) {
    const { app } = this, { session } = app, list = el('div.related');
    const add = (other, text) => {
      if (other >= 0 && other !== i) list.append(el('button', { textContent: text, onclick: () => app.select(other) }));
    };
    if (record) for (const other of eventsOf(record)) add(other, `${session.name(other).replaceAll('_', ' ')} at ${clock(session.at[other])}`);
    const span = app.spans.find(({ event, close }) => event === i || close === i);
    if (span) { add(span.event, `begin at ${clock(span.start)}`); add(span.close, `end at ${clock(span.end)}`); }
    const page = app.pages.navigations[app.pages.of[i]];
    if (page) add(page.event, `navigation at ${clock(page.start)}`);
    add(app.pictures.shown.length ? app.pictures.before(session.at[i]) : -1, 'screenshot before this');
    return list.children.length ? block('Belongs to it', list) : '';
  }
}
