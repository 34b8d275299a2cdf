// SPDX-License-Identifier: GPL-3.0-or-later
#include "running_daemon.h"

#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <filesystem>
#include <fstream>
#include <iterator>
#include <stdexcept>
#include <thread>

namespace stand_in_test {

TemporaryFolder::TemporaryFolder() {
  // Short: a socket's path has at most 107 bytes.
  std::string name = "/tmp/stand-in.XXXXXX";
  if (mkdtemp(name.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
  path_ = name;
}

TemporaryFolder::~TemporaryFolder() {
  std::error_code ignored;
  std::filesystem::remove_all(path_, ignored);
}

std::string text_of(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}

void write_text(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

bool becomes_true(const std::function<bool()>& condition) {
  using Clock = std::chrono::steady_clock;
  const Clock::time_point deadline = Clock::now() + std::chrono::seconds(30);
  while (!condition()) {
    if (Clock::now() > deadline) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

RunningDaemon::RunningDaemon(const TemporaryFolder& folder,
                             const std::vector<std::string>& arguments, Wait wait)
    : socket_path_(folder.file("daemon.sock")) {
  std::vector<std::string> words{STAND_IN_DAEMON_PATH, "--socket", socket_path_};
  words.insert(words.end(), arguments.begin(), arguments.end());
  std::vector<char*> argv;
  for (std::string& word : words) argv.push_back(word.data());
  argv.push_back(nullptr);

  std::array<int, 2> ends{};
  if (pipe(ends.data()) != 0) throw std::runtime_error("pipe failed");
  pid_ = fork();
  if (pid_ == 0) {
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    dup2(ends[1], STDERR_FILENO);
    close(ends[0]);
    close(ends[1]);
    if (chdir(folder.path().c_str()) == 0) execv(argv[0], argv.data());
    _exit(127);
  }
  close(ends[1]);
  stderr_ = ends[0];
  while (wait == Wait::until_it_listens && log_.find("Listening on ") == std::string::npos &&
         read_log()) {
  }
}

RunningDaemon::~RunningDaemon() {
  if (!ended_) {
    kill(pid_, SIGKILL);
    wait_for_end();
  }
  close(stderr_);
}

bool RunningDaemon::read_log() {
  std::array<char, 4096> bytes{};
  const ssize_t got = read(stderr_, bytes.data(), bytes.size());
  if (got <= 0) return false;
  log_.append(bytes.data(), static_cast<std::size_t>(got));
  return true;
}

std::size_t RunningDaemon::open_descriptors() const {
  const auto folder = std::filesystem::directory_iterator("/proc/" + std::to_string(pid_) + "/fd");
  return static_cast<std::size_t>(std::distance(begin(folder), end(folder)));
}

void RunningDaemon::send_signal(int signal) const {
  kill(pid_, signal);
}

int RunningDaemon::wait_for_end() {
  while (read_log()) {
  }
  if (!ended_) ended_ = waitpid(pid_, &status_, 0) == pid_;
  return status_;
}

}  // namespace stand_in_test
