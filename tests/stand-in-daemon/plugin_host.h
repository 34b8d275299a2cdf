// SPDX-License-Identifier: GPL-3.0-or-later
// Loads plugins through plugin/goxel_plugin.h and reports to each of them what happens.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

#include "options.h"
#include "plugin/goxel_plugin.h"
#include "protocol.h"

namespace stand_in {

// A request's token in each plugin, in the order of the plugins.
using PluginTokens = std::vector<goxel_plugin_request_token>;

class PluginHost {
 public:
  PluginHost() = default;
  PluginHost(const PluginHost&) = delete;
  PluginHost& operator=(const PluginHost&) = delete;
  ~PluginHost() { unload(); }

  // If a plugin cannot be loaded or activated, one line in the log says so.
  void load(const std::vector<PluginOptions>& plugins, std::uint32_t workers);
  // Call it from the thread that called load(), when no other function is being called.
  void unload();

  void connection_opened(std::uint64_t connection) const;
  void connection_closed(std::uint64_t connection) const;
  PluginTokens received(std::uint64_t connection, const Message& message, std::uint64_t bytes,
                        std::uint64_t receive_duration_ns) const;
  void queued(const PluginTokens& tokens) const;
  void started(const PluginTokens& tokens, std::uint32_t worker) const;
  void answering(const PluginTokens& tokens) const;
  void finished(const PluginTokens& tokens, goxel_plugin_status status, std::uint64_t bytes) const;
  void gauge(goxel_plugin_gauge gauge, std::int64_t value) const;

 private:
  struct Loaded {
    const goxel_plugin* table;
    void* library;
  };

  void load_one(const PluginOptions& plugin, std::uint32_t workers);

  std::vector<Loaded> plugins_;
};

}  // namespace stand_in
