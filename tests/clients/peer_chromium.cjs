// node peer_chromium.cjs URL REALM AUTHID TICKET SERIALIZER: what clients_test.py asks for, as one line of JSON. A page in Chromium does it,
// with AutobahnJS as it is shipped for browsers; the page comes from here, and posts its result here.
const {spawn} = require('node:child_process');
const fs = require('node:fs');
const http = require('node:http');
const os = require('node:os');
const path = require('node:path');

// Runs in the page.
function converse([url, realm, authid, ticket, serializer]) {
    const sample = {text: 'Grüße, 世界', number: -7, large: 2 ** 53, real: 1.5, yes: true, none: null, list: [1, [2, []]], dict: {a: {}}};
    const kinds = {json: 'JSONSerializer', msgpack: 'MsgpackSerializer', cbor: 'CBORSerializer'};
    const report = (where, what) => fetch(where, {method: 'POST', body:
        // Its CBOR gives integers of 64 bits as BigInt.
        JSON.stringify(what, (key, value) => (typeof value === 'bigint' ? Number(value) : value))});
    const connection = new autobahn.Connection({url, realm, authid, authmethods: ['ticket'], onchallenge: () => ticket, max_retries: 0,
        serializers: [new autobahn.serializer[kinds[serializer]]()]});
    connection.onopen = async (session) => {
        const result = {};
        let heard;
        const news = new Promise((resolve) => { heard = resolve; });
        await session.subscribe('lab.news', (args, kwargs) => heard([args, kwargs]));
        await session.register('lab.twice', (args) => 2 * args[0]);
        result.echo = await session.call('lab.echo', [sample, 'x'], {key: sample});
        result.poke = await session.call('lab.poke');
        result.news = await news;
        result.refused = await session.call('wiki.read').then(() => 'permitted', (error) => error.error);
        await session.publish('lab.told', [sample], {n: 2}, {acknowledge: true});
        report('/result', result);
    };
    connection.onclose = (reason, details) => report('/failure', [reason, details]);
    window.onunhandledrejection = (event) => report('/failure', String(event.reason && (event.reason.stack || event.reason.error || event.reason)));
    window.onerror = (message) => report('/failure', message);
    connection.open();
}

const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'chromium-'));
const log = path.join(profile, 'log');
let browser;

function end(code, text) {
    (code ? console.error : console.log)(text);
    if (browser) {
        try {
            process.kill(-browser.pid, 'SIGKILL');
        } catch {
            // It has ended.
        }
    }
    fs.rmSync(profile, {recursive: true, force: true, maxRetries: 20});
    process.exit(code);
}

const server = http.createServer((request, response) => {
    let body = '';
    request.on('data', (piece) => { body += piece; });
    request.on('end', () => {
        if (request.url === '/') {
            response.setHeader('Content-Type', 'text/html; charset=utf-8');
            response.end(`<!doctype html><script src="/autobahn.js"></script><script>(${converse})(${JSON.stringify(process.argv.slice(2))})</script>`);
        } else if (request.url === '/autobahn.js') {
            response.setHeader('Content-Type', 'text/javascript; charset=utf-8');
            response.end(fs.readFileSync(require.resolve('autobahn-browser/autobahn.min.js')));
        } else if (request.url === '/result' || request.url === '/failure') {
            end(request.url === '/result' ? 0 : 1, body);
        } else {
            response.writeHead(404).end();
        }
    });
});
server.listen(0, '127.0.0.1', () => {
    const output = fs.openSync(log, 'w');
    // It looks up no names, so nothing of it leaves this machine. Its sandbox does not run as root, and it loads no page but ours.
    browser = spawn('chromium', ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-sync',
        '--disable-component-update', '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1', `--user-data-dir=${profile}`,
        `http://127.0.0.1:${server.address().port}/`], {detached: true, stdio: ['ignore', output, output],
        env: {...process.env, TMPDIR: profile}});
    browser.on('error', (error) => end(1, `${error}; run deploy/install-dependencies --tests`));
    browser.on('exit', (code) => end(1, `chromium ended with ${code}: ${fs.readFileSync(log)}`));
});
setTimeout(() => end(1, `no answer from the page: ${fs.readFileSync(log)}`), 30000);
