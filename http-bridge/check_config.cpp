// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/check_config.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <cerrno>
#include <cstring>
#include <filesystem>

#include "http-bridge/notify/notifier.h"
#include "http-bridge/otlp/endpoint.h"
#include "http-bridge/socket_file.h"

namespace goxel_telemetry::http_bridge {
namespace {

// Whether it is one of this machine's. Its port may be in use: by the bridge that is to be reloaded.
std::string fault_of_address(const std::string& address) {
  namespace asio = boost::asio;
  asio::io_context io;
  boost::system::error_code error;
  const auto found = asio::ip::tcp::resolver(io).resolve(
      address, "0", asio::ip::tcp::resolver::passive | asio::ip::tcp::resolver::numeric_service,
      error);
  for (const auto& place : found) {
    asio::ip::tcp::socket socket(io);
    socket.open(place.endpoint().protocol(), error);
    if (!error) socket.bind(place.endpoint(), error);
    if (!error) return {};
  }
  return "cannot listen on " + address + ": " + error.message();
}

// `what`: "history", "alerts".
std::string fault_of_file(const std::string& what, const std::string& file) {
  const auto may = [](const std::string& path, int mode) {
    return ::faccessat(AT_FDCWD, path.c_str(), mode, AT_EACCESS) == 0;
  };
  struct stat status {};
  if (::stat(file.c_str(), &status) == 0) {
    if (!S_ISREG(status.st_mode)) return "the " + what + " file " + file + " is no file";
    if (!may(file, R_OK | W_OK))
      return "the " + what + " file " + file + " cannot be written: " + std::strerror(errno);
  }
  const std::string folder = std::filesystem::path(file).parent_path().string();
  // SQLite puts files beside it.
  if (!may(folder.empty() ? "." : folder, W_OK | X_OK))
    return "the folder of the " + what + " file " + file +
           " cannot be written: " + std::strerror(errno);
  return {};
}

}  // namespace

std::vector<std::string> faults_of(const Options& options) {
  std::vector<std::string> faults;
  const auto add = [&faults](std::string fault) {
    if (!fault.empty()) faults.push_back(std::move(fault));
  };
  add(fault_of_address(options.bind));
  if (!options.token_file.empty()) {
    std::string why;
    read_token(options.token_file, why);
    add(why);
  }
  if (!options.spans_socket.path.empty()) add(SocketFile::fault_of(options.spans_socket));
  if (!options.history_file.empty()) add(fault_of_file("history", options.history_file));
  if (!options.alerts_file.empty()) add(fault_of_file("alerts", options.alerts_file));
  if (!options.otlp.url.empty()) {
    std::string why;
    otlp::read_headers(options.otlp, why);
    add(why);
  }
  notify::with_secrets(options.channels, faults);
  return faults;
}

}  // namespace goxel_telemetry::http_bridge
