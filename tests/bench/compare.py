#!/usr/bin/env python3
"""Runs two builds of one benchmark by turns and prints the smallest figure of each and their ratio.

    tests/bench/compare.py BEFORE AFTER [--turns 5]

Both print lines of a name and one or more numbers, with two or more spaces between them; lines are matched by their names.
"""
import argparse
import re
import subprocess


def figures(program):
    output = subprocess.run([program], check=True, capture_output=True, text=True).stdout
    found = {}
    for line in output.splitlines():
        match = re.fullmatch(r"(\S.*?)((?:\s{2,}(?:[0-9.]+[x%]?|-))+)", line)
        numbers = [float(word) for word in match[2].split() if word[-1].isdigit()] if match else []
        for column, number in enumerate(numbers, 1):
            found[match[1] if len(numbers) == 1 else f"{match[1]}, column {column}"] = number
    return found


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("before")
    parser.add_argument("after")
    parser.add_argument("--turns", type=int, default=5)
    options = parser.parse_args()
    least = {options.before: {}, options.after: {}}
    for _ in range(options.turns):
        for program, known in least.items():
            for name, value in figures(program).items():
                known[name] = min(value, known.get(name, value))
    for program, known in least.items():
        if not known:
            raise SystemExit(f"tests/bench/compare.py: {program} prints no line of a name and numbers")
    print(f"{'':46} {'before':>10} {'after':>10} {'ratio':>7}")
    unpaired = least[options.before].keys() ^ least[options.after].keys()
    for name, before in least[options.before].items():
        if name in unpaired:
            continue
        after = least[options.after][name]
        ratio = f"{after / before:7.2f}" if before else f"{'-':>7}"
        print(f"{name:46} {before:10.6g} {after:10.6g} {ratio}")
    for name in sorted(unpaired):
        print(f"only one of them prints: {name}")


if __name__ == "__main__":
    main()
