// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/options.h"

#include <arpa/inet.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fstream>
#include <iostream>

#include "http-bridge/access.h"
#include "http-bridge/instances.h"
#include "shm/segment.h"

namespace goxel_telemetry::http_bridge {
namespace {

constexpr int kBadUsage = 2;
constexpr std::size_t kShortestToken = 16;
constexpr std::size_t kLongestToken = 1024;

std::string check_address(const std::string& address) {
  in6_addr ignored;
  if (address == "localhost" || inet_pton(AF_INET, address.c_str(), &ignored) == 1 ||
      inet_pton(AF_INET6, address.c_str(), &ignored) == 1) {
    return {};
  }
  return "'" + address + "' is not an IP address";
}

std::string check_instance(const std::string& instance) {
  if (shm::valid_instance_name(instance)) return {};
  return "'" + instance + "' is not an instance name (letters, digits, '-', '_' and '.')";
}

}  // namespace

std::variant<Options, ExitCode> parse_options(int argc, char** argv) {
  Options options;
  CLI::App app("Serves the telemetry of running Goxel daemons over HTTP.",
               "goxel-telemetry-bridge");
  app.set_version_flag("--version", "goxel-telemetry-bridge " GOXEL_TELEMETRY_VERSION);
  app.add_option("--instance", options.instances,
                 "Daemon to watch; may be repeated (default: all on this machine)")
      ->check(check_instance, "")
      ->allow_extra_args(false)
      ->type_name("NAME");
  app.add_option("--port", options.port, "TCP port; 0 takes any that is free")
      ->check(CLI::Range(0, 65535).description(""))
      ->capture_default_str()
      ->type_name("PORT");
  app.add_option("--bind", options.bind,
                 "IP address to listen on; any but a loopback address needs --token-file")
      ->check(check_address, "")
      ->capture_default_str()
      ->type_name("ADDRESS");
  app.add_option("--token-file", options.token_file,
                 "File with the token that clients must present as 'Authorization: Bearer TOKEN'")
      ->type_name("FILE");
  try {
    app.parse(argc, argv);
    if (!is_loopback(options.bind) && options.token_file.empty()) {
      throw CLI::ValidationError("--bind " + options.bind +
                                 " is reachable from other machines and needs --token-file");
    }
    if (options.instances.size() > Instances::kMostWatched) {
      throw CLI::ValidationError("at most " + std::to_string(Instances::kMostWatched) +
                                 " instances can be watched");
    }
  } catch (const CLI::Success& help_or_version) {
    return ExitCode{app.exit(help_or_version)};
  } catch (const CLI::ParseError& error) {
    std::cerr << "goxel-telemetry-bridge: " << error.what() << "\n";
    return ExitCode{kBadUsage};
  }
  return options;
}

std::string read_token(const std::string& file, std::string& why) {
  std::ifstream in(file, std::ios::binary);
  std::string token(kLongestToken + 1, '\0');
  if (!in || (in.read(token.data(), static_cast<std::streamsize>(token.size())), in.bad())) {
    why = "cannot read the token file " + file + ": " + std::strerror(errno);
    return {};
  }
  token.resize(static_cast<std::size_t>(in.gcount()));
  const auto begin = token.find_first_not_of(" \t\r\n");
  const auto end = token.find_last_not_of(" \t\r\n");
  token = begin == std::string::npos ? "" : token.substr(begin, end - begin + 1);
  const bool visible =
      std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < 0x7F; });
  if (!visible || token.size() < kShortestToken || token.size() > kLongestToken) {
    why = "the token in " + file + " must be " + std::to_string(kShortestToken) + " to " +
          std::to_string(kLongestToken) + " visible ASCII characters";
    return {};
  }
  return token;
}

}  // namespace goxel_telemetry::http_bridge
