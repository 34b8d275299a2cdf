// SPDX-License-Identifier: GPL-3.0-or-later
#include "server.h"

#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace stand_in {
namespace {

constexpr int kBacklog = 128;

bool send_all(int descriptor, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = send(descriptor, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent < 0 && errno == EINTR) continue;
    if (sent <= 0) return false;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
  return true;
}

std::string sentence(const std::string& what, const std::string& path) {
  return "Cannot " + what + " " + path + ": " + std::generic_category().message(errno) + ".";
}

bool process_listens(const sockaddr_un& address) {
  const int probe = socket(AF_UNIX, SOCK_STREAM, 0);
  if (probe < 0) return false;
  const bool connected =
      connect(probe, reinterpret_cast<const sockaddr*>(&address), sizeof address) == 0;
  close(probe);
  return connected;
}

}  // namespace

int listen_on(const std::string& path, std::string& error) {
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  path.copy(address.sun_path, sizeof address.sun_path - 1);
  if (process_listens(address)) {
    error = "Another daemon listens on " + path + ".";
    return -1;
  }
  const int listening = socket(AF_UNIX, SOCK_STREAM, 0);
  if (listening < 0) {
    error = sentence("make a socket for", path);
    return -1;
  }
  const int on = 1;
  setsockopt(listening, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  struct stat found {};
  if (lstat(path.c_str(), &found) == 0 && S_ISSOCK(found.st_mode)) unlink(path.c_str());
  if (bind(listening, reinterpret_cast<const sockaddr*>(&address), sizeof address) != 0 ||
      chmod(path.c_str(), 0660) != 0 || listen(listening, kBacklog) != 0) {
    error = sentence("listen on", path);
    close(listening);
    return -1;
  }
  return listening;
}

std::size_t send_answer(int descriptor, std::string_view text) {
  if (!send_all(descriptor, text) || !send_all(descriptor, "\n")) return 0;
  return text.size() + 1;
}

}  // namespace stand_in
