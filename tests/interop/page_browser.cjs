// node page_browser.cjs URL FOLDER: opens the operator page in Chromium, with and without JavaScript, in both schemes, at 360 and 1600 px.
// Writes screenshots to FOLDER and prints one line of JSON: what axe-core finds, what was requested, and what does not fit.
const {spawn} = require('node:child_process');
const fs = require('node:fs');
const os = require('node:os');
const path = require('node:path');

const [url, folder] = process.argv.slice(2);
const profile = fs.mkdtempSync(path.join(os.tmpdir(), 'chromium-'));
const log = path.join(profile, 'log');
const output = fs.openSync(log, 'w');
// Its sandbox does not run as root, and it loads no page but ours.
const browser = spawn('chromium', ['--headless', '--no-sandbox', '--disable-gpu', '--no-first-run', '--disable-background-networking', '--disable-sync',
    '--disable-component-update', '--hide-scrollbars', '--host-resolver-rules=MAP * ~NOTFOUND , EXCLUDE 127.0.0.1', `--user-data-dir=${profile}`,
    '--remote-debugging-pipe', 'about:blank'], {detached: true, stdio: ['ignore', output, output, 'pipe', 'pipe'], env: {...process.env, TMPDIR: profile}});

function end(code, text) {
    (code ? console.error : console.log)(text);
    try {
        process.kill(-browser.pid, 'SIGKILL');
    } catch {
        // It has ended.
    }
    fs.rmSync(profile, {recursive: true, force: true, maxRetries: 20});
    process.exit(code);
}
browser.on('error', (error) => end(1, `${error}; run deploy/install-dependencies --tests`));
browser.on('exit', (code) => end(1, `chromium ended with ${code}: ${fs.readFileSync(log)}`));
setTimeout(() => end(1, `too slow: ${fs.readFileSync(log)}`), 100000);

// The DevTools protocol: JSON texts, each followed by a NUL.
const waiting = new Map();
const requested = [];
const told = [];
let last = 0;
let session;
let loaded = () => {};

function send(method, params = {}) {
    browser.stdio[3].write(`${JSON.stringify({id: ++last, method, params, sessionId: session})}\0`);
    const id = last;
    return new Promise((resolve, reject) => { waiting.set(id, {method, resolve, reject}); });
}

function take(message) {
    if (message.id) {
        const {method, resolve, reject} = waiting.get(message.id);
        waiting.delete(message.id);
        return message.error ? reject(new Error(`${method}: ${message.error.message}`)) : resolve(message.result);
    }
    if (message.method === 'Network.requestWillBeSent') requested.push(message.params.request.url);
    if (message.method === 'Log.entryAdded') told.push(`${message.params.entry.text} ${message.params.entry.url || ''}`);
    if (message.method === 'Page.loadEventFired') loaded();
    return undefined;
}

let rest = '';
browser.stdio[4].setEncoding('utf8');
browser.stdio[4].on('data', (piece) => {
    const texts = (rest + piece).split('\0');
    rest = texts.pop();
    texts.map((text) => JSON.parse(text)).forEach(take);
});

async function open(where) {
    const load = new Promise((resolve) => { loaded = resolve; });
    await send('Page.navigate', {url: where});
    await load;
}

async function value(expression) {
    const {result, exceptionDetails} = await send('Runtime.evaluate', {expression, awaitPromise: true, returnByValue: true});
    if (exceptionDetails) throw new Error(JSON.stringify(exceptionDetails));
    return result.value;
}

async function press(key, code) {
    const event = {key, code: key, windowsVirtualKeyCode: code, nativeVirtualKeyCode: code, text: key === 'Enter' ? '\r' : undefined};
    await send('Input.dispatchKeyEvent', {...event, type: 'keyDown'});
    await send('Input.dispatchKeyEvent', {...event, type: 'keyUp'});
}

async function look(name) {
    const {data} = await send('Page.captureScreenshot', {format: 'png', captureBeyondViewport: true});
    fs.writeFileSync(path.join(folder, `${name}.png`), Buffer.from(data, 'base64'));
}

async function main() {
    const {targetId} = await send('Target.createTarget', {url: 'about:blank'});
    session = (await send('Target.attachToTarget', {targetId, flatten: true})).sessionId;
    for (const domain of ['Page', 'Network', 'Log', 'Runtime', 'DOM']) await send(`${domain}.enable`);
    const home = new URL('/', url).href;
    await open(url);
    const found = {axe: {}, wide: [], focused: [], acted: ''};
    const axe = fs.readFileSync(require.resolve('axe-core/axe.min.js'), 'utf8');
    for (const scripts of [true, false]) {
        await send('Emulation.setScriptExecutionDisabled', {value: !scripts});
        for (const scheme of ['light', 'dark']) {
            for (const width of [360, 1600]) {
                const name = `page-${width}-${scheme}${scripts ? '' : '-without-script'}`;
                await send('Emulation.setEmulatedMedia', {features: [{name: 'prefers-color-scheme', value: scheme}]});
                await send('Emulation.setDeviceMetricsOverride', {width, height: 900, deviceScaleFactor: 1, mobile: false});
                await open(home);
                await look(name);
                if (!scripts) continue;
                found.wide.push(...await value(`[...document.body.querySelectorAll(':not(.scroll *)')].filter((e) => e.getBoundingClientRect().right > innerWidth)
                    .map((e) => '${name}: ' + e.outerHTML.slice(0, 80))`));
                await value(`${axe}; 0`);
                found.axe[name] = await value(`axe.run(document, {runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice']})
                    .then((all) => ({passes: all.passes.length, violations: all.violations.map((one) =>
                        one.id + ': ' + one.nodes.map((node) => node.html + ' ' + node.failureSummary).join(' | '))}))`);
            }
        }
    }
    // By keyboard alone, without JavaScript: up to the first button that drains, and that one.
    const {root} = await send('DOM.getDocument');
    const {nodeId} = await send('DOM.querySelector', {nodeId: root.nodeId, selector: 'button'});
    if (nodeId) {
        await send('DOM.focus', {nodeId});
        const load = new Promise((resolve) => { loaded = resolve; });
        await press('Enter', 13);
        await load;
        const {root: after} = await send('DOM.getDocument');
        const notice = await send('DOM.querySelector', {nodeId: after.nodeId, selector: '.notice'});
        found.acted = notice.nodeId ? (await send('DOM.getOuterHTML', {nodeId: notice.nodeId})).outerHTML : 'no notice';
    }
    await send('Emulation.setScriptExecutionDisabled', {value: false});
    await open(home);
    for (let i = 0; i < 100; ++i) {
        await press('Tab', 9);
        const where = await value(`(() => { const e = document.activeElement; return e === document.body ? '' :
            e.tagName + ' ' + (e.getAttribute('aria-label') || e.textContent || e.name).slice(0, 40); })()`);
        if (!where) break;
        found.focused.push(where);
    }
    end(0, JSON.stringify({...found, requested: [...new Set(requested)].filter((one) => !one.startsWith('about:')), told}));
}
main().catch((error) => end(1, `${error.stack}\n${fs.readFileSync(log)}`));
