// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/plugin/scenario.h"

#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <atomic>

namespace goxel_telemetry::plugin {
namespace {

std::string new_instance_name() {
  static std::atomic<int> count{0};
  return "scenario-" + std::to_string(getpid()) + "-" + std::to_string(count++);
}

const char* name_of(std::uint64_t status) {
  constexpr std::array kNames = {"ok", "error", "unanswered", "malformed", "cancelled"};
  return status < kNames.size() ? kNames[status] : "?";
}

}  // namespace

Scenario::Scenario() : instance_(new_instance_name()) {
  chmod(folder_.path().c_str(), 0755);  // for a host that runs as another user
  write_config();
}

Scenario::~Scenario() {
  unlink(segment_path().c_str());
}

void Scenario::write_config(const std::string& settings) {
  stand_in_test::write_text(
      file("daemon_config.json"),
      R"({"plugins": {"telemetry": {"enabled": true, "library": ")" PLUGIN_PATH
      R"(", "config": {"instance": ")" +
          instance_ + "\"" + settings + "}}}}");
}

std::vector<std::string> Scenario::launched(const std::string& name,
                                            const std::string& argument) const {
  return {LAUNCHER_PATH, HOST_PATH, name, argument, "-c", file("daemon_config.json")};
}

int Scenario::run(const std::string& name, const std::string& argument) {
  return run(launched(name, argument));
}

int Scenario::run(std::vector<std::string> command) {
  integration::ChildProcess host(command, file("log"));
  pid_ = host.pid();
  const int status = host.wait();
  output_ = host.output();
  reader_ = shm::Reader::open(instance_);
  all_.clear();
  if (reader_ != nullptr) {
    reader_->sweep([this](const shm::Record& record, std::uint32_t) { all_.push_back(record); });
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

Scenario::Counts Scenario::counts() {
  Counts counts;
  for (const shm::Record& record : all_) {
    ++counts[reader_->name(record.operation) + " " + name_of(record.status)];
  }
  return counts;
}

std::vector<shm::Record> Scenario::records(const std::string& operation) {
  std::vector<shm::Record> found;
  for (const shm::Record& record : all_) {
    if (reader_->name(record.operation) == operation) found.push_back(record);
  }
  return found;
}

}  // namespace goxel_telemetry::plugin
