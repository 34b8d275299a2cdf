/* SPDX-License-Identifier: GPL-3.0-or-later */
/* Sizes and places in goxel_plugin.h, to be compared between C and C++. */
#ifndef GOXEL_TELEMETRY_TESTS_HEADER_LAYOUT_H
#define GOXEL_TELEMETRY_TESTS_HEADER_LAYOUT_H

#include <stddef.h>

#define HEADER_LAYOUT                                                                        \
  sizeof(goxel_plugin_setting), sizeof(goxel_plugin_host), offsetof(goxel_plugin_host, log), \
      offsetof(goxel_plugin_host, log_context), sizeof(goxel_plugin_request),                \
      offsetof(goxel_plugin_request, protocol), offsetof(goxel_plugin_request, operation),   \
      offsetof(goxel_plugin_request, receive_duration_ns), sizeof(goxel_plugin),             \
      offsetof(goxel_plugin, activate), offsetof(goxel_plugin, set_gauge)

#endif
