// node make.mjs every|hostile|shop [events] > events.jsonl
import { everyType, hostile } from './sessions.mjs';
import { shopping } from './shop.mjs';

const [kind = 'shop', events = '5000'] = process.argv.slice(2);
const log = { every: everyType, hostile, shop: () => shopping({ events: Number(events) }) }[kind]();
for (const envelope of log.envelopes) process.stdout.write(JSON.stringify(envelope) + '\n');
