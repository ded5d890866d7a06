// Makes a host of invented addresses: this process runs in its own network (and mount) namespace, so that
// nothing that it or a browser sends can leave the machine, and whatever gets through a VM's fence arrives at
// a listener here.
import { execFileSync, spawn } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';

/** Addresses that clouds answer their machines on, and others of nobody's: not the host's own, but next to it. */
const BESIDE = ['168.63.129.16', '100.100.100.200', '192.0.0.192', '192.88.99.1', '198.18.0.1'];
/** Addresses that no browser may reach: those, and of the fake host private, link-local (metadata) and shared ones. */
export const FORBIDDEN = ['10.9.9.9', '172.20.1.1', '192.168.7.7', '169.254.169.254', '100.64.1.1', '203.0.113.7', '127.0.0.1', 'fd00::7', '::1', ...BESIDE];
/** The same in spellings that lead to an IPv4 address by way of IPv6. */
export const WITHIN_IPV6 = ['::ffff:168.63.129.16', '64:ff9b::a83f:8110', '2002:a83f:8110::1'];
export const OWN_PUBLIC = '93.184.216.1';
export const INTERNET = '93.184.216.34';
const DNS = '10.9.9.53';
const INTERNET_PORT = 80;

const ip = (...words) => execFileSync('ip', words, { stdio: ['ignore', 'pipe', 'inherit'] });

// Resolves the names that tests use: `a-10-9-9-9.test` is 10.9.9.9, `aaaa.test` is fd00::7, `public.test` the
// internet host.
function dnsAnswer(query) {
  let at = 12;
  const labels = [];
  while (query[at] !== 0) {
    labels.push(query.toString('latin1', at + 1, at + 1 + query[at]));
    at += query[at] + 1;
  }
  const type = query.readUInt16BE(at + 1);
  const question = query.subarray(12, at + 5);
  const name = labels.join('.').toLowerCase();
  let data = null;
  if (type === 1 && name === 'public.test') data = INTERNET.split('.').map(Number);
  const packed = /^a-(\d+)-(\d+)-(\d+)-(\d+)\.test$/.exec(name);
  if (type === 1 && packed) data = packed.slice(1).map(Number);
  if (type === 28 && name === 'aaaa.test') data = [0xfd, ...Array(14).fill(0), 7];
  const head = Buffer.from([query[0], query[1], 0x81, 0x80, 0, 1, 0, data ? 1 : 0, 0, 0, 0, 0]);
  if (!data) return Buffer.concat([head, question]);
  return Buffer.concat([head, question, Buffer.from([0xc0, 12, 0, type, 0, 1, 0, 0, 0, 1, 0, data.length, ...data])]);
}

/** Counts who comes; `port` is one for all addresses that listen. */
async function listenOn(address, port, seen) {
  const server = createServer((socket) => {
    seen.push(address);
    socket.on('error', () => {});
    socket.destroy();
  });
  server.listen(port, address);
  await once(server, 'listening');
  return server;
}

export async function startFakeHost() {
  ip('link', 'set', 'lo', 'up');
  const ofHost = FORBIDDEN.filter((one) => !BESIDE.includes(one));
  for (const address of [...ofHost, DNS])
    if (!address.startsWith('127.') && address !== '::1') ip('addr', 'add', address + (address.includes(':') ? '/128' : '/32'), 'dev', 'lo', ...(address.includes(':') ? ['nodad'] : []));
  const seen = [];
  const first = await listenOn(ofHost[0], 0, seen);
  const { port } = first.address();
  const servers = [first];
  // The internet is another namespace behind a link.
  const there = spawn('unshare', ['--net', process.execPath, fileURLToPath(new URL('internet_host.mjs', import.meta.url)), INTERNET, String(INTERNET_PORT), String(port), ...BESIDE],
                      { stdio: ['pipe', 'pipe', 'inherit'] });
  await once(there, 'spawn');
  ip('link', 'add', 'wan', 'type', 'veth', 'peer', 'name', 'inet');
  ip('addr', 'add', OWN_PUBLIC + '/24', 'dev', 'wan');
  ip('link', 'set', 'wan', 'up');
  // unshare(1) becomes the program that it runs, in its new namespace: only then is there a namespace for a
  // link.
  const namespace = execFileSync('readlink', ['/proc/self/ns/net']).toString();
  while (execFileSync('readlink', [`/proc/${there.pid}/ns/net`]).toString() === namespace) await new Promise(setImmediate);
  ip('link', 'set', 'inet', 'netns', String(there.pid));
  const inside = (...words) => execFileSync('nsenter', [`--net=/proc/${there.pid}/ns/net`, 'ip', ...words]);
  inside('addr', 'add', INTERNET + '/24', 'dev', 'inet');
  inside('link', 'set', 'inet', 'up');
  inside('link', 'set', 'lo', 'up');
  for (const address of BESIDE) {
    inside('addr', 'add', address + '/32', 'dev', 'inet');
    ip('route', 'add', address + '/32', 'dev', 'wan');
  }
  const lines = createInterface({ input: there.stdout });
  there.stdin.write('go\n');
  await once(lines, 'line');
  lines.on('line', (address) => seen.push(address));

  const resolv = join(tmpdir(), `wye-resolv-${process.pid}`);
  writeFileSync(resolv, `nameserver ${DNS}\n`);
  execFileSync('mount', ['--bind', resolv, '/etc/resolv.conf']);
  const dns = createSocket('udp4');
  const asked = [];
  dns.on('message', (query, from) => asked.push(query) && dns.send(dnsAnswer(query), from.port, from.address));
  dns.bind(53, DNS);
  await once(dns, 'listening');

  for (const address of [...ofHost.slice(1), OWN_PUBLIC]) servers.push(await listenOn(address, port, seen));
  return {
    port, seen, asked,
    /** An address that the host gets now, as from a lease, and listens on; `when` says who came. */
    async addAddress(address) {
      const when = [];
      ip('addr', 'add', address + '/32', 'dev', 'lo');
      servers.push(await listenOn(address, port, when));
      return when;
    },
    async stop() {
      for (const server of servers) server.close();
      dns.close();
      there.stdin.end();
      await once(there, 'exit');
      execFileSync('umount', ['/etc/resolv.conf']);
      execFileSync('rm', ['-f', resolv]);
    },
  };
}
