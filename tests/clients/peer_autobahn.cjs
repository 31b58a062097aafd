// node peer_autobahn.cjs URL REALM AUTHID TICKET SERIALIZER: what clients_test.py asks for, as one line of JSON.
const autobahn = require('autobahn');

const sample = {text: 'Grüße, 世界', number: -7, large: 2 ** 53, real: 1.5, yes: true, none: null, list: [1, [2, []]], dict: {a: {}}};
const [url, realm, authid, ticket, serializer] = process.argv.slice(2);
const serializers = {
    json: () => new autobahn.serializer.JSONSerializer(),
    msgpack: () => new autobahn.serializer.MsgpackSerializer(),
    cbor: () => new autobahn.serializer.CBORSerializer(),
};
const connection = new autobahn.Connection({url, realm, authid, authmethods: ['ticket'], onchallenge: () => ticket, max_retries: 0,
    serializers: [serializers[serializer]()]});
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
    // Its CBOR gives integers of 64 bits as BigInt.
    console.log(JSON.stringify(result, (key, value) => (typeof value === 'bigint' ? Number(value) : value)));
    process.exit(0);
};
connection.onclose = (reason, details) => {
    console.error(reason, details);
    process.exit(1);
};
connection.open();
