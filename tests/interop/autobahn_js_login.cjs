// autobahn-js as it is: logs in once, calls nothing, and prints what came of it as one line of JSON.
//   node autobahn_js_login.cjs SOCKET REALM METHOD AUTHID SECRET
const autobahn = require('autobahn');

const [socket, realm, method, authid, secret] = process.argv.slice(2);
const pair = method === 'cryptosign' ? require('tweetnacl').sign.keyPair.fromSeed(Buffer.from(secret, 'hex')) : null;

function onchallenge(session, asked, extra) {
    if (asked === 'ticket') return secret;
    if (asked === 'cryptosign') return autobahn.auth_cryptosign.sign_challenge(pair, extra);
    let key = secret;
    if (extra.salt) key = autobahn.auth_cra.derive_key(secret, extra.salt, extra.iterations, extra.keylen);
    return autobahn.auth_cra.sign(key, extra.challenge);
}

function end(result) {
    console.log(JSON.stringify(result));
    process.exit(0);
}

const connection = new autobahn.Connection({
    transports: [{type: 'rawsocket', path: socket, protocols: ['wamp.2.json']}],
    realm, authid, onchallenge,
    authmethods: [method],
    authextra: pair ? {pubkey: autobahn.auth_cryptosign.public_key(pair), trustroot: null, challenge: null,
                       channel_binding: null} : undefined,
    max_retries: 0,
});
connection.onopen = (session, details) => end({
    authid: details.authid, authrole: details.authrole, authmethod: details.authmethod});
connection.onclose = (reason, details) => end({refused: details.reason, how: reason});
connection.open();
setTimeout(() => end({refused: 'no answer'}), 20000);
