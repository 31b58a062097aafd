// node peer_wampy.mjs URL REALM AUTHID TICKET SERIALIZER: what clients_test.py asks for, as one line of JSON.
import {createRequire} from 'node:module';

const load = createRequire(process.env.NODE_PATH + '/');
const {Wampy} = load('wampy');
const WebSocket = load('ws');
const serializers = {
    json: () => new (load('wampy/JsonSerializer.js').JsonSerializer)(),
    msgpack: () => new (load('wampy/MsgpackSerializer.js').MsgpackSerializer)(),
    cbor: () => new (load('wampy/CborSerializer.js').CborSerializer)(),
};
const sample = {text: 'Grüße, 世界', number: -7, large: 2 ** 53, real: 1.5, yes: true, none: null, list: [1, [2, []]], dict: {a: {}}};
const [url, realm, authid, ticket, serializer] = process.argv.slice(2);
const client = new Wampy(url, {realm, authid, authmethods: ['ticket'], onChallenge: () => ticket, ws: WebSocket,
    serializer: serializers[serializer](), autoReconnect: false});
await client.connect();
const result = {};
let heard;
const news = new Promise((resolve) => { heard = resolve; });
await client.subscribe('lab.news', (event) => heard([event.argsList, event.argsDict]));
await client.register('lab.twice', ({argsList}) => ({argsList: [2 * argsList[0]]}));
result.echo = (await client.call('lab.echo', {argsList: [sample, 'x'], argsDict: {key: sample}})).argsList[0];
result.poke = (await client.call('lab.poke')).argsList[0];
result.news = await news;
result.refused = await client.call('wiki.read').then(() => 'permitted', (error) => error.errorUri);
await client.publish('lab.told', {argsList: [sample], argsDict: {n: 2}});
await client.unregister('lab.twice');
await client.disconnect();
// Its MessagePack and CBOR give integers of 64 bits as BigInt.
console.log(JSON.stringify(result, (key, value) => (typeof value === 'bigint' ? Number(value) : value)));
process.exit(0);
