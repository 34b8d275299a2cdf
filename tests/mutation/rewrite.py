# SPDX-License-Identifier: GPL-3.0-or-later
"""Writes a source with all of its mutants in it, each behind a switch (mutant.h), with its lines where they were."""
import re

TOKEN = re.compile(rb'"(?:\\.|[^"\\\n])*"|\'(?:\\.|[^\'\\\n])*\'|//[^\n]*|/\*.*?\*/', re.S)


def one_line(text):
    """The same code without comments and line breaks."""
    text = TOKEN.sub(lambda match: b" " if match.group().startswith(b"/") else match.group(), text)
    return text.replace(b"\n", b" ")


def rewrite(source, sites):
    """`source` with `sites` (all of one file, numbered) in it. Sites nest; they never cross."""
    # An outer site first; of two with the same extent, the statement, then what wraps, then the operator inside.
    rank = {"drop": 0, "wrap": 1, "binary": 2}
    ordered = sorted(sites, key=lambda site: (site.begin, -site.end, rank[site.shape], site.number))

    def render(begin, end, inside):
        out, at = [], begin
        index = 0
        while index < len(inside):
            site = inside[index]
            after = index + 1
            while after < len(inside) and inside[after].begin < site.end:
                after += 1
            out += [source[at:site.begin], mutated(site, inside[index + 1:after])]
            at, index = site.end, after
        return b"".join(out) + source[at:end]

    def within(begin, end, sites_inside):
        return render(begin, end, [each for each in sites_inside if begin <= each.begin and each.end <= end])

    def mutated(site, inside):
        switch = b"GOXEL_MUTANT(%d)" % site.number
        if site.shape == "drop":
            return b"{ if (!%s) %s }" % (switch, within(site.begin, site.end, inside))
        if site.shape == "wrap":
            return site.new.encode().replace(b"{n}", b"%d" % site.number).replace(b"{text}", within(site.begin, site.end, inside))
        # Another operator at the very same place keeps its own switch in the branch that this one leaves alone.
        (left_begin, left_end), (right_begin, right_end) = site.parts
        left, right = (one_line(source[begin:end]) for begin, end in site.parts)
        operator = one_line(source[left_end:right_begin]).strip()
        if site.new == "swap":
            changed = b"(%s) %s (%s)" % (right, operator, left)
        else:
            changed = b"(%s) %s (%s)" % (left, site.new.encode(), right)
        twins = [each for each in inside if (each.begin, each.end) == (site.begin, site.end)]
        if twins:
            kept = mutated(twins[0], [each for each in inside if each is not twins[0]])
        else:
            kept = (within(left_begin, left_end, inside) + source[left_end:right_begin] + within(right_begin, right_end, inside))
        return b"(%s ? (%s) : (%s))" % (switch, changed, kept)

    return (b'#include "tests/mutation/mutant.h"\n#line 1\n' + render(0, len(source), ordered))
