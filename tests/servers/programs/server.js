// SPDX-License-Identifier: GPL-3.0-or-later
// PORT: answers GET /?waste=BYTES&keep=BYTES: makes garbage, and keeps as much.
const kept = [];
require('http').createServer((request, response) => {
  const query = new URL(request.url, 'http://localhost').searchParams;
  const waste = [];
  for (let i = 0; i < query.get('waste') / 64; i++)
    waste.push({ i, text: 'x' + i });
  if (query.get('keep') > 0)
    kept.push(new Array(query.get('keep') >> 3).fill(0.5));
  response.end(String(waste.length + kept.length));
}).listen(process.argv[2], '127.0.0.1');
