// autobahn-js as it is, in CBOR over a WebSocket: calls, registers, subscribes and publishes, and prints what came of it as
// one line of JSON.
//   node autobahn_js_cbor.cjs PORT REALM AUTHID TICKET
const autobahn = require('autobahn');

const [port, realm, authid, ticket] = process.argv.slice(2);
const values = [0, -1, 23, 24, 255, 70000, 2 ** 40, -(2 ** 40), 1.5, 1e300, true, false, null, '', 'héllo 🌍', 'x'.repeat(300),
                [], {}, [[], {a: [1, {b: null}]}]];

function end(result) {
    console.log(JSON.stringify(result));
    process.exit(0);
}

const connection = new autobahn.Connection({
    transports: [{type: 'websocket', url: `ws://127.0.0.1:${port}/`, serializers: [new autobahn.serializer.CBORSerializer()]}],
    realm, authid, onchallenge: () => ticket, authmethods: ['ticket'], max_retries: 0,
});
connection.onopen = async (session) => {
    try {
        const echoed = await session.call('lab.echo', values, {k: values});
        await session.register('lab.js.add', ([a, b]) => a + b);
        let hear;
        const heard = new Promise((resolve) => { hear = resolve; });
        await session.subscribe('lab.js.out', (args, kwargs) => hear([args, kwargs]));
        await session.call('lab.ask', [40, 2]);
        await session.publish('lab.js.in', [values], {}, {acknowledge: true});
        let error = null;
        await session.call('lab.jammed').catch((refused) => { error = [refused.error, refused.args, refused.kwargs]; });
        end({args: echoed.args, kwargs: echoed.kwargs, heard: await heard, error, values});
    } catch (error) {
        end({failed: String(error.error || error)});
    }
};
connection.onclose = (reason, details) => end({failed: reason, details});
connection.open();
setTimeout(() => end({failed: 'no answer'}), 20000);
