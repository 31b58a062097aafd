"""A raw client that says whether a request worked, was refused, or led to nothing at all."""
from support.rawclient import (ABORT, CALL, ERROR, EVENT, GOODBYE, PUBLISH, PUBLISHED, REGISTER, REGISTERED, RESULT, SUBSCRIBE,  # noqa: F401
                               SUBSCRIBED, UNREGISTERED, Closed)

FEATURES = {
    "caller": ("call_canceling", "call_timeout", "caller_identification", "payload_passthru_mode", "progressive_call_invocations",
               "progressive_call_results"),
    "callee": ("call_canceling", "call_timeout", "caller_identification", "pattern_based_registration", "payload_passthru_mode",
               "progressive_call_invocations", "progressive_call_results", "registration_revocation", "shared_registration"),
    "publisher": ("payload_passthru_mode", "publisher_exclusion", "publisher_identification", "subscriber_blackwhite_listing"),
    "subscriber": ("pattern_based_subscription", "payload_passthru_mode", "publisher_identification", "subscription_revocation")}
ROLES = {role: {"features": dict.fromkeys(names, True)} for role, names in FEATURES.items()}
PATIENCE = 10  # seconds, after which nothing has happened


class Refused(Exception):
    """An ERROR answered the request; its URI."""


class Ended(Exception):
    """The session was ended instead; the reason."""


class Nothing(Exception):
    """Neither the effect nor an error: what was waited for."""


class Ignored(Exception):
    """The request was granted, but without its effect: what was missing."""


class Peer:
    def __init__(self, raw):
        self.raw, self.kept, self.number = raw, [], 0
        raw.transport.sock.settimeout(PATIENCE)

    @property
    def session(self):
        return self.raw.session

    @property
    def details(self):
        return self.raw.details

    def announces(self):
        return {name for role in self.details["roles"].values() for name, there in role.get("features", {}).items() if there}

    def hints(self):
        """The keys of WELCOME.Details and of the roles in it."""
        return {*self.details, *(key for role in self.details["roles"].values() for key in role)}

    def send(self, *message):
        self.raw.send(*message)

    def first(self, suits, what):
        """The first message, of those that came before or the next ones, for which `suits` holds."""
        for position, message in enumerate(self.kept):
            if suits(message):
                return self.kept.pop(position)
        while True:
            try:
                message = self.raw.receive()
            except TimeoutError:
                raise Nothing(f"no {what}") from None
            except Closed:
                raise Ended("closed") from None
            if message[0] in (ABORT, GOODBYE):
                raise Ended(message[2])
            if suits(message):
                return message
            self.kept.append(message)

    def message(self, code, what):
        return self.first(lambda message: message[0] == code, what)

    def ask(self, code, *rest):
        self.number += 1
        self.send(code, self.number, *rest)
        return self.number

    def answer(self, request, what="answer"):
        """The answer to a request, progress of a call included."""
        def suits(message):
            return message[2] == request if message[0] == ERROR else message[0] not in (EVENT, UNREGISTERED) and \
                message[0] in (PUBLISHED, REGISTERED, RESULT, SUBSCRIBED) and message[1] == request
        message = self.first(suits, what)
        if message[0] == ERROR:
            raise Refused(message[4])
        return message

    def register(self, procedure, **options):
        return self.answer(self.ask(REGISTER, options, procedure), "answer to REGISTER")[2]

    def subscribe(self, topic, **options):
        return self.answer(self.ask(SUBSCRIBE, options, topic), "answer to SUBSCRIBE")[2]

    def publish(self, topic, args, **options):
        return self.answer(self.ask(PUBLISH, {"acknowledge": True, **options}, topic, args), "answer to PUBLISH")[2]

    def call(self, procedure, args=(), **options):
        """The arguments of the result."""
        result = self.answer(self.ask(CALL, options, procedure, list(args)), "answer to CALL")
        return result[3] if len(result) > 3 else []

    def event(self, topic):
        return self.message(EVENT, f"event of {topic}")

    def close(self):
        self.raw.close()
