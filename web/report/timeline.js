// Lanes of everything that happened, over the range that is shown.
import { colours, el, perFrame, sharpContext } from './dom.js';
import { clock, counted } from './text.js';
import { gutter, isNarrow, ticks } from './scale.js';
import { rangeInput } from './range_input.js';
import { drawCalls, drawNetwork, drawPages, drawTicks } from './lanes.js';
import { Filmstrip } from './filmstrip.js';

const AXIS_PX = 18, LABEL_PX = 12;
const LANES = [
  { id: 'page', label: 'Pages', categories: ['page'], height: 34, draw: drawPages },
  { id: 'network', label: 'Network', categories: ['network'], height: 34, draw: drawNetwork },
  { id: 'console', label: 'Console', categories: ['console'], height: 24, draw: drawTicks },
  { id: 'interaction', label: 'Input', categories: ['interaction'], height: 18, draw: drawTicks },
  { id: 'control', label: 'API & CDP', categories: ['control', 'connection', 'platform'], height: 24, draw: drawCalls },
  { id: 'system', label: 'System', categories: ['system', 'monitor', 'captcha'], height: 18, draw: drawTicks },
];

export class Timeline {
  constructor(app, host) {
    this.app = app;
    this.lanes = LANES.map((lane) => ({ ...lane, events: this.#eventsOf(lane) })).filter(({ events }) => events.length);
    this.canvas = el('canvas', { 'aria-hidden': 'true' });
    this.labels = el('div.labels');
    this.stage = el('div.stage', { tabIndex: 0, role: 'group',
                                   'aria-label': 'Timeline. Arrow keys move, plus and minus zoom, 0 shows the whole session.' }, this.canvas, this.labels);
    this.film = app.pictures.shown.length ? new Filmstrip(app) : null;
    this.summary = el('p.offscreen', { role: 'status' });
    host.append(...(this.film ? [this.film.element] : []), this.stage, this.summary);
    this.draw = perFrame(() => this.#draw());
    rangeInput(this.stage, { app, shown: () => app.range, change: (range) => app.setRange(range), inset: gutter,
                             click: (ms, event) => this.#click(ms, event) });
    new ResizeObserver(() => this.#layout()).observe(this.stage);
    this.#layout();
  }

  #eventsOf({ id, categories }) {
    const { session } = this.app, out = [];
    for (let i = 0; i < session.count; ++i)
      if (categories.includes(session.category(i)) && !(id === 'control' && session.name(i) === 'cdp_command')) out.push(i);
    return out;
  }

  #layout() {
    let top = AXIS_PX;
    const above = isNarrow() ? LABEL_PX : 0;
    this.labels.replaceChildren();
    for (const lane of this.lanes) {
      lane.top = top + above;
      const label = el('span', { textContent: lane.label });
      label.style.top = `${top}px`;
      label.style.height = `${above || lane.height}px`;
      this.labels.append(label);
      top += lane.height + above + 2;
    }
    this.stage.style.height = `${top}px`;
    this.draw();
  }

  #draw() {
    const { app } = this, { context, width, height } = sharpContext(this.canvas);
    const colour = colours(), left = gutter(), [from, to] = app.range;
    const x = (ms) => left + (ms - from) / (to - from) * (width - left);
    context.font = '11px system-ui, sans-serif';
    context.textBaseline = 'middle';
    const marks = ticks(app.range, width - left);
    for (const at of marks.at) {
      context.fillStyle = colour('line');
      context.fillRect(Math.round(x(at)), AXIS_PX - 4, 1, height);
      context.fillStyle = colour('faint');
      const text = clock(at, marks.digits);
      if (x(at) + 4 + context.measureText(text).width <= width) context.fillText(text, Math.round(x(at)) + 4, AXIS_PX / 2);
    }
    for (const lane of this.lanes) {
      context.fillStyle = colour('line');
      context.fillRect(0, lane.top + lane.height, width, 1);
      context.save();
      context.beginPath();
      context.rect(left, lane.top, width - left, lane.height);
      context.clip();
      lane.draw({ app, context, colour, lane, x, left, width, from, to });
      context.restore();
    }
    if (app.selected >= 0) {
      context.fillStyle = colour('accent');
      context.fillRect(Math.round(x(app.session.at[app.selected])) - 1, AXIS_PX - 4, 2, height);
    }
    this.film?.draw(left);
    const [first, last] = [app.session.firstAt(from), app.session.firstAt(to)];
    this.summary.textContent = `Showing ${clock(from)} to ${clock(to)}, ${counted(last - first, 'event')}`;
  }

  // The event of the lane that is nearest to where the user pointed.
  #click(ms, event) {
    const y = event.clientY - this.stage.getBoundingClientRect().top;
    const lane = this.lanes.find(({ top, height }) => y < top + height) ?? this.lanes.at(-1);
    if (!lane) return;
    const { at } = this.app.session;
    let best = lane.events[0];
    for (const i of lane.events) if (Math.abs(at[i] - ms) < Math.abs(at[best] - ms)) best = i;
    this.app.select(best);
  }
}
