"""What a soak measures at its quiet points, and what it concludes: slopes of memory and descriptors, process by process."""
import math
import os
from collections import namedtuple

from support import processes

PERCENT_PER_HOUR = 1.0
# What a process may grow by without being told from one that does not: an allocator returns memory in steps (glibc trims a heap
# that has more than 128 KiB free at its end, and there is one heap for each thread that allocates), and pages of the program are
# read when they are needed for the first time. It is an amount, so a long soak sees through it: 256 KiB in two hours are
# 128 KiB/h, which is 1 % of 13 MiB. A leak of that size in every hour is found as soon as it exceeds the sum.
NOISE_KIB = 256
WARM_UP_HOURS = 90 / 3600
NOISE_ERRORS = 3  # and a slope of less than three standard errors is none

Sample = namedtuple("Sample", "hours kib descriptors")
Slope = namedtuple("Slope", "kib_per_hour percent error grown samples")


class Series:
    """The samples of one process. It may be replaced by another with another pid: then a new part begins."""

    def __init__(self):
        self.parts, self.pid = [], None

    def add(self, pid, sample):
        if pid != self.pid:
            self.pid = pid
            self.parts.append([])
        self.parts[-1].append(sample)

    def settled(self, warm_up_hours):
        """The parts without their warm-up, which each process has anew: until it has met everything once, but at most half its life."""
        kept = []
        for part in self.parts:
            begin = part[0].hours
            wait = min(max(warm_up_hours, WARM_UP_HOURS), (part[-1].hours - begin) / 2)
            rest = [sample for sample in part if sample.hours - begin >= wait]
            if len(rest) >= 3:
                kept.append(rest)
        return kept

    def slope(self, warm_up_hours):
        """Least squares: one slope, and a level for each part. None if there are too few samples."""
        parts = self.settled(warm_up_hours)
        count = sum(map(len, parts))
        if count - len(parts) < 3:
            return None
        xx = xy = yy = 0.0
        for part in parts:
            x = sum(s.hours for s in part) / len(part)
            y = sum(s.kib for s in part) / len(part)
            xx += sum((s.hours - x) ** 2 for s in part)
            xy += sum((s.hours - x) * (s.kib - y) for s in part)
            yy += sum((s.kib - y) ** 2 for s in part)
        slope = xy / xx
        error = math.sqrt(max(0.0, yy - slope * xy) / (count - len(parts) - 1) / xx)
        level = sum(s.kib for part in parts for s in part) / count
        measured = sum(part[-1].hours - part[0].hours for part in parts)
        return Slope(slope, 100 * slope / level, error, slope * measured, count)

    def memory_grows(self, warm_up_hours):
        """Whether it grows by more than a percent in an hour, and by more than noise."""
        slope = self.slope(warm_up_hours)
        return bool(slope and slope.percent > PERCENT_PER_HOUR and slope.grown > NOISE_KIB and
                    slope.kib_per_hour > NOISE_ERRORS * slope.error)

    def descriptors(self, warm_up_hours):
        """The fewest of the first third and of the last third of the part in which these differ most. At a quiet point only
        what stays is open, so one more is one too many."""
        worst = None
        for part in self.settled(warm_up_hours):
            third = max(1, len(part) // 3)
            first, last = (min(s.descriptors for s in some) for some in (part[:third], part[-third:]))
            if worst is None or last - first > worst[1] - worst[0]:
                worst = first, last
        return worst

    def descriptors_leak(self, warm_up_hours):
        found = self.descriptors(warm_up_hours)
        return bool(found and found[1] > found[0])


def look_at(pid, hours, clients):
    """A sample of that process, without the descriptors of so many clients that are there. Only root can read those of a process
    that is not dumpable."""
    return Sample(hours, processes.rss_kb(pid)[0], len(os.listdir(f"/proc/{pid}/fd")) - clients)


def report(series, warm_up_hours):
    """The lines of a table over all processes, by name, and what is wrong."""
    lines = [f"{'process':22} {'lives':>5} {'samples':>7} {'RSS KiB':>8} {'KiB/h':>9} {'%/h':>8} {'±':>7} {'grown':>7}  descriptors"]
    wrong = []
    for name, one in series.items():
        slope, found = one.slope(warm_up_hours), one.descriptors(warm_up_hours)
        if not slope:
            lines.append(f"{name:22} {len(one.parts):5}  too few samples")
            wrong.append(f"{name}: too few samples to say anything")
            continue
        level = 100 * slope.kib_per_hour / slope.percent if slope.percent else one.parts[-1][-1].kib
        lines.append(f"{name:22} {len(one.parts):5} {slope.samples:7} {level:8.0f} {slope.kib_per_hour:+9.1f} {slope.percent:+8.2f} "
                     f"{100 * slope.error / level:7.2f} {slope.grown:+7.0f}  {found[0]} -> {found[1]}")
        if one.memory_grows(warm_up_hours):
            wrong.append(f"{name}: memory grows by {slope.percent:.2f} % in an hour")
        if one.descriptors_leak(warm_up_hours):
            wrong.append(f"{name}: {found[1] - found[0]} descriptors more than at first")
    return lines, wrong
