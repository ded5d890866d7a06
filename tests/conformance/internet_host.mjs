// A host on the made-up internet, run in a network namespace of its own: answers by the path of the request.
// `/to/<url>` redirects there; everything else is a page. Prints "ready" once its address is there and it listens.
import { createServer } from 'node:http';

const [address, port] = process.argv.slice(2);
const server = createServer((request, response) => {
  if (request.url.startsWith('/to/')) {
    response.writeHead(302, { Location: decodeURIComponent(request.url.slice(4)) });
    return response.end();
  }
  response.writeHead(200, { 'Content-Type': 'text/html' });
  response.end('<title>public</title>public');
});
// The address comes with the link, which the test moves into this namespace once it knows this process.
process.stdin.once('data', () => server.listen(Number(port), address, () => console.log('ready')));
process.stdin.once('end', () => process.exit());
