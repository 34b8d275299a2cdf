// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin/host_process.h"

#include <dlfcn.h>
#include <fcntl.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cerrno>
#include <charconv>
#include <cstdlib>
#include <string_view>

#include "plugin/handing_on.h"

namespace goxel_telemetry::plugin {
namespace {

// The arguments, each ending in a NUL; at most 64 KiB of them.
std::string command_line() {
  std::string text;
  const int fd = open("/proc/self/cmdline", O_RDONLY | O_CLOEXEC);
  if (fd < 0) return text;
  char buffer[4096];
  for (ssize_t got; text.size() < 65536 && (got = read(fd, buffer, sizeof buffer)) > 0;) {
    text.append(buffer, static_cast<std::size_t>(got));
  }
  close(fd);
  return text;
}

int socket_option(int fd, int name) noexcept {
  int value = -1;
  socklen_t size = sizeof value;
  return getsockopt(fd, SOL_SOCKET, name, &value, &size) == 0 ? value : -1;
}

}  // namespace

Recorder::Host describe_this_process() {
  constexpr std::uint32_t kStockWorkers = 8;
  Recorder::Host host;
  host.name = program_invocation_short_name;
  host.workers_configured = kStockWorkers;
  const std::string text = command_line();
  bool value_follows = false;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = rest.find('\0');
    std::string_view argument = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    constexpr std::string_view kOption = "--workers";
    if (argument == kOption) {
      value_follows = true;
      continue;
    }
    if (argument.starts_with(kOption) && argument[kOption.size()] == '=') {
      argument.remove_prefix(kOption.size() + 1);
      value_follows = true;
    }
    if (value_follows) {
      std::from_chars(argument.data(), argument.data() + argument.size(), host.workers_configured);
    }
    value_follows = false;
  }
  return host;
}

const char* leave_environment(const void* inside_library) {
  unsetenv(kSettingsVariable);
  unsetenv(kLaunchVariable);
  const char* const preload = std::getenv("LD_PRELOAD");
  Dl_info library{};
  if (preload == nullptr || dladdr(inside_library, &library) == 0) return nullptr;
  std::string others;
  for (std::string_view rest = preload; !rest.empty();) {
    const std::size_t end = rest.find_first_of(" :");
    const std::string_view entry = rest.substr(0, end);
    rest.remove_prefix(end == std::string_view::npos ? rest.size() : end + 1);
    if (entry.empty() || entry == library.dli_fname) continue;
    if (!others.empty()) others += ':';
    others += entry;
  }
  if (others.empty()) {
    unsetenv("LD_PRELOAD");
  } else {
    setenv("LD_PRELOAD", others.c_str(), 1);
  }
  return library.dli_fname;
}

bool is_unix_stream_socket(int fd) noexcept {
  return socket_option(fd, SO_DOMAIN) == AF_UNIX && socket_option(fd, SO_TYPE) == SOCK_STREAM;
}

}  // namespace goxel_telemetry::plugin
