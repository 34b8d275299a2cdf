// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: a folder that ends with its test, for sockets, whose paths are short.
#pragma once

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <string>

namespace goxel_telemetry::http_bridge {

class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string name = "/tmp/bridge-test.XXXXXX";
    path_ = ::mkdtemp(name.data());
    ::chmod(path_.c_str(), 0777);
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  const std::string& path() const { return path_; }
  std::string file(const std::string& name) const { return path_ + '/' + name; }
  bool is_empty() const { return std::filesystem::is_empty(path_); }

 private:
  std::string path_;
};

// As whom files are opened and sockets connected to, until this ends. Needs root.
class As {
 public:
  As(uid_t user, gid_t group) {
    EXPECT_EQ(::setegid(group), 0);
    EXPECT_EQ(::seteuid(user), 0);
  }
  ~As() {
    EXPECT_EQ(::seteuid(0), 0);
    EXPECT_EQ(::setegid(0), 0);
  }
  As(const As&) = delete;
  As& operator=(const As&) = delete;
};

inline constexpr uid_t kNobody = 65'534;

}  // namespace goxel_telemetry::http_bridge
