"""The gateway's front and local sockets against clients that misbehave, byte by byte."""
import json
import pathlib
import struct
import sys
import time

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support import processes, rawclient, socks  # noqa: E402
from support.deployment import REALM, TICKETS, Deployment  # noqa: E402
from support.rawclient import ABORT, CALL, CBOR, ERROR, JSON, MSGPACK, SUBSCRIBE, SUBSCRIBED  # noqa: E402
from support.runner import Suite, equal, eventually  # noqa: E402

suite = Suite("transport")
HANDSHAKE_S = 1.0
world = Deployment(limits='handshake_timeout = "1s"\nstall_timeout = "1s"\nmessage_bytes = "64KiB"\n')
VECTORS = processes.SOURCES / "tests/vectors"
PV = "wamp.error.protocol_violation"


@suite.setup
def start():
    world.start()


@suite.teardown
def stop():
    equal(world.stop()[-1], 0, "exit code of an orderly stop")


def _closed_after(sock, low=0.0, high=3.0):
    """Reads until the peer closes; the bytes that came, and that it took as long as it should."""
    begin = time.monotonic()
    sock.settimeout(high + 2)
    data = b""
    try:
        while more := sock.recv(65536):
            data += more
    except ConnectionResetError:
        pass
    took = time.monotonic() - begin
    assert low <= took <= high, f"closed after {took:.2f} s, due {low} to {high} s"
    sock.close()
    return data


@suite.test
def a_client_that_says_nothing_is_closed():
    for path in (world.local, world.front):
        _closed_after(socks.plain(path), HANDSHAKE_S * 0.7, HANDSHAKE_S + 1.5)


@suite.test
def a_client_that_stops_in_the_middle_of_a_handshake_is_closed():
    for first in (b"\x7f", b"\x7f\xf2\0", b"\x7f\xf2\0\0", b"G", b"GET / HTTP/1.1\r\nHost: x\r\n"):
        sock = socks.plain(world.local)
        sock.sendall(first)
        _closed_after(sock, HANDSHAKE_S * 0.7, HANDSHAKE_S + 1.5)


@suite.test
def a_client_that_never_says_hello_is_closed():
    transport = rawclient.RawSocket(socks.plain(world.local))
    _closed_after(transport.sock, HANDSHAKE_S * 0.6, HANDSHAKE_S + 1.5)


@suite.test
def a_client_that_never_answers_the_challenge_is_closed():
    client = rawclient.Client(rawclient.RawSocket(socks.plain(world.local)))
    client.hello(REALM, authid="alice", authmethods=["ticket"])
    equal(client.receive()[0], rawclient.CHALLENGE)
    _closed_after(client.transport.sock, HANDSHAKE_S * 0.5, HANDSHAKE_S + 1.5)


@suite.test
def a_session_that_has_joined_may_stay_silent():
    client = world.raw("alice")
    time.sleep(HANDSHAKE_S * 2)
    equal(client.call("lab.nothing")[0], ERROR)
    client.close()


@suite.test
def rawsocket_hellos_are_answered_as_the_vectors_say():  # W-SER-11, W-SER-12
    for case in json.loads((VECTORS / "rawsocket.json").read_text())["client_hello"]:
        sock = socks.plain(world.local)
        hello, expect = bytes.fromhex(case["hex"]), case["expect"]
        sock.sendall(hello)
        if expect == "accept" and case["serializer"] in (JSON, MSGPACK, CBOR):
            reply = sock.recv(4)
            equal((reply[0], reply[1] & 15, reply[2:]), (0x7F, case["serializer"], b"\0\0"), case)
            sock.close()
        elif hello[0] == 0x47:
            sock.sendall(b"/ HTTP/1.0\r\n\r\n")
            assert _closed_after(sock).startswith(b"HTTP/1."), case
        elif "reply 7f" in expect or expect == "accept":   # accepted ones are here of serializers that are not ours
            due = "7f100000" if expect == "accept" else expect[expect.index("reply 7f") + 6:][:8]
            equal(_closed_after(sock).hex(), due, case)
        else:
            equal(_closed_after(sock), b"", case)


@suite.test
def rawsocket_frames_are_answered_as_the_vectors_say():
    for case in json.loads((VECTORS / "rawsocket.json").read_text())["frames"]:
        if case.get("type") == "msg":
            continue
        client = world.raw("alice")
        client.transport.sock.sendall(bytes.fromhex(case["hex"]))
        if "reply" in case:
            due = bytes.fromhex(case["reply"])
            equal(client.transport.stream.exactly(len(due)), due, case)
        if case.get("expect", "").startswith("fail"):
            assert _ends(client), case
        else:
            equal(client.call("lab.nothing")[0], ERROR, case)
        client.close()


def _ends(client):
    """Whether the connection ends; an ABORT may come first."""
    try:
        while True:
            equal(client.receive()[0], ABORT)
    except rawclient.Closed:
        return True


@suite.test
def a_frame_above_the_limit_ends_the_connection_before_its_body():
    client = world.raw("alice")
    equal(client.transport.peer_max, 65536)
    client.transport.sock.sendall(struct.pack(">I", 65537))
    assert _ends(client)
    client = world.raw("alice")
    equal(client.call("lab.nothing", "x" * (65536 - 200))[0], ERROR, "a message just below the limit")
    client.close()


@suite.test
def what_is_too_big_for_its_receiver_is_answered_or_left_out():
    service = world.raw_inside()
    equal(service.ask(rawclient.REGISTER, {}, "lab.big")[0], rawclient.REGISTERED)
    small = rawclient.Client(rawclient.RawSocket(socks.plain(world.local), length=2))     # takes 2,048 bytes
    equal(small.join(REALM, "alice", TICKETS["alice"][1])[0], rawclient.WELCOME)
    equal(small.ask(SUBSCRIBE, {}, "lab.sizes")[0], SUBSCRIBED)
    small.send(CALL, small.next_request(), {}, "lab.big")
    service.send(rawclient.YIELD, service.receive()[1], {}, ["x" * 5000])
    answer = small.answer()
    equal((answer[:3], answer[4]), ([ERROR, CALL, small.request], "wamp.error.payload_size_exceeded"))
    for text in ("x" * 5000, "short"):
        equal(service.ask(rawclient.PUBLISH, {"acknowledge": True}, "lab.sizes", [text])[0], rawclient.PUBLISHED)
    event = small.receive()
    equal((event[0], event[4]), (rawclient.EVENT, ["short"]))
    small.close()
    service.close()


@suite.test
def a_websocket_message_above_the_limit_ends_the_connection():
    for final in (True, False):
        client = world.raw("alice", JSON, websocket=True)
        try:
            for _ in range(1 if final else 3):
                client.transport.send_frame(1, b" " * (70000 if final else 30000), final)
        except (BrokenPipeError, ConnectionResetError):
            pass
        assert _ends(client)


@suite.test
def a_message_in_fragments_is_put_together():
    client = world.raw("alice", JSON, websocket=True)
    text = json.dumps([CALL, 1, {}, "lab.nothing"]).encode()
    client.transport.send_frame(1, text[:5], False)
    client.transport.send_frame(9, b"ping")
    client.transport.send_frame(0, text[5:9], False)
    client.transport.send_frame(0, text[9:])
    client.transport.sock.settimeout(5)
    equal(client.receive()[:3], [ERROR, CALL, 1])
    client.close()


@suite.test
def an_opcode_that_does_not_fit_the_serializer_ends_the_session():
    client = world.raw("alice", JSON, websocket=True)
    client.transport.send_frame(2, json.dumps([CALL, 1, {}, "lab.nothing"]).encode())
    assert _ends(client)


@suite.test
def an_unmasked_frame_ends_the_connection():
    client = world.raw("alice", JSON, websocket=True)
    client.transport.sock.sendall(b"\x81\x02[]")
    assert _ends(client)


HTTP_GET = "GET / HTTP/1.1\r\n"
HTTP_UPGRADE = {"Host": "x", "Upgrade": "websocket", "Connection": "Upgrade", "Sec-WebSocket-Key": "AAAAAAAAAAAAAAAAAAAAAA==",
                "Sec-WebSocket-Version": "13", "Sec-WebSocket-Protocol": "wamp.2.json"}
END = "Connection: close\r\nContent-Length: 0\r\n\r\n"
BAD_REQUEST = "HTTP/1.1 400 Bad Request\r\n" + END
METHOD_NOT_ALLOWED = "HTTP/1.1 405 Method Not Allowed\r\nAllow: GET\r\n" + END
UPGRADE_REQUIRED = ("HTTP/1.1 426 Upgrade Required\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                    "Connection: Upgrade, close\r\nContent-Length: 0\r\n\r\n")
TEXT = ('<!DOCTYPE html><html lang="en"><meta charset="utf-8"><title>WAMP endpoint</title><p>This address is an endpoint of WAMP, '
        'the Web Application Messaging Protocol. It is for programs that speak WAMP, not for browsers: there is nothing to see here.'
        '</p></html>\n')
PAGE = UPGRADE_REQUIRED.replace("Content-Length: 0", f"Content-Type: text/html; charset=utf-8\r\nContent-Length: {len(TEXT)}") + TEXT
TOO_LARGE = "HTTP/1.1 431 Request Header Fields Too Large\r\n" + END
VERSION_NOT_SUPPORTED = "HTTP/1.1 505 HTTP Version Not Supported\r\n" + END
PROXY_LINE = b"PROXY TCP6 fc00:dead:beef:4dad::0:77 ::1 24 80\r\n"


def _request(line=HTTP_GET, more="", **changed):
    """A request for an upgrade; a header of None is left out, a list is sent as several lines."""
    headers = HTTP_UPGRADE | {name.replace("_", "-"): value for name, value in changed.items()}
    lines = ((name, value) for name, values in headers.items() if values is not None
             for value in (values if isinstance(values, list) else [values]))
    return line + "".join(f"{name}: {value}\r\n" for name, value in lines) + more + "\r\n"


@suite.test
def every_http_refusal_is_the_standards_bare_answer():
    key = HTTP_UPGRADE["Sec-WebSocket-Key"]
    refused = [
        ("NONSENSE\r\n\r\n", BAD_REQUEST),
        (_request(more="X : a\r\n"), BAD_REQUEST),
        (_request(more="X: a\r\n folded\r\n"), BAD_REQUEST),
        (_request(Host=None), BAD_REQUEST),
        (_request(Host=["x", "x"]), BAD_REQUEST),
        (_request(more="Content-Length: 2\r\n") + "[]", BAD_REQUEST),
        (_request(more="Transfer-Encoding: chunked\r\n") + "0\r\n\r\n", BAD_REQUEST),
        (_request("POST / HTTP/1.1\r\n"), METHOD_NOT_ALLOWED),
        (_request("HEAD / HTTP/1.1\r\n"), METHOD_NOT_ALLOWED),
        (_request("GET / HTTP/1.0\r\n"), UPGRADE_REQUIRED),
        (_request("GET / HTTP/2.0\r\n"), VERSION_NOT_SUPPORTED),
        (HTTP_GET + "Host: x\r\n\r\n", UPGRADE_REQUIRED),
        (HTTP_GET + "Host: x\r\nAccept: text/html\r\n\r\n", PAGE),
        (_request(Upgrade="h2c"), UPGRADE_REQUIRED),
        (_request(Connection="keep-alive"), UPGRADE_REQUIRED),
        (_request(Sec_WebSocket_Version="8"), UPGRADE_REQUIRED),
        (_request(Sec_WebSocket_Version=None), UPGRADE_REQUIRED),
        (_request(Sec_WebSocket_Version=["13", "13"]), BAD_REQUEST),
        (_request(Sec_WebSocket_Key=None), BAD_REQUEST),
        (_request(Sec_WebSocket_Key=""), BAD_REQUEST),
        (_request(Sec_WebSocket_Key="AAAA"), BAD_REQUEST),
        (_request(Sec_WebSocket_Key=key[:-1]), BAD_REQUEST),
        (_request(Sec_WebSocket_Key=[key, key]), BAD_REQUEST),
        (_request(Sec_WebSocket_Protocol=None), BAD_REQUEST),
        (_request(Sec_WebSocket_Protocol="wamp.2.ubjson, chat"), BAD_REQUEST),
        (HTTP_GET + "X-Filler: " + "a" * 8192, TOO_LARGE),
    ]
    wrong = []
    for path, first in ((world.local, b""), (world.front, PROXY_LINE), (world.services_path, b"")):
        for request, due in refused:
            sock = socks.plain(path)
            sock.sendall(first + request.encode())
            got = _closed_after(sock).decode(errors="replace")
            if path == world.services_path and due == PAGE:
                due = UPGRADE_REQUIRED
            if got != due:
                wrong.append(f"{request[:300]!r} at {path.name}: got {got!r}, due {due!r}")
    assert not wrong, "\n".join(wrong)


@suite.test
def http_header_lines_mean_what_they_mean_in_any_form():
    for request in (_request(Connection="keep-alive, upgrade", Upgrade=["h2c", "WebSocket"]),
                    _request(Sec_WebSocket_Protocol=["chat", "wamp.2.json"]), _request(more="Content-Length: 0\r\n")):
        sock = socks.plain(world.local)
        sock.sendall(request.encode())
        answer = sock.recv(4096)
        assert answer.startswith(b"HTTP/1.1 101 ") and b"beast" not in answer.lower(), answer
        sock.close()


@suite.test
def the_first_of_the_clients_subprotocols_that_we_have_is_chosen():  # W-WS-06
    sock = socks.plain(world.local)
    sock.sendall(b"GET / HTTP/1.1\r\nHost: x\r\nUpgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\n"
                 b"Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\nSec-WebSocket-Protocol: wamp.2.ubjson, wamp.2.msgpack, wamp.2.json\r\n\r\n")
    answer = sock.recv(4096)
    assert b" 101 " in answer and b"wamp.2.msgpack\r\n" in answer, answer
    assert b"permessage-deflate" not in answer, answer
    sock.close()


@suite.test
def a_headers_flood_is_refused():
    sock = socks.plain(world.local)
    try:
        sock.sendall(b"GET / HTTP/1.1\r\n" + b"X-Filler: " + b"a" * 200000)
    except (BrokenPipeError, ConnectionResetError):
        pass
    _closed_after(sock)


@suite.test
def tors_proxy_line_is_taken_from_the_front_and_its_absence_is_not_fatal_to_others():
    sock = socks.plain(world.front)
    sock.sendall(b"PROXY TCP6 fc00:dead:beef:4dad::0:18 ::1 24 80\r\n\x7f\xf2\0\0")
    transport = rawclient.RawSocket(sock, handshake=False)
    equal(transport.stream.exactly(4)[:1], b"\x7f")
    client = rawclient.Client(transport)
    equal(client.join(REALM)[0], rawclient.WELCOME)
    for bad in (b"PROXY nonsense\r\n\x7f\xf2\0\0", b"PROXY " + b"x" * 5000, b"\x7f\xf2\0\0"):
        sock = socks.plain(world.front)
        try:
            sock.sendall(bad)
        except (BrokenPipeError, ConnectionResetError):
            pass
        data = _closed_after(sock)
        assert data == b"", f"{bad[:20]}: {data}"
    equal(client.call("lab.nothing")[0], ERROR)
    client.close()


def _vector_answers(serializer, case):
    """What a live session gets for one vector: "protocol_violation", "ERROR <uri>" or "accept"."""
    before_join = isinstance(case["wmsg"], list) and case["wmsg"][:1] in ([1], [5])
    if before_join:
        client = rawclient.Client(rawclient.RawSocket(socks.plain(world.local), serializer))
    else:
        client = world.raw("alice", serializer)
    client.transport.send_bytes(rawclient.encode(serializer, case["wmsg"]))
    try:
        answer = client.receive()
        if answer[0] == ABORT:
            assert client.closed(), "open after ABORT"
            return answer[2].removeprefix("wamp.error.") if answer[2] == PV else f"ABORT {answer[2]}"
        return f"ERROR {answer[4]}" if answer[0] == ERROR else "accept"
    finally:
        client.close()


@suite.test
def invalid_messages_are_answered_as_the_vectors_say():
    wrong = []
    cases = json.loads((VECTORS / "invalid-messages.json").read_text())["cases"]
    for serializer in (JSON, MSGPACK):
        for case in cases:
            try:
                got = _vector_answers(serializer, case)
            except (rawclient.Closed, TimeoutError) as error:
                got = repr(error)
            due = case["expect"]
            if due.startswith("ERROR wamp.error.invalid_uri (or"):
                fits = got in ("ERROR wamp.error.invalid_uri", "ERROR wamp.error.not_authorized")
            elif due in ("accept", "ERROR"):
                fits = got.startswith("ERROR")   # alice's policy lets no pattern beyond lab. pass
            else:
                fits = got == due
            if not fits:
                wrong.append(f"{json.dumps(case['wmsg'])} ({case['why']}): got {got}, due {due}")
    assert not wrong, "\n".join(wrong)


@suite.test
def text_that_is_no_message_ends_the_session():
    for serializer, junk in ((JSON, b"{"), (JSON, b"\xff\xfe"), (JSON, b"[48,1,{},\"lab.x\"] x"), (JSON, b"[" * 500),
                             (JSON, b'[48,1,{"timeout":1,"timeout":2},"lab.x"]'), (MSGPACK, b"\xc1"), (MSGPACK, b""),
                             (MSGPACK, b"\xdd\xff\xff\xff\xff"), (MSGPACK, b"\x91" * 500)):
        client = world.raw("alice", serializer)
        client.transport.send_bytes(junk)
        answer = client.receive()
        equal((answer[0], answer[2]), (ABORT, PV), junk[:30])
        assert client.closed(), junk[:30]
        client.close()


@suite.test
def request_ids_that_do_not_follow_each_other_end_the_session():
    client = world.raw("alice")
    client.send(SUBSCRIBE, 1, {}, "lab.weather")
    equal(client.receive()[0], SUBSCRIBED)
    client.send(SUBSCRIBE, 5, {}, "lab.weather")
    answer = client.receive()
    equal((answer[0], answer[2]), (ABORT, PV))
    client.close()


@suite.test(timeout=90)
def a_subscriber_that_does_not_read_is_disconnected_and_others_are_not():
    slow, fast, publisher = world.raw("alice"), world.raw("alice"), world.raw("alice")
    for client in (slow, fast):
        equal(client.ask(SUBSCRIBE, {}, "lab.flood")[0], SUBSCRIBED)
    text = "x" * 30000
    for number in range(200):
        equal(publisher.ask(rawclient.PUBLISH, {"acknowledge": True}, "lab.flood", [number, text])[0], rawclient.PUBLISHED)
        event = fast.receive()
        equal((event[0], event[4][0]), (rawclient.EVENT, number))
    eventually(lambda: "does not read" in world.gateway.text(), "the slow subscriber is disconnected")
    got = 0
    try:
        while True:
            message = slow.receive()
            equal((message[0], message[4][0]), (rawclient.EVENT, got), "nothing is skipped before the end")
            got += 1
    except (rawclient.Closed, TimeoutError) as error:
        assert isinstance(error, rawclient.Closed), "the slow subscriber is still connected"
    assert got < 200
    for client in (slow, fast, publisher):
        client.close()


@suite.test
def sessions_beyond_the_limit_are_refused():
    few = Deployment(limits="sessions = 3", name="few").start()
    try:
        clients = [few.raw() for _ in range(3)]
        sock = socks.plain(few.local)
        sock.settimeout(5)
        try:
            sock.sendall(b"\x7f\xf2\0\0")
            data = sock.recv(4)
            fourth = "" if data[1:2] != b"\xf2" else "accepted"
            if fourth:
                client = rawclient.Client(rawclient.RawSocket(sock, handshake=False))
                client.hello(REALM)
                fourth = client.receive()[0]
        except (rawclient.Closed, ConnectionResetError, BrokenPipeError):
            fourth = "closed"
        assert fourth in ("", "closed", ABORT), fourth
        clients[0].close()
        time.sleep(0.3)
        few.raw().close()
    finally:
        few.stop()


if __name__ == "__main__":
    suite.main()
