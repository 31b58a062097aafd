"""A few lines of test runner: tests are functions in the order in which they stand, run one after the other.

    suite = Suite("name")

    @suite.test
    def a_sentence_about_what_holds(): ...

    if __name__ == "__main__":
        suite.main()

A test may be a coroutine function. Each has a bound in seconds, after which it has failed. The last line printed is
"N passed, M failed", the exit code 0 only if all passed and at least one ran.
"""
import asyncio
import faulthandler
import inspect
import os
import signal
import sys
import time
import traceback

from support import processes


class TestTimeout(Exception):
    pass


def _alarm(*_):
    raise TestTimeout("the test took too long")


class Suite:
    def __init__(self, name):
        self.name, self.tests, self.setups, self.teardowns = name, [], [], []

    def test(self, function=None, timeout=60):
        def add(f):
            self.tests.append((f, timeout))
            return f
        return add(function) if function else add

    def setup(self, function):
        self.setups.append(function)
        return function

    def teardown(self, function):
        self.teardowns.append(function)
        return function

    def _run(self, function, timeout):
        """None, or the text of what went wrong."""
        signal.alarm(timeout)
        try:
            if inspect.iscoroutinefunction(function):
                asyncio.run(asyncio.wait_for(function(), timeout))
            else:
                function()
        except Exception:  # noqa: BLE001  the text is the result
            return traceback.format_exc()
        finally:
            signal.alarm(0)
        return None

    def main(self):
        faulthandler.enable()
        signal.signal(signal.SIGALRM, _alarm)
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
        only = sys.argv[1:]
        passed, failed = 0, []
        try:
            trouble = None
            for function in self.setups:
                if not trouble:
                    trouble = self._run(function, 180)
            if trouble:
                failed.append("setup")
                print(f"FAILED setup\n{trouble}{processes.logs()}", flush=True)
            for function, timeout in [] if trouble else self.tests:
                name = function.__name__
                if only and not any(word in name for word in only):
                    continue
                begin = time.monotonic()
                text = self._run(function, timeout)
                took = time.monotonic() - begin
                if text is None:
                    passed += 1
                    print(f"ok     {took:6.2f} s  {name}", flush=True)
                else:
                    failed.append(name)
                    print(f"FAILED {took:6.2f} s  {name}\n{text}{processes.logs()}", flush=True)
        finally:
            for function in reversed(self.teardowns):
                text = self._run(function, 60)
                if text:
                    failed.append("teardown")
                    print(f"FAILED teardown\n{text}", flush=True)
            left = processes.stop_all()
            if left:
                failed.append("processes left behind")
                print(f"left behind: {left}", flush=True)
            for report in processes.sanitizer_reports():
                failed.append("a sanitizer reported something")
                print(report, flush=True)
        processes.remove_scratch()
        for name in failed:
            print(f"  {self.name}: failed: {name}")
        print(f"{passed} passed, {len(failed)} failed", flush=True)
        sys.stdout.flush()
        os._exit(1 if failed or not passed else 0)


def eventually(check, what, timeout=10.0, step=0.03):
    """check() until it returns something true, and return that."""
    end = time.monotonic() + timeout
    while True:
        result = check()
        if result:
            return result
        if time.monotonic() > end:
            raise AssertionError(f"not within {timeout} s: {what}")
        time.sleep(step)


def equal(got, due, what=""):
    assert got == due, f"{what}: got {got!r}, due {due!r}"
