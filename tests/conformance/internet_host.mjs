// A host on the invented internet, run in its own network namespace. It answers by the path of the request:
// `/to/<url>` redirects there; everything else is a page. Prints "ready" once it has its address and listens.
// It also listens, on another port, at an address that nobody should reach; each connection there is a line
// of output.
import { createServer } from 'node:http';
import { createServer as createTcpServer } from 'node:net';

const [address, port, forbiddenPort, ...forbidden] = process.argv.slice(2);
const server = createServer((request, response) => {
  if (request.url.startsWith('/to/')) {
    response.writeHead(302, { Location: decodeURIComponent(request.url.slice(4)) });
    return response.end();
  }
  response.writeHead(200, { 'Content-Type': 'text/html' });
  response.end('<title>public</title>public');
});
// The address comes with the link, which the test moves into this namespace once it knows this process.
process.stdin.once('data', async () => {
  for (const one of forbidden) await new Promise((resolve) => createTcpServer((socket) => {
    console.log(one);
    socket.on('error', () => {});
    socket.destroy();
  }).listen(Number(forbiddenPort), one, resolve));
  server.listen(Number(port), address, () => console.log('ready'));
});
process.stdin.once('end', () => process.exit());
