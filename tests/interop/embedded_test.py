"""Stock and raw clients at a gateway with the embedded inside, without Tor."""
import asyncio
import json
import pathlib
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import autobahn_peer, rawclient, scenarios, socks  # noqa: E402
from support.deployment import REALM, TICKETS, Deployment, sallyport  # noqa: E402
from support.rawclient import CALL, ERROR, PUBLISH, REGISTER, SUBSCRIBE  # noqa: E402
from support.runner import Suite, equal, eventually  # noqa: E402

from autobahn.wamp.exception import ApplicationError  # noqa: E402

suite = Suite("embedded")
world = Deployment(limits='handshake_timeout = "2s"')


@suite.setup
def start():
    world.start()


@suite.teardown
def stop():
    equal(world.stop()[-1], 0, "exit code of an orderly stop")
    eventually(lambda: not world.left_behind(), "no process is left behind", 5)


async def _everything(transport):
    inside = await world.connect_inside()
    outside = await world.connect_outside(transport)
    await scenarios.everything(outside, inside)
    await outside.goodbye()
    await inside.goodbye()


@suite.test
async def calls_errors_and_events_over_websocket_json():
    await _everything("ws-json")


@suite.test
async def calls_errors_and_events_over_websocket_msgpack():
    await _everything("ws-msgpack")


@suite.test
async def calls_errors_and_events_over_rawsocket_msgpack():
    await _everything("rs-msgpack")


@suite.test
async def calls_errors_and_events_over_websocket_cbor():  # W-WS-01
    await _everything("ws-cbor")


@suite.test
async def calls_errors_and_events_over_rawsocket_cbor():  # W-RAW-01
    await _everything("rs-cbor")


@suite.test
async def a_service_over_websocket_json_is_as_good():
    inside = await world.connect_inside("ws-json")
    outside = await world.connect_outside("rs-msgpack")
    await scenarios.everything(outside, inside)
    await outside.goodbye()
    await inside.goodbye()


@suite.test
async def a_procedure_registered_outside_is_called_from_within():
    inside = await world.connect_inside()
    outside = await world.connect_outside("ws-json")

    def rotate(degrees, axis=None):
        if axis is None:
            raise ApplicationError("lab.error.no_axis", degrees)
        return [degrees, axis]
    registration = await outside.register(rotate, "lab.dome.rotate")
    equal(await inside.call("lab.dome.rotate", 5, axis="z"), [5, "z"])
    try:
        await inside.call("lab.dome.rotate", 9)
        raise AssertionError("no error")
    except ApplicationError as error:
        equal((error.error, list(error.args)), ("lab.error.no_axis", [9]))
    await registration.unregister()
    try:
        await inside.call("lab.dome.rotate", 5, axis="z")
        raise AssertionError("no error")
    except ApplicationError as error:
        equal(error.error, "wamp.error.no_such_procedure")
    await outside.goodbye()
    await inside.goodbye()


@suite.test
async def an_outside_subscriber_hears_an_outside_publisher():
    publisher = await world.connect_outside("ws-json")
    subscriber = await world.connect_outside("rs-msgpack")
    await scenarios.events(publisher, subscriber, "lab.chat")
    await publisher.goodbye()
    await subscriber.goodbye()


@suite.test
async def a_wrong_ticket_and_an_unknown_principal_get_the_same_refusal():
    reasons = []
    for authid, ticket in (("alice", "wrong"), ("mallory", "wrong")):
        try:
            await autobahn_peer.connect(socks.plain(world.local), "ws-json", REALM, authid, ticket)
            raise AssertionError(f"{authid} was let in")
        except autobahn_peer.JoinRefused as refused:
            reasons.append((refused.reason, str(refused)))
    equal(reasons[0], reasons[1])
    equal(reasons[0][0], "wamp.error.authentication_denied")


@suite.test
def welcome_says_who_one_is():
    client = world.raw("alice")
    details = client.details
    equal((details["authid"], details["authrole"], details["authmethod"], details["realm"]),
          ("alice", "operator", "ticket", REALM))
    guest = world.raw()
    equal((guest.details["authrole"], guest.details["authmethod"]), ("guest", "anonymous"))
    client.close()
    guest.close()


@suite.test
def an_unknown_realm_is_refused():
    client = rawclient.Client(rawclient.RawSocket(socks.plain(world.local)))
    answer = client.join("elsewhere")
    equal((answer[0], answer[2]), (rawclient.ABORT, "wamp.error.no_such_realm"))
    assert client.closed()
    client.close()


def _answer_bytes(client, procedure):
    """The answer to a call as it came, with the request's id made equal."""
    client.send(CALL, client.next_request(), {}, procedure, [1], {"a": 2})
    data = client.transport.receive_bytes()
    message = rawclient.decode(client.transport.serializer, data)
    equal(message[:3], [ERROR, CALL, client.request])
    return rawclient.encode(client.transport.serializer, [*message[:2], 1, *message[3:]]), len(data)


@suite.test
def a_denied_call_gets_the_same_bytes_as_a_call_to_nothing():
    service = world.raw_inside()
    for name in ("power_off", "only_within", "secret"):
        equal(service.ask(REGISTER, {}, f"lab.{name}")[0], rawclient.REGISTERED)
    for serializer, websocket in ((rawclient.MSGPACK, False), (rawclient.JSON, True)):
        alice, guest = (world.raw(who, serializer, websocket) for who in ("alice", None))
        answers = {
            "forbidden, exists": _answer_bytes(alice, "lab.power_off"),
            "refused by the second door": _answer_bytes(alice, "lab.only_within"),
            "no allow, exists": _answer_bytes(guest, "lab.secret"),
            "no allow, exists not": _answer_bytes(guest, "lab.nothing_here"),
            "no route": _answer_bytes(guest, "elsewhere.thing"),
            "allowed, no route": _answer_bytes(alice, "elsewhere.thing"),
            "meta": _answer_bytes(guest, "wamp.session.kill"),
        }
        for what, answer in answers.items():
            equal(answer, answers["forbidden, exists"], what)
        equal(rawclient.decode(serializer, answers["no route"][0]), [ERROR, CALL, 1, {}, "wamp.error.not_authorized"])
        allowed = rawclient.decode(serializer, _answer_bytes(alice, "lab.nothing_here")[0])
        equal(allowed, [ERROR, CALL, 1, {}, "wamp.error.no_such_procedure"], "allowed and not there")
        alice.close()
        guest.close()
    service.close()


@suite.test
def guests_may_do_what_the_policy_says_and_no_more():  # W-AUZ-02
    guest = world.raw()
    equal(guest.ask(SUBSCRIBE, {}, "lab.weather")[0], rawclient.SUBSCRIBED)
    for message in ((SUBSCRIBE, {}, "lab.chat"), (SUBSCRIBE, {"match": "prefix"}, "lab."),
                    (PUBLISH, {"acknowledge": True}, "lab.weather"), (REGISTER, {}, "lab.look"),
                    (SUBSCRIBE, {"match": "wildcard"}, "lab."), (SUBSCRIBE, {}, "wamp.session.on_join")):
        answer = guest.ask(*message)
        equal((answer[0], answer[1], answer[4:]), (ERROR, message[0], ["wamp.error.not_authorized"]), message)
    guest.send(PUBLISH, guest.next_request(), {}, "lab.chat")
    equal(guest.call("lab.nothing")[0], ERROR, "an unacknowledged publication that is denied gets no reply")
    guest.close()


@suite.test
def a_rules_limits_hold():
    service = world.raw_inside()
    for name in ("lab.gently.nap", "lab.seldom.look"):
        equal(service.ask(REGISTER, {}, name)[0], rawclient.REGISTERED)
    alice = world.raw("alice")
    answer = alice.call("lab.gently.nap", "x" * 2000)
    equal(answer[4], "wamp.error.payload_size_exceeded")
    alice.send(CALL, alice.next_request(), {}, "lab.gently.nap")
    first = alice.request
    equal(service.receive()[0], rawclient.INVOCATION)
    refused = alice.call("lab.gently.nap")
    equal(refused[:3], [ERROR, CALL, alice.request], "the second call in flight")
    timed_out = alice.answer()
    equal((timed_out[:3], timed_out[4]), ([ERROR, CALL, first], "wamp.error.timeout"))
    answers = []
    for _ in range(4):
        alice.send(CALL, alice.next_request(), {}, "lab.seldom.look")
    for _ in range(2):
        answers.append(alice.answer())
    assert all(answer[0] == ERROR for answer in answers), answers
    alice.close()
    service.close()


@suite.test
def the_callee_sees_who_calls_only_as_the_gateway_says():
    service = world.raw_inside()
    equal(service.ask(REGISTER, {}, "lab.who")[0], rawclient.REGISTERED)
    alice = world.raw("alice")
    alice.send(CALL, alice.next_request(), {"forward_for": [{"session": 1, "authid": "root", "authrole": "service"}],
                                            "caller": 7, "x_own": 1}, "lab.who", [1])
    invocation = service.receive()
    equal(invocation[0], rawclient.INVOCATION)
    assert "root" not in str(invocation), invocation
    assert "x_own" not in str(invocation), invocation
    service.send(rawclient.YIELD, invocation[1], {"x_leak": 1}, ["me"])
    equal(alice.answer(), [rawclient.RESULT, alice.request, {}, ["me"]])
    alice.close()
    service.close()


@suite.test
def a_caller_that_leaves_ends_its_call_within():
    service = world.raw_inside()
    equal(service.ask(REGISTER, {}, "lab.long")[0], rawclient.REGISTERED)
    alice = world.raw("alice")
    alice.send(CALL, alice.next_request(), {}, "lab.long")
    invocation = service.receive()
    alice.close()
    equal(service.receive()[:2], [rawclient.INTERRUPT, invocation[1]])
    service.close()


@suite.test
def a_cancelled_call_ends_once():
    service = world.raw_inside()
    equal(service.ask(REGISTER, {}, "lab.cancel")[0], rawclient.REGISTERED)
    alice = world.raw("alice")
    alice.send(CALL, alice.next_request(), {}, "lab.cancel")
    invocation = service.receive()
    alice.send(rawclient.CANCEL, alice.request, {"mode": "killnowait"})
    answer = alice.answer()
    equal((answer[:3], answer[4]), ([ERROR, CALL, alice.request], "wamp.error.canceled"))
    equal(service.receive()[:2], [rawclient.INTERRUPT, invocation[1]])
    service.send(rawclient.YIELD, invocation[1], {}, ["late"])
    equal(alice.call("lab.nothing")[2], alice.request, "the late result is not passed on")
    alice.close()
    service.close()


@suite.test
def a_logout_is_a_goodbye_like_any_other():  # W-SEC-22
    leaver, sibling = world.raw("alice"), world.raw("alice")
    leaver.send(rawclient.GOODBYE, {}, "wamp.close.logout")
    equal(leaver.receive()[2], "wamp.close.goodbye_and_out")
    equal(sibling.call("lab.nothing")[:2], [ERROR, CALL])
    leaver.close()
    sibling.close()


@suite.test
def goodbye_is_answered_and_another_session_may_follow():  # W-SES-09
    client = world.raw("alice")
    first = client.session
    client.send(rawclient.GOODBYE, {}, "wamp.close.close_realm")
    answer = client.receive()
    equal((answer[0], answer[2]), (rawclient.GOODBYE, "wamp.close.goodbye_and_out"))
    client.request = 0
    answer = client.join(REALM, "alice", TICKETS["alice"][1])
    equal(answer[0], rawclient.WELCOME)
    assert answer[1] != first
    client.close()


@suite.test
async def many_calls_at_once_are_answered_each():
    inside = await world.connect_inside()
    await scenarios.offer_services(inside)
    outsides = [await world.connect_outside(t) for t in autobahn_peer.TRANSPORTS]
    results = await asyncio.gather(*(o.call("lab.add2", n, i) for i, o in enumerate(outsides) for n in range(300)))
    equal(results, [n + i for i in range(len(outsides)) for n in range(300)])
    for peer in (*outsides, inside):
        await peer.goodbye()


@suite.test
def each_line_of_a_json_log_is_an_object():
    logged = Deployment(name="json-log").write()
    logged.start_gateway(options=["--log-format", "json"])
    logged.wait_link()
    guest = logged.raw()
    equal(guest.call("lab.secret \"\x1b[2J")[0], ERROR)
    guest.close()
    equal(logged.stop()[-1], 0, "exit code of an orderly stop")
    lines = [json.loads(line) for line in logged.gateway.text().splitlines()]
    equal({tuple(line) for line in lines}, {("time", "level", "program", "message")})
    equal({line["program"] for line in lines}, {"sallyport", "gateway", "inside", "authenticator"})
    assert any(line["message"] == "ready" for line in lines), lines

    failed = sallyport("serve", "--config", logged.dir / "nowhere.toml", "--log-format", "json")
    equal(failed.returncode, 2)
    [line] = [json.loads(line) for line in failed.stderr.splitlines()]
    equal((line["level"], line["program"]), ("error", "sallyport"))
    assert "nowhere.toml" in line["message"], line


@suite.test
def a_log_has_nothing_below_its_level():
    quiet = Deployment(name="quiet-log").write()
    quiet.start_gateway(options=["--log-level", "error"])
    quiet.wait_link()
    equal(quiet.stop()[-1], 0, "exit code of an orderly stop")
    equal(quiet.gateway.text(), "")


if __name__ == "__main__":
    suite.main()
