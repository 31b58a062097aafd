"""Rules for everything (match = "prefix", uri = ""): what they allow, what stays closed below "wamp.", and what the tools say of them."""
import pathlib
import re
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1]))
from support.deployment import INSIDE_POLICY, REALM, Deployment, sallyport  # noqa: E402
from support.rawclient import (CALL, ERROR, EVENT, INVOCATION, JSON, MSGPACK, PUBLISH, PUBLISHED, REGISTER, REGISTERED,  # noqa: E402
                               RESULT, SUBSCRIBE, SUBSCRIBED, YIELD)
from support.runner import Suite, equal  # noqa: E402

suite = Suite("everything")
RULES = '''
[[allow]]
id = "operators-may-all"
roles = ["operator"]
actions = ["call", "register", "subscribe", "publish"]
match = "prefix"
uri = ""

[[allow]]
id = "guests"
roles = ["guest"]
actions = ["call", "subscribe"]
match = "prefix"
uri = "lab."
'''
world = Deployment(name="all", outside_rules=RULES)


@suite.setup
def start():
    world.write()
    outside = world.dir / "observatory.toml"
    outside.write_text(outside.read_text().replace('match = "prefix"\nuri = "lab."\nto = "inside"', 'match = "prefix"\nuri = ""\nto = "inside"'))
    inside = INSIDE_POLICY.replace('match = "prefix"\nuri = "lab."', 'match = "prefix"\nuri = ""')
    (world.dir / "inside-observatory.toml").write_text(inside)
    world.start_gateway()
    world.wait_link()


@suite.teardown
def stop():
    equal(world.stop()[-1], 0, "exit code of an orderly stop")


@suite.test
def whoever_may_all_calls_registers_publishes_and_subscribes_anywhere():  # W-URI-10, W-AUZ-03
    for serializer in (MSGPACK, JSON):
        service, alice = world.raw_inside(serializer), world.raw("alice", serializer)
        for owner, other, procedure in ((service, alice, f"any.thing{serializer}"), (alice, service, f"some{serializer}.thing")):
            equal(owner.ask(REGISTER, {}, procedure)[0], REGISTERED)
            request = other.next_request()
            other.send(CALL, request, {}, procedure, [1])
            invocation = owner.receive()
            equal((invocation[0], invocation[4]), (INVOCATION, [1]))
            owner.send(YIELD, invocation[1], {}, [2])
            equal(other.receive(), [RESULT, request, {}, [2]])
        for client in (service, alice):
            client.close()


@suite.test
def subscriptions_to_short_prefixes_and_to_the_empty_one_pass():  # W-URI-03, W-URI-07, W-URI-10
    service, alice = world.raw_inside(), world.raw("alice")
    ids = {}
    for prefix in ("", "a", "an", "w"):
        answer = alice.ask(SUBSCRIBE, {"match": "prefix"}, prefix)
        equal(answer[0], SUBSCRIBED, prefix)
        ids[answer[2]] = prefix
    for topic, due in (("any.topic", {"", "a", "an"}), ("weather", {"", "w"}), ("lab.dome", {""})):
        equal(service.ask(PUBLISH, {"acknowledge": True}, topic, [topic])[0], PUBLISHED)
        events = [alice.receive() for _ in due]
        equal({(event[0], ids[event[1]], event[3]["topic"], event[4][0]) for event in events},
              {(EVENT, prefix, topic, topic) for prefix in due})
    # Nobody hears of joins that way: the next event is the next publication.
    world.raw().close()
    equal(service.ask(PUBLISH, {"acknowledge": True}, "last", ["last"])[0], PUBLISHED)
    equal(alice.receive()[3]["topic"], "last")
    guest = world.raw()
    for prefix in ("", "la", "lab"):
        equal(guest.ask(SUBSCRIBE, {"match": "prefix"}, prefix)[4], "wamp.error.not_authorized", prefix)
    equal(guest.ask(SUBSCRIBE, {"match": "prefix"}, "lab.")[0], SUBSCRIBED)
    for client in (service, alice, guest):
        client.close()


@suite.test
def what_begins_with_wamp_stays_closed_to_a_rule_for_everything():  # W-URI-06, W-URI-07, W-AUZ-07
    for client in (world.raw("alice"), world.raw_inside()):
        for message, error in (((CALL, {}, "wamp.session.list"), "not_authorized"), ((CALL, {}, "wamp.session.kill_all"), "not_authorized"),
                               ((SUBSCRIBE, {}, "wamp.session.on_join"), "not_authorized"),
                               ((SUBSCRIBE, {"match": "prefix"}, "wamp."), "not_authorized"),
                               ((PUBLISH, {"acknowledge": True}, "wamp.session.on_join"), "invalid_uri"),
                               ((REGISTER, {}, "wamp.session.list"), "invalid_uri"),
                               ((REGISTER, {"match": "prefix"}, ""), "invalid_uri"), ((REGISTER, {"match": "prefix"}, "wa"), "invalid_uri"),
                               ((REGISTER, {"match": "wildcard"}, ".session.list"), "invalid_uri")):
            answer = client.ask(*message)
            equal((answer[0], answer[4]), (ERROR, f"wamp.error.{error}"), message)
        client.close()


@suite.test
def the_tools_say_of_a_rule_that_it_covers_everything():
    policy = world.dir / "observatory.toml"
    line = 1 + next(number for number, text in enumerate(policy.read_text().splitlines())
                    if text == "[[allow]]")
    checked = sallyport("policy", "check", policy)
    equal((checked.returncode, checked.stderr), (0, ""))
    equal(checked.stdout.splitlines()[1:], [f"{policy}:{line}:1: note: rule operators-may-all allows every procedure and topic "
                                            "(call, register, subscribe, publish) to role operator"])
    explained = sallyport("policy", "explain", policy, "--as", "alice:operator", "--subscribe", "", "--match", "prefix")
    equal((explained.returncode, explained.stderr), (0, ""))
    assert re.search(r'^allow: subscribe "" \(prefix\) as alice:operator\n  rule:   operators-may-all at .*, which covers every URI$',
                     explained.stdout, re.MULTILINE), explained.stdout
    # The other tools work on it too.
    for words in (("unused", policy), ("mutate", policy), ("fmt", "--check", policy)):
        result = sallyport("policy", *words)
        assert result.returncode in (0, 1) and "Traceback" not in result.stderr, (words, result.returncode, result.stderr)
    narrow = world.dir / "narrow.toml"
    narrow.write_text(policy.read_text().replace('match = "prefix"\nuri = ""\n\n[[allow]]', 'match = "prefix"\nuri = "lab."\n\n[[allow]]'))
    differs = sallyport("policy", "diff", narrow, policy)
    assert "operator" in differs.stdout and REALM, differs


if __name__ == "__main__":
    suite.main()
