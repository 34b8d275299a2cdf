// SPDX-License-Identifier: GPL-3.0-or-later
// goxel-telemetry-bridge: watches the daemons on this machine and answers about them over HTTP.
#include <algorithm>
#include <cstdio>
#include <exception>
#include <iostream>

#include "http-bridge/check_config.h"
#include "http-bridge/notify/notifier.h"
#include "http-bridge/options.h"
#include "http-bridge/service.h"

namespace {

using namespace goxel_telemetry::http_bridge;

int check(const Options& options) {
  const std::vector<std::string> faults = faults_of(options);
  print_sentences(faults);
  if (faults.empty()) std::cout << "configuration is valid\n";
  return faults.empty() ? 0 : 1;
}

int test_notification(const Options& options) {
  const auto channel = std::find_if(
      options.channels.begin(), options.channels.end(),
      [&](const notify::ChannelSettings& one) { return one.name == options.test_notification; });
  std::vector<std::string> sentences;
  const auto configured = notify::with_secrets({*channel}, sentences);
  const bool is_sent =
      !configured.empty() && notify::send_test(configured.front(), sentences.emplace_back());
  if (is_sent) {
    std::cout << sentences.front() << "\n";
  } else {
    print_sentences(sentences);
  }
  return is_sent ? 0 : 1;
}

int run(int argc, char** argv) {
  const auto parsed = parse_options(argc, argv);
  if (const auto* exit_code = std::get_if<ExitCode>(&parsed)) return exit_code->value;
  const auto& options = std::get<Options>(parsed);
  if (options.only_check) return check(options);
  if (!options.test_notification.empty()) return test_notification(options);
  return Service(options, [argc, argv] { return read_options(argc, argv); }).run();
}

}  // namespace

int main(int argc, char** argv) {
  try {
    return run(argc, argv);
  } catch (const std::exception& error) {  // no memory, no threads
    std::fprintf(stderr, "goxel-telemetry-bridge: %s\n", error.what());
    return 1;
  }
}
