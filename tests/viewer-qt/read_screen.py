#!/usr/bin/python3
# SPDX-License-Identifier: GPL-3.0-or-later
"""Says what is on the screen, as a screen reader learns it (AT-SPI): read_screen.py WIDTH HEIGHT.

Prints a JSON object a line for each thing that is showing and lies within all that it is in, within the screen, too.
"""

import json
import sys

import gi

gi.require_version("Atspi", "2.0")
from gi.repository import Atspi, GLib  # noqa: E402

TABLES = (Atspi.Role.TABLE, Atspi.Role.TREE, Atspi.Role.TREE_TABLE)


def rect_of(thing):
    extents = thing.get_extents(Atspi.CoordType.SCREEN)
    return extents.x, extents.y, extents.x + extents.width, extents.y + extents.height


def common(a, b):
    return max(a[0], b[0]), max(a[1], b[1]), min(a[2], b[2]), min(a[3], b[3])


def read(thing, frame):
    """`frame`: what can be seen of what it is in. False if it lies below that."""
    rect = rect_of(thing)
    seen = common(rect, frame)
    states = thing.get_state_set()
    if not states.contains(Atspi.StateType.SHOWING) or seen[0] >= seen[2] or seen[1] >= seen[3]:
        return rect[1] < frame[3]
    if seen == rect:
        print(json.dumps({
            "role": thing.get_role_name(),
            "name": thing.get_name(),
            "description": thing.get_description(),
            "focusable": states.contains(Atspi.StateType.FOCUSABLE),
            "left": rect[0], "top": rect[1], "width": rect[2] - rect[0], "height": rect[3] - rect[1],
        }))
    # A table may have very many rows below those in sight.
    is_table = thing.get_role() in TABLES
    for i in range(thing.get_child_count()):
        try:
            child = thing.get_child_at_index(i)
            if child is not None and not read(child, seen) and is_table:
                break
        except GLib.Error:  # it has gone since
            pass
    return True


def main():
    screen = 0, 0, int(sys.argv[1]), int(sys.argv[2])
    desktop = Atspi.get_desktop(0)
    for i in range(desktop.get_child_count()):
        program = desktop.get_child_at_index(i)
        for k in range(program.get_child_count()):
            read(program.get_child_at_index(k), screen)


main()
