// SPDX-License-Identifier: GPL-3.0-or-later
// The command line of goxel-telemetry-bridge, and the configuration file that it may name: the same options, of
// which those of the command line win.
#pragma once

#include <string>
#include <variant>
#include <vector>

#include "http-bridge/config_file.h"
#include "http-bridge/log.h"
#include "http-bridge/notify/settings.h"
#include "http-bridge/otlp/endpoint.h"
#include "http-bridge/socket_file.h"
#include "metrics/alerts/rule_settings.h"
#include "metrics/history/writer.h"

namespace goxel_telemetry::http_bridge {

struct Options {
  std::string config_file;                   // empty: none
  bool only_check = false;                   // the configuration, and serve nobody
  std::string test_notification;             // not empty: only send one by this channel
  std::string bind = "127.0.0.1";            // an IP address or "localhost"
  int port = 9464;                           // 0: any that is free
  std::vector<std::string> instances;        // empty: all on the machine
  std::vector<std::string> trusted_users;    // empty: anybody
  std::string token_file;                    // empty: none
  std::vector<std::string> allowed_origins;  // as canonical_origin() has them
  LogSettings log;
  SocketPlace spans_socket;  // without a path: none
  std::string history_file;  // empty: no history is kept
  metrics::HistoryRetention history_retention;
  otlp::Settings otlp;
  std::string alerts_file;  // by default beside the history; empty: in memory
  metrics::AlertSettings alerts;
  // Of the configuration file: "alerts", "notify" and what is within them.
  std::vector<ConfigSection> sections;
  std::vector<notify::ChannelSettings> channels;  // of the sections within "notify"
  std::string baseline_folder;  // by default the usual folder; empty: there is none
};

// Returned if the program must end at once: the text is already printed.
struct ExitCode {
  int value;
};

// Lets shm know whom to trust. At the start of the program.
std::variant<Options, ExitCode> parse_options(int argc, char** argv);

// The same again, while the program runs; changes and prints nothing. Sentences if the options cannot be
// used.
std::variant<Options, std::vector<std::string>> read_options(int argc, char** argv);

void print_sentences(const std::vector<std::string>& sentences);

// The token in `file`, without white space around it. Empty if the file cannot be used: then `why`
// is a sentence for the operator.
std::string read_token(const std::string& file, std::string& why);

}  // namespace goxel_telemetry::http_bridge
