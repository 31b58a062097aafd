"""What a soak concludes from its samples, and that a soak finds what is planted in it."""
import math
import os
import pathlib
import random
import sys

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parent))
from support import processes  # noqa: E402
from support.runner import Suite, equal  # noqa: E402
from support.soak_measure import NOISE_KIB, Sample, Series, report  # noqa: E402
from support.soak_world import Disturbances  # noqa: E402

suite = Suite("soak")
WARM_UP = 0.2  # of two hours


def series(kib, descriptors=lambda hours: 20, lives=1, count=120, hours=2.0):
    """Samples of a process that is replaced at equal intervals; `kib` and `descriptors` are functions of the hours."""
    one = Series()
    for number in range(count):
        now = hours * number / count
        one.add(1 + number * lives // count, Sample(now, kib(now), descriptors(now)))
    return one


def noise(seed, kib):
    dice = random.Random(seed)
    return lambda: dice.uniform(-kib, kib)


@suite.test
def a_process_that_stays_as_it_is_does_not_grow():
    for seed in range(50):
        rough = noise(seed, 300)
        one = series(lambda hours, rough=rough: 15_000 + rough())
        assert not one.memory_grows(WARM_UP) and not one.descriptors_leak(WARM_UP), one.slope(WARM_UP)
        assert abs(one.slope(WARM_UP).percent) < 1, one.slope(WARM_UP)


@suite.test
def two_percent_in_an_hour_are_found_under_noise():
    for seed in range(50):
        rough = noise(seed, 300)
        one = series(lambda hours, rough=rough: 15_000 + 300 * hours + rough())
        assert one.memory_grows(WARM_UP), (seed, one.slope(WARM_UP))


@suite.test
def a_warm_up_is_not_growth_and_neither_is_a_new_process():
    one = series(lambda hours: 15_000 - 9_000 * math.exp(-hours / 0.02))
    assert not one.memory_grows(WARM_UP), one.slope(WARM_UP)
    one = series(lambda hours: 12_000 + 2_000 * int(hours / 0.5), lives=4)
    equal(one.slope(WARM_UP).kib_per_hour, 0.0)
    one = series(lambda hours: 12_000 + 400 * (hours % 0.5), lives=4)
    assert one.memory_grows(WARM_UP), "what each life grows by is growth"


@suite.test
def less_than_the_floor_of_noise_is_none_however_short_it_takes():
    one = series(lambda hours: 15_000 + NOISE_KIB / 0.05 * hours * 0.9, count=20, hours=0.05)
    assert one.slope(0.005).percent > 1 and not one.memory_grows(0.005)
    one = series(lambda hours: 15_000 + NOISE_KIB / 0.05 * hours * 3, count=20, hours=0.05)
    assert one.memory_grows(0.005)


@suite.test
def one_descriptor_more_is_a_leak_and_one_for_a_moment_is_none():
    assert series(lambda hours: 15_000, lambda hours: 20 + int(hours)).descriptors_leak(WARM_UP)
    assert not series(lambda hours: 15_000, lambda hours: 25 if 1.9 < hours < 1.92 else 20).descriptors_leak(WARM_UP)
    lines, wrong = report({"worker": series(lambda hours: 15_000, lambda hours: 20 + int(hours))}, WARM_UP)
    equal(wrong, ["worker: 1 descriptors more than at first"])
    assert "20 -> 21" in lines[1], lines


@suite.test
def too_few_samples_show_nothing():
    _, wrong = report({"worker": series(lambda hours: 15_000, count=4)}, WARM_UP)
    equal(wrong, ["worker: too few samples to say anything"])


@suite.test
def errors_are_excused_while_something_is_disturbed_and_not_before_or_after():
    disturbed = Disturbances()
    disturbed.GRACE = 0
    assert not disturbed.excuses(0)
    with disturbed.one():
        assert disturbed.excuses(disturbed.since + 1)
    assert disturbed.excuses(disturbed.over - 1) and not disturbed.excuses(disturbed.over + 1)


@suite.test(timeout=500)
def a_short_round_finds_a_wrong_answer():
    told = processes.run([pathlib.Path(__file__).parent / "soak", "0.05", "--plant", "wrong"], timeout=490, env=dict(os.environ))
    equal(told.returncode, 1, told.stdout + told.stderr)
    assert "lab.echo: changed" in told.stdout or "lab.fail: not lab.error.jammed" in told.stdout, told.stdout
    assert "0 wrong |" not in told.stdout.splitlines()[-1], told.stdout


if __name__ == "__main__":
    suite.main()
