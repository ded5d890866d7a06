// Screenshots that the report kept. A picture that looked the same as one before is stored once.
import { pictureOf } from './packed.js';

export class Pictures {
  constructor(session, texts) {
    this.texts = texts;  // picture → base64
    this.urls = new Map();
    this.events = [];
    for (let i = 0; i < session.count; ++i) if (session.name(i) === 'monitor_screenshot') this.events.push(i);
    this.shown = this.events.filter((i) => texts.has(session.get(i, 'picture')));
    this.session = session;
  }

  has(i) { return this.texts.has(this.session.get(i, 'picture')); }

  /** A `blob:` URL of the event's picture; null when it was thinned out. */
  url(i) {
    const picture = this.session.get(i, 'picture'), text = this.texts.get(picture);
    if (text === undefined) return null;
    if (!this.urls.has(picture)) this.urls.set(picture, URL.createObjectURL(pictureOf(text)));
    return this.urls.get(picture);
  }

  /** The one shown that was taken last before a time, else the first. */
  before(ms) {
    let found = this.shown[0] ?? -1;
    for (const i of this.shown) {
      if (this.session.at[i] > ms) break;
      found = i;
    }
    return found;
  }
}
