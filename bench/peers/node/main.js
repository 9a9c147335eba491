// The usual Node client: http2 sessions, each body made by JSON.stringify, each answer read.
// Prints what bench/run wants of a client: {"requests", "accepted", "seconds"}.
//
//   node main.js --url URL --ca FILE --body FILE --requests N --tokens N --in-flight N
//
// The bearer token is in HERALD_BENCH_BEARER. Of the body only the message is taken.
'use strict';

const fs = require('fs');
const http2 = require('http2');
const { parseArgs } = require('util');

const SESSIONS = 4;

const { values } = parseArgs({
  options: Object.fromEntries(
    ['url', 'ca', 'body', 'requests', 'tokens', 'in-flight'].map((name) => [name, { type: 'string' }])),
});
const requests = Number(values.requests);
const each = Number(values.tokens);
const url = new URL(values.url);
const form = JSON.parse(fs.readFileSync(values.body, 'utf8'));
const tokens = Array.from({ length: each * 128 },
  (_, i) => 'IQAAAACy0t' + String(i).padStart(105, '0'));
const headers = {
  ':method': 'POST',
  ':path': url.pathname,
  authorization: `Bearer ${process.env.HERALD_BENCH_BEARER}`,
  'content-type': 'application/json',
  'push-type': '0',
};

function fail(why) {
  console.error(`node client: ${why}`);
  process.exit(1);
}

// The cipher that all the other clients use here.
const sessions = Array.from({ length: SESSIONS }, () => http2.connect(url.origin, {
  ca: fs.readFileSync(values.ca),
  ciphers: 'TLS_AES_128_GCM_SHA256:ECDHE-RSA-AES128-GCM-SHA256',
}).on('error', (error) => fail(error.message)));

let sent = 0;
let accepted = 0;
let begun;

function finish() {
  const seconds = Number(process.hrtime.bigint() - begun) / 1e9;
  sessions.forEach((session) => session.close());
  console.log(JSON.stringify({ requests, accepted, seconds }));
}

function sendNext() {
  if (sent === requests) return;
  const number = sent++;
  const first = (number * each) % tokens.length;
  const body = JSON.stringify({
    payload: form.payload,
    target: { token: tokens.slice(first, first + each) },
    pushOptions: form.pushOptions,
  });
  const stream = sessions[number % SESSIONS].request(headers);
  let said = '';
  stream.setEncoding('utf8');
  stream.on('data', (text) => { said += text; });
  stream.on('error', (error) => fail(error.message));
  stream.on('end', () => {
    if (JSON.parse(said).code !== '80000000') fail(said);
    accepted += each;
    if (accepted === requests * each) finish();
    else sendNext();
  });
  stream.end(body);
}

begun = process.hrtime.bigint();
for (let i = 0; i < Math.min(requests, Number(values['in-flight'])); i++) sendNext();
