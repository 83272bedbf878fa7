// Serves the built page on this machine: node scripts/page.mjs [PORT]
import { createReadStream } from 'node:fs';
import { createServer } from 'node:http';
import { fromRoot } from './tools.mjs';

const PORT = 5174;
const [text = String(PORT), ...rest] = process.argv.slice(2);
const port = /^\d{1,5}$/.test(text) ? Number(text) : Number.NaN;
if (rest.length > 0 || !(port < 65536)) {
  console.error('usage: node scripts/page.mjs [PORT]');
  process.exit(2);
}

const server = createServer((request, response) => {
  const { pathname } = new URL(request.url ?? '/', 'http://localhost');
  if (pathname !== '/') return void response.writeHead(404).end();
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'cache-control': 'no-store' });
  createReadStream(fromRoot('dist/web/stage2.html')).pipe(response);
});
server.on('error', (error) => {
  console.error(`page: ${error.message}`);
  process.exitCode = 1;
});
server.listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port}/  (Ctrl+C ends it)`));
