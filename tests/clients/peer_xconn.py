"""python peer_xconn.py URL REALM AUTHID TICKET SERIALIZER: what clients_test.py asks for, as one line of JSON."""
import json
import os
import sys
import threading
import traceback

from wampproto import auth, serializers
from xconn import types
from xconn.client import Client
from xconn.exception import ApplicationError

SAMPLE = {"text": "Grüße, 世界", "number": -7, "large": 2 ** 53, "real": 1.5, "yes": True, "none": None, "list": [1, [2, []]], "dict": {"a": {}}}
KINDS = {"json": serializers.JSONSerializer, "msgpack": serializers.MsgPackSerializer, "cbor": serializers.CBORSerializer}


def converse(url, realm, authid, ticket, kind):
    session = Client(auth.TicketAuthenticator(authid, ticket), KINDS[kind]()).connect(url, realm)
    result, heard = {}, threading.Event()

    def hear(event):
        result["news"] = [event.args, event.kwargs]
        heard.set()
    session.subscribe("lab.news", hear)
    session.register("lab.twice", lambda invocation: types.Result([2 * invocation.args[0]]))
    result["echo"] = session.call("lab.echo", [SAMPLE, "x"], {"key": SAMPLE}).args[0]
    result["poke"] = session.call("lab.poke").args[0]
    assert heard.wait(10), "no event"
    try:
        session.call("wiki.read")
        result["refused"] = "permitted"
    except ApplicationError as error:
        result["refused"] = error.message
    session.publish("lab.told", [SAMPLE], {"n": 2}, {"acknowledge": True})
    session.leave()
    return result


try:
    print(json.dumps(converse(*sys.argv[1:])), flush=True)
except Exception:
    traceback.print_exc()
    os._exit(1)  # its threads would keep the program alive
os._exit(0)
