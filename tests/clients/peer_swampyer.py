"""python peer_swampyer.py URL REALM AUTHID TICKET SERIALIZER: what clients_test.py asks for, as one line of JSON."""
import json
import sys
import threading

from swampyer import WAMPClientTicket

SAMPLE = {"text": "Grüße, 世界", "number": -7, "large": 2 ** 53, "real": 1.5, "yes": True, "none": None, "list": [1, [2, []]], "dict": {"a": {}}}
url, realm, authid, ticket, kind = sys.argv[1:]
client = WAMPClientTicket(url=url, realm=realm, uri_base="", username=authid, password=ticket, serializers=[kind], auto_reconnect=False)
client.start()
result, heard = {}, threading.Event()


def hear(event, *args, **kwargs):
    result["news"] = [list(args), kwargs]
    heard.set()


client.subscribe("lab.news", hear)
client.register("lab.twice", lambda event, number: 2 * number)
result["echo"] = client.call("lab.echo", SAMPLE, "x", key=SAMPLE)
result["poke"] = client.call("lab.poke")
assert heard.wait(10)
try:
    client.call("wiki.read")
    result["refused"] = "permitted"
except Exception as error:
    result["refused"] = str(error)
client.publish("lab.told", options={"acknowledge": True}, args=[SAMPLE], kwargs={"n": 2})
client.shutdown()
print(json.dumps(result))
