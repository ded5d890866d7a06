// The frames between a worker and the agent: `<kind> <bytes>\n`, then that many bytes. Commands come on descriptor 3, answers go to
// descriptor 4. What is needed to answer is kept from the start, so that code that replaces built-ins cannot garble an answer.
import { writeSync } from 'node:fs';
import { Socket } from 'node:net';

const COMMANDS = 3, ANSWERS = 4;
const LARGEST_COMMAND = 16 << 20;
const NEWLINE = 10;
const bytesOf = Buffer.from.bind(Buffer), join = Buffer.concat.bind(Buffer);
const parse = JSON.parse, exit = process.exit.bind(process);

function write(bytes) {
  for (let at = 0; at < bytes.length;) at += writeSync(ANSWERS, bytes, at);
}

/** Sends a frame. `text` must be a string, which has no method that a client's code could have replaced. */
export function send(kind, text = '') {
  const body = bytesOf(text, 'utf8');
  write(bytesOf(`${kind} ${body.length}\n`, 'latin1'));
  write(body);
}

/** Calls `handle(kind, command)` for each command, one after the other, and ends the process when the agent has ended. */
export function receive(handle) {
  const socket = new Socket({ fd: COMMANDS, readable: true, writable: false });
  let held = bytesOf('');
  let turn = Promise.resolve();
  const take = () => {
    const end = held.indexOf(NEWLINE);
    if (end < 0) return false;
    const [kind, size] = held.subarray(0, end).toString('latin1').split(' ');
    const length = Number(size);
    if (!(length <= LARGEST_COMMAND)) exit(3);
    if (held.length < end + 1 + length) return false;
    const command = parse(held.subarray(end + 1, end + 1 + length).toString('utf8'));
    held = held.subarray(end + 1 + length);
    turn = turn.then(() => handle(kind, command));
    return true;
  };
  socket.on('data', (bytes) => {
    held = join([held, bytes]);
    while (take()) continue;
  });
  for (const over of ['end', 'error']) socket.on(over, () => exit(0));
}
