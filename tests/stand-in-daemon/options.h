// SPDX-License-Identifier: GPL-3.0-or-later
// What the command line and daemon_config.json say.
#pragma once

#include <cstdint>
#include <string>
#include <utility>
#include <vector>

#include "dispatcher.h"

namespace stand_in {

// A member of the config's "plugins" object.
struct PluginOptions {
  std::string name;
  std::string library;
  std::vector<std::pair<std::string, std::string>> settings;  // values as text
};

struct Options {
  std::string socket_path = "/tmp/goxel-daemon.sock";
  std::string pid_file;
  std::string log_file;
  bool daemonize = false;
  bool pool = false;
  bool stock_faults = false;
  bool mcp = false;
  unsigned workers = 8;
  unsigned queue_size = 1024;
  unsigned max_connections = 256;
  Accepts accepts = Accepts::both;
  std::vector<SlowMethod> slow_methods;
  std::vector<PluginOptions> plugins;  // only the enabled ones
  std::vector<std::string> warnings;   // sentences for the log
};

// Prints and exits for --help and --version (code 0) and for bad flags or values (code 2).
Options read_options(int argc, char** argv);

}  // namespace stand_in
