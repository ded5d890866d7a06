// A site for cli_test: prints its port; serves bytes of every value, the body that it got, and the headers
// that it saw.
import { createServer } from 'node:http';

const server = createServer((request, response) => {
  const chunks = [];
  request.on('data', (chunk) => chunks.push(chunk));
  request.on('end', () => {
    if (request.url === '/bytes') return response.end(Buffer.from(Array.from({ length: 1024 }, (_, i) => i % 256)));
    if (request.url === '/echo') return response.end(Buffer.concat(chunks));
    if (request.url === '/headers') return response.end(`x-twice: ${request.headers['x-twice']}\n`);
    response.writeHead(404);
    return response.end('no such page\n');
  });
});
server.listen(0, '127.0.0.1', () => console.log(server.address().port));
