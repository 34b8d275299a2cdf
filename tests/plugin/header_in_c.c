/* SPDX-License-Identifier: GPL-3.0-or-later */
/* goxel_plugin.h as C11: what a host written in C sees of it. */
#include "plugin/goxel_plugin.h"
/* Twice: it must guard itself. */
#include "plugin/goxel_plugin.h"

#include "tests/plugin/header_layout.h"

const size_t layout_in_c[] = {HEADER_LAYOUT};
const size_t layout_in_c_count = sizeof layout_in_c / sizeof *layout_in_c;

_Static_assert(sizeof(goxel_plugin_request_token) == 8, "a token travels in a register");

const goxel_plugin* plugin_as_c_gets_it(void) {
  return goxel_plugin_entry(GOXEL_PLUGIN_ABI_MAJOR);
}
