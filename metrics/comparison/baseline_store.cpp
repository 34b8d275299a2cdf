// SPDX-License-Identifier: GPL-3.0-or-later
#include "metrics/comparison/baseline_store.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <filesystem>
#include <utility>

namespace goxel_telemetry::metrics {
namespace {

constexpr const char* kSuffix = ".baseline";

StoreResult failure(const std::string& what, int error) {
  return {StoreOutcome::failed, what + ": " + std::strerror(error)};
}

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() { close(); }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;

  int get() const { return fd_; }
  bool close() { return fd_ < 0 || ::close(std::exchange(fd_, -1)) == 0; }

 private:
  int fd_;
};

bool write_all(int fd, std::span<const std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const ssize_t written = write(fd, bytes.data(), bytes.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    bytes = bytes.subspan(static_cast<std::size_t>(written));
  }
  return true;
}

std::string folder_of(const std::string& path) {
  const std::string folder = std::filesystem::path(path).parent_path();
  return folder.empty() ? "." : folder;
}

// A file's name is on disk only when its folder was written.
bool sync_folder_of(const std::string& path) {
  Descriptor folder(open(folder_of(path).c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  return folder.get() >= 0 && fsync(folder.get()) == 0;
}

StoreResult not_a_baseline(const std::string& path, const std::string& why) {
  return {StoreOutcome::invalid, path + ' ' + why};
}

}  // namespace

StoreResult write_baseline_file(const std::string& path, const Baseline& baseline,
                                IfThere if_there) {
  const std::vector<std::uint8_t> bytes = encode_baseline(baseline);
  if (bytes.size() > kMostBaselineBytes) {
    return {StoreOutcome::failed, "the baseline would be larger than 64 MiB"};
  }
  const std::string temporary = path + ".new-" + std::to_string(getpid());
  const std::string what = "cannot write " + path;
  Descriptor file(open(temporary.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666));
  if (file.get() < 0) return failure(what, errno);
  const bool written = write_all(file.get(), bytes) && fsync(file.get()) == 0 && file.close();
  const unsigned flags = if_there == IfThere::refuse ? RENAME_NOREPLACE : 0;
  if (!written || renameat2(AT_FDCWD, temporary.c_str(), AT_FDCWD, path.c_str(), flags) != 0) {
    const int error = errno;
    unlink(temporary.c_str());
    if (written && error == EEXIST)
      return {StoreOutcome::exists, "there is already a file " + path};
    return failure(what, error);
  }
  if (!sync_folder_of(path)) return failure(what, errno);
  return {};
}

StoreResult read_baseline_file(const std::string& path, Baseline& baseline) {
  const std::string what = "cannot read " + path;
  const Descriptor file(open(path.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC));
  if (file.get() < 0) {
    if (errno == ENOENT) return {StoreOutcome::unknown, "there is no file " + path};
    return failure(what, errno);
  }
  struct stat status {};
  if (fstat(file.get(), &status) != 0) return failure(what, errno);
  if (!S_ISREG(status.st_mode)) return not_a_baseline(path, "is not a file");
  if (static_cast<std::uint64_t>(status.st_size) > kMostBaselineBytes) {
    return not_a_baseline(path, "is larger than any baseline");
  }
  std::vector<std::uint8_t> bytes(static_cast<std::size_t>(status.st_size));
  std::size_t filled = 0;
  while (filled < bytes.size()) {
    const ssize_t got = read(file.get(), bytes.data() + filled, bytes.size() - filled);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failure(what, errno);
    if (got == 0) break;
    filled += static_cast<std::size_t>(got);
  }
  bytes.resize(filled);
  switch (decode_baseline(bytes, baseline)) {
    case BaselineReading::done:
      return {};
    case BaselineReading::foreign:
      break;
    case BaselineReading::newer:
      return not_a_baseline(path, "was written by a later version of goxel-telemetry");
    case BaselineReading::damaged:
      return not_a_baseline(path, "is damaged");
  }
  return not_a_baseline(path, "is not a baseline");
}

std::string default_baseline_folder() {
  const auto variable = [](const char* name) {
    const char* value = std::getenv(name);
    return std::string(value == nullptr ? "" : value);
  };
  // A relative path in this variable must be ignored (XDG Base Directory Specification).
  std::string state = variable("XDG_STATE_HOME");
  if (!state.starts_with('/')) {
    const std::string home = variable("HOME");
    if (home.empty()) return {};
    state = home + "/.local/state";
  }
  return state + "/goxel-telemetry/baselines";
}

std::string BaselineStore::path_of(const std::string& name) const {
  return folder_ + '/' + name + kSuffix;
}

StoreResult BaselineStore::save(const Baseline& baseline, IfThere if_there) {
  std::error_code error;
  std::filesystem::create_directories(folder_, error);
  if (error) return failure("cannot make the folder " + folder_, error.value());
  StoreResult result = write_baseline_file(path_of(baseline.name), baseline, if_there);
  if (result.outcome == StoreOutcome::exists) {
    result.message = "there is already a baseline \"" + baseline.name + "\"";
  }
  return result;
}

StoreResult BaselineStore::load(const std::string& name, Baseline& baseline) const {
  StoreResult result = read_baseline_file(path_of(name), baseline);
  if (result.outcome == StoreOutcome::unknown) {
    result.message = "there is no baseline \"" + name + "\" in " + folder_;
  }
  if (result.done()) baseline.name = name;  // renaming the file renames the baseline
  return result;
}

std::uint64_t BaselineStore::size_of(const std::string& name) const {
  std::error_code error;
  const std::uintmax_t size = std::filesystem::file_size(path_of(name), error);
  return error ? 0 : size;
}

std::string BaselineStore::version_of(const std::string& name) const {
  struct stat status {};
  if (stat(path_of(name).c_str(), &status) != 0) return {};
  // A file that replaces another has another number, or at least another time.
  return std::to_string(status.st_ino) + ' ' + std::to_string(status.st_size) + ' ' +
         std::to_string(status.st_ctim.tv_sec) + ' ' + std::to_string(status.st_ctim.tv_nsec);
}

StoreResult BaselineStore::remove(const std::string& name) {
  const std::string path = path_of(name);
  if (unlink(path.c_str()) == 0) return {};
  if (errno == ENOENT) {
    return {StoreOutcome::unknown, "there is no baseline \"" + name + "\" in " + folder_};
  }
  return failure("cannot delete " + path, errno);
}

StoreResult BaselineStore::names(std::vector<std::string>& names) const {
  std::error_code error;
  std::filesystem::directory_iterator files(folder_, error);
  if (error == std::errc::no_such_file_or_directory) return {};
  for (; !error && files != std::filesystem::directory_iterator(); files.increment(error)) {
    const std::filesystem::path& path = files->path();
    const std::string name = path.stem();
    if (path.extension() == kSuffix && valid_baseline_name(name)) names.push_back(name);
  }
  if (error) return failure("cannot read the folder " + folder_, error.value());
  std::sort(names.begin(), names.end());
  return {};
}

}  // namespace goxel_telemetry::metrics
