"""A raw client that says whether a request worked, was refused, or led to nothing at all."""
import select
import time

from support.rawclient import (ABORT, CALL, ERROR, EVENT, GOODBYE, INVOCATION, PUBLISH, PUBLISHED, REGISTER, REGISTERED, RESULT, SUBSCRIBE,
                               SUBSCRIBED, Closed)

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


def answers(request):
    """Whether a message is the answer to that request."""
    return lambda message: message[2 if message[0] == ERROR else 1] == request and message[0] in (ERROR, PUBLISHED, REGISTERED, RESULT, SUBSCRIBED)


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

    def _read(self, what):
        """Keeps the next message."""
        try:
            message = self.raw.receive()
        except TimeoutError:
            raise Nothing(f"no {what}") from None
        except Closed:
            raise Ended("closed") from None
        if message[0] in (ABORT, GOODBYE):
            raise Ended(message[2])
        self.kept.append(message)

    def _take(self, suits):
        return next((self.kept.pop(position) for position, message in enumerate(self.kept) if suits(message)), None)

    def first(self, suits, what):
        """The first message, of those that came before or the next ones, for which `suits` holds."""
        while not (message := self._take(suits)):
            self._read(what)
        return message

    def come(self, suits, seconds=0.02):
        """The same, or None if it has not come by then."""
        stream = self.raw.transport.stream
        while not (message := self._take(suits)):
            if not stream.buffer and not select.select([stream.sock], [], [], seconds)[0]:
                return None
            self._read("rest of a message")
        return message

    def message(self, code, what):
        return self.first(lambda message: message[0] == code, what)

    def ask(self, code, *rest):
        self.number += 1
        self.send(code, self.number, *rest)
        return self.number

    def answer(self, request, what="answer"):
        """The answer to a request, progress of a call included."""
        return self._granted(self.first(answers(request), what))

    def called(self, callees, request):
        """The name of the callee that this session's call has come to, and its INVOCATION."""
        end = time.monotonic() + PATIENCE
        while time.monotonic() < end:
            for name, callee in callees.items():
                if invocation := callee.come(lambda message: message[0] == INVOCATION):
                    return name, invocation
            if answer := self.come(answers(request)):
                self._granted(answer)
                raise Ignored("an answer without a call")
        raise Nothing("no INVOCATION")

    @staticmethod
    def _granted(message):
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
