// node peer_wampy_parts.mjs URL REALM AUTHID TICKET SERIALIZER: sends the arguments of one call to lab.sum in parts, and prints its result.
import {createRequire} from 'node:module';

const load = createRequire(process.env.NODE_PATH + '/');
const {Wampy} = load('wampy');
const WebSocket = load('ws');
const [url, realm, authid, ticket] = process.argv.slice(2);
const client = new Wampy(url, {realm, authid, authmethods: ['ticket'], onChallenge: () => ticket, ws: WebSocket, autoReconnect: false});
// It has the feature, but does not announce it, and a router must not let it pass then (W-PCI-03).
client._wamp_features.roles.caller.features.progressive_call_invocations = true;
await client.connect();
const parts = [];
const call = client.progressiveCall('lab.sum', 1, {progress_callback: ({argsList}) => parts.push(argsList[0])});
for (const part of [2, 3, 4]) call.sendData(part);
call.sendData(5, {progress: false});
console.log(JSON.stringify({parts, sum: (await call.result).argsList[0]}));
await client.disconnect();
process.exit(0);
