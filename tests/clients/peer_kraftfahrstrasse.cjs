// node peer_kraftfahrstrasse.cjs URL REALM AUTHID TICKET SERIALIZER: what clients_test.py asks for, as one line of JSON.
const wamp = require('@verkehrsministerium/kraftfahrstrasse');

const sample = {text: 'Grüße, 世界', number: -7, large: 2 ** 53, real: 1.5, yes: true, none: null, list: [1, [2, []]], dict: {a: {}}};
const [endpoint, realm, authid, ticket, serializer] = process.argv.slice(2);
const serializers = {json: () => new wamp.JSONSerializer(), msgpack: () => new wamp.NodeMSGPackSerializer()};

(async () => {
    const connection = new wamp.Connection({endpoint, realm, serializer: serializers[serializer](), transport: wamp.NodeWebSocketTransport,
        transportOptions: {}, authProvider: new wamp.TicketAuthProvider(authid, async () => ({signature: ticket, details: {}}))});
    await connection.Open();
    const result = {};
    let heard;
    const news = new Promise((resolve) => { heard = resolve; });
    await connection.Subscribe('lab.news', (args, kwargs) => heard([args, kwargs]));
    await connection.Register('lab.twice', async (args) => ({args: [2 * args[0]], kwArgs: {}}));
    result.echo = (await connection.Call('lab.echo', [sample, 'x'], {key: sample})[0]).args[0];
    result.poke = (await connection.Call('lab.poke')[0]).args[0];
    result.news = await news;
    result.refused = await connection.Call('wiki.read')[0].then(() => 'permitted', (error) => error.errorUri ?? String(error));
    await (await connection.Publish('lab.told', [sample], {n: 2}, {acknowledge: true})).OnPublished();
    console.log(JSON.stringify(result));
    process.exit(0);
})().catch((error) => {
    console.error(error);
    process.exit(1);
});
