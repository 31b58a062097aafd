#!/usr/bin/env python3
"""Runs two builds of one benchmark by turns and prints the smallest figure of each and their ratio.

    tests/bench/compare.py BEFORE AFTER [--turns 5]

Both print lines that end with a number; lines are told apart by what comes before it.
"""
import argparse
import re
import subprocess


def figures(program):
    output = subprocess.run([program], check=True, capture_output=True, text=True).stdout
    lines = (re.fullmatch(r"(.*\S)\s+([0-9.]+)", line) for line in output.splitlines())
    return {line[1]: float(line[2]) for line in lines if line}


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
    print(f"{'':46} {'before':>10} {'after':>10} {'ratio':>7}")
    for name, before in least[options.before].items():
        after = least[options.after][name]
        print(f"{name:46} {before:10.0f} {after:10.0f} {after / before:7.2f}")


if __name__ == "__main__":
    main()
