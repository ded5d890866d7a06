// The Node SDK's side of sdk_bench: BASE_URL SESSION CALLS; prints wall and CPU microseconds for each call.
import { createRequire } from 'node:module';
const require = createRequire(new URL('../../tests/conformance/package.json', import.meta.url));
const { Kernel } = require('@onkernel/sdk');

const [baseURL, session, calls] = process.argv.slice(2);
const client = new Kernel({ baseURL, apiKey: 'sk_benchmark' });
const { base_url } = await client.browsers.retrieve(session);
if (!base_url) throw new Error('the browser was not learned');

async function call() {
  const page = await client.browsers.telemetry.events(session, { limit: 1, offset: 1 });
  if (page.getPaginatedItems()[0].seq !== 1) throw new Error('wrong events');
}
for (let i = 0; i < 3000; ++i) await call();
const cpu = process.cpuUsage();
const begin = process.hrtime.bigint();
for (let i = 0; i < Number(calls); ++i) await call();
const wall = Number(process.hrtime.bigint() - begin) / 1000;
const used = process.cpuUsage(cpu);
console.log((wall / calls).toFixed(2), ((used.user + used.system) / calls).toFixed(2));
