#!/usr/bin/python3
"""Compares two measurements of `nestling-cli bench --json` or `nestling-bench --json` as ratios.

    tests/bench/compare.py BEFORE.json AFTER.json [--tolerance 0.1]

Prints each number that both have with after ÷ before, and exits with 1 if something is worse: a count
that grew at all, or a time or speed by more than the tolerance. Times mean something only where both
were measured on the same machine, best in turns.
"""

import argparse
import json
import sys

# Numbers for which more is better, and those that vary from run to run.
SPEEDS = ("tokens_per_second", "gigabytes_per_second", "gigaflops", "gflops_per_second",
          "of_memcpy", "share_of_reading")
TIMES = ("seconds", "milliseconds", "ratio")
# Numbers that say what was measured.
SIZES = ("tokens", "repeats", "rows", "columns", "size", "all_layer_flops_per_token",
         "least_weight_bytes_per_token")


def numbers(node, path=()):
    """Every number of a JSON value with where it stands. Lists of products go by name and type."""
    if isinstance(node, dict):
        for key, value in node.items():
            yield from numbers(value, path + (key,))
    elif isinstance(node, list):
        for index, value in enumerate(node):
            name = str(index)
            if isinstance(value, dict):
                name = " ".join(str(value[key]) for key in ("product", "type", "kind")
                                if key in value) or name
            yield from numbers(value, path + (name,))
    elif isinstance(node, (int, float)) and not isinstance(node, bool):
        yield path, node


def is_worse(key, ratio, tolerance):
    """Whether after ÷ before of a number is a step back."""
    if key in SIZES:
        return False
    if key.endswith(SPEEDS):
        return ratio < 1 - tolerance
    return ratio > (1 + tolerance if key.endswith(TIMES) else 1)


def main():
    parser = argparse.ArgumentParser(description="Compares two measurements as ratios.")
    parser.add_argument("before")
    parser.add_argument("after")
    parser.add_argument("--tolerance", type=float, default=0.1, help="of times and speeds")
    arguments = parser.parse_args()
    with open(arguments.before, encoding="utf-8") as file:
        before = dict(numbers(json.load(file)))
    with open(arguments.after, encoding="utf-8") as file:
        after = dict(numbers(json.load(file)))

    worse = 0
    shared = [path for path in before if path in after]
    if not shared:
        sys.exit("The files have no number in common.")
    for path in shared:
        old, new = before[path], after[path]
        ratio = new / old if old else (1.0 if new == old else float("inf"))
        mark = is_worse(path[-1], ratio, arguments.tolerance)
        worse += mark
        print(f"{' / '.join(path):60} {old:16.6g} {new:16.6g} {ratio:8.3f}"
              f"{'  worse' if mark else ''}")
    sys.exit(1 if worse else 0)


if __name__ == "__main__":
    main()
