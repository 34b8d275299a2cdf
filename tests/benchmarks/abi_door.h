// SPDX-License-Identifier: GPL-3.0-or-later
// A host's calls of one request through the plugin ABI, as a daemon with a pool of workers makes them, on one thread.
#pragma once

#include <dlfcn.h>

#include <cstdio>
#include <cstdlib>

#include "plugin/goxel_plugin.h"
#include "preload_calls.h"

// Loads and activates the plugin; ends the program if that fails.
inline const goxel_plugin& activated_plugin(const char* path, const char* instance) {
  void* const library = dlopen(path, RTLD_NOW);
  const auto entry =
      library == nullptr
          ? nullptr
          : reinterpret_cast<goxel_plugin_entry_function>(dlsym(library, GOXEL_PLUGIN_ENTRY));
  const goxel_plugin* const plugin = entry == nullptr ? nullptr : entry(GOXEL_PLUGIN_ABI_MAJOR);
  const goxel_plugin_setting settings[] = {{"instance", instance}, {"clock", "tsc"}};
  goxel_plugin_host host{};
  host.size = sizeof host;
  host.name = "benchmark";
  host.version = "0";
  host.workers_configured = 1;
  host.settings = settings;
  host.setting_count = sizeof settings / sizeof *settings;
  if (plugin == nullptr || plugin->activate(&host) != 0) {
    std::fprintf(stderr, "%s cannot be activated\n", path);
    std::exit(1);
  }
  return *plugin;
}

inline goxel_plugin_request request_of_abi() {
  static constexpr char kOperation[] = "goxel.add_voxel";
  goxel_plugin_request request{};
  request.size = sizeof request;
  request.connection = 1;
  request.protocol = GOXEL_PROTOCOL_JSON_RPC;
  request.operation = kOperation;
  request.operation_length = sizeof kOperation - 1;
  request.bytes = sizeof kRequest - 1;
  request.receive_duration_ns = 1000;
  return request;
}

// `departs` is called where the daemon would send its answer.
template <class Departs>
void abi_request(const goxel_plugin& plugin, const goxel_plugin_request& request, Departs departs) {
  const goxel_plugin_request_token token = plugin.request_received(&request);
  plugin.request_queued(token);
  plugin.request_started(token, 1);
  plugin.request_answering(token);
  departs();
  plugin.request_finished(token, GOXEL_STATUS_OK, sizeof kAnswer - 1);
}
