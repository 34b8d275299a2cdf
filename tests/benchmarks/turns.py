# SPDX-License-Identifier: GPL-3.0-or-later
"""What scripts that compare two builds of the plugin share: the figures of one, and their ratios to the other's, pair by pair."""

import math
import random
import statistics


def interval_of_median(values):
    """A 95 % interval of the median that supposes nothing of the distribution: two of the sorted values. With fewer than six, all."""
    values, n = sorted(values), len(values)
    below = 0.0  # how likely it is that fewer than `rank` values are below the median
    for rank in range(n // 2):
        below += math.comb(n, rank) / 2**n
        if below > 0.025:
            return values[max(rank - 1, 0)], values[n - max(rank, 1)]
    return values[0], values[-1]


def take_turns(take, plugins, rounds):
    """`take(plugin)` measures one build. Returns what each build gave in each round: [[values of the first], [values of the second], ...].
    The order within a round is random: nothing that comes in turns favours one of them."""
    taken = [[] for _ in plugins]
    for _ in range(rounds):
        for i in random.sample(range(len(plugins)), len(plugins)):
            taken[i].append(take(plugins[i]))
    return taken


def show(value):
    return f"{value:.4g}" if abs(value) < 1e4 else f"{value:.0f}" if abs(value) < 1e6 else f"{value:.3e}"


def figure(name, unit, own, beside=None):
    """Prints a figure of several rounds and, pair by pair, its ratio to the other build's; returns it for JSON."""
    median = statistics.median(own)
    result = {"name": name, "median": median, "min": min(own), "max": max(own), "unit": unit, "reference": None, "ratio": None}
    text = f"{name:34} {show(median):>10} {unit:12}"
    if len(own) > 1:
        text += f" [{show(min(own))} .. {show(max(own))}]"
    if beside is not None:
        result["beside"] = statistics.median(beside)
        text += f"  beside {show(result['beside'])}"
        # A ratio to next to nothing says nothing.
        if all(b > 0 for b in beside):
            ratios = [a / b for a, b in zip(own, beside)]
            low, high = interval_of_median(ratios)
            result |= {"ratio_to_beside": statistics.median(ratios), "ratio_low": low, "ratio_high": high, "pairs": len(ratios)}
            text += f": {statistics.median(ratios):.3f} x"
            if len(ratios) > 1:
                text += f" [{low:.3f} .. {high:.3f}] n={len(ratios)}"
    print(text, flush=True)
    return result
