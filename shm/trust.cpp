// SPDX-License-Identifier: GPL-3.0-or-later
#include "shm/trust.h"

#include <pwd.h>
#include <unistd.h>

#include <algorithm>
#include <charconv>
#include <cstdio>
#include <memory>
#include <optional>

namespace goxel_telemetry::shm {
namespace {

std::optional<std::vector<std::uint32_t>> trusted;  // empty: everybody

}  // namespace

std::string trust_only(const std::vector<std::string>& users) {
  std::vector<std::uint32_t> uids;
  for (const std::string& user : users) {
    std::uint32_t uid = 0;
    const auto [end, error] = std::from_chars(user.data(), user.data() + user.size(), uid);
    if (error != std::errc() || end != user.data() + user.size()) {
      passwd entry{};
      passwd* found = nullptr;
      char buffer[4096];
      if (getpwnam_r(user.c_str(), &entry, buffer, sizeof buffer, &found) != 0 || !found) {
        return "there is no user \"" + user + '"';
      }
      uid = found->pw_uid;
    }
    uids.push_back(uid);
  }
  trusted = std::move(uids);
  return "";
}

bool is_trusted(std::uint32_t uid) {
  return !trusted || uid == 0 || std::find(trusted->begin(), trusted->end(), uid) != trusted->end();
}

std::vector<std::uint32_t> users_of(std::uint32_t pid) {
  char path[32];
  std::snprintf(path, sizeof path, "/proc/%u/status", pid);
  const std::unique_ptr<std::FILE, int (*)(std::FILE*)> file(std::fopen(path, "re"), std::fclose);
  std::vector<std::uint32_t> users;
  char line[512];
  while (file != nullptr && std::fgets(line, sizeof line, file.get()) != nullptr) {
    unsigned ids[4];
    if (std::sscanf(line, "Uid: %u %u %u %u", &ids[0], &ids[1], &ids[2], &ids[3]) != 4) continue;
    users.assign(std::begin(ids), std::end(ids));
    break;
  }
  return users;
}

Claim claim_of(std::uint32_t uid, const ProcessIdentity& process) {
  if (liveness(process) != Liveness::alive) return Claim::unproven;
  const std::vector<std::uint32_t> users = users_of(process.pid);
  if (users.empty()) return Claim::unproven;
  const bool may_be = uid == 0 || std::find(users.begin(), users.end(), uid) != users.end();
  return may_be ? Claim::true_claim : Claim::false_claim;
}

std::string user_name(std::uint32_t uid) {
  passwd entry{};
  passwd* found = nullptr;
  char buffer[4096];
  if (getpwuid_r(uid, &entry, buffer, sizeof buffer, &found) == 0 && found != nullptr) {
    return found->pw_name;
  }
  return "user " + std::to_string(uid);
}

}  // namespace goxel_telemetry::shm
