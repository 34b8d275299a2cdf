// SPDX-License-Identifier: GPL-3.0-or-later
#include "tests/cli/program.h"

#include <fcntl.h>
#include <poll.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <utility>

namespace goxel_telemetry::cli {
namespace {

constexpr int kPatienceMilliseconds = 20'000;

std::pair<int, int> make_pipe() {
  int ends[2] = {-1, -1};
  if (pipe2(ends, O_CLOEXEC) != 0) std::abort();
  return {ends[0], ends[1]};
}

}  // namespace

Program::Program(std::vector<std::string> arguments, std::vector<std::string> environment) {
  const auto [output_reader, output_writer] = make_pipe();
  const auto [error_reader, error_writer] = make_pipe();
  arguments.insert(arguments.begin(), GOXEL_TELEMETRY_PROGRAM);
  std::vector<char*> argv;
  for (std::string& argument : arguments) argv.push_back(argument.data());
  argv.push_back(nullptr);

  pid_ = fork();
  if (pid_ == 0) {
    dup2(output_writer, STDOUT_FILENO);
    dup2(error_writer, STDERR_FILENO);
    for (std::string& variable : environment) putenv(variable.data());
    execv(argv[0], argv.data());
    _exit(127);
  }
  close(output_writer);
  close(error_writer);
  output_.fd = output_reader;
  error_.fd = error_reader;
}

Program::~Program() {
  if (pid_ != 0) {
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  close_output();
  close(error_.fd);
}

bool Program::Stream::read_more() {
  pollfd readable{fd, POLLIN, 0};
  if (fd < 0 || poll(&readable, 1, kPatienceMilliseconds) != 1) return false;
  char buffer[4096];
  const ssize_t got = read(fd, buffer, sizeof buffer);
  if (got <= 0) return false;
  unread.append(buffer, static_cast<std::size_t>(got));
  return true;
}

std::string Program::line_of(Stream& stream) {
  for (;;) {
    if (const std::size_t end = stream.unread.find('\n'); end != std::string::npos) {
      std::string line = stream.unread.substr(0, end);
      stream.unread.erase(0, end + 1);
      return line;
    }
    if (!stream.read_more()) return std::exchange(stream.unread, {});
  }
}

bool Program::Stream::has_more(int milliseconds) const {
  pollfd readable{fd, POLLIN, 0};
  return !unread.empty() || poll(&readable, 1, milliseconds) == 1;
}

void Program::signal(int number) {
  kill(pid_, number);
}

void Program::stop() {
  signal(SIGSTOP);
  siginfo_t stopped;
  waitid(P_PID, static_cast<id_t>(pid_), &stopped, WSTOPPED | WNOWAIT);
}

void Program::close_output() {
  if (output_.fd >= 0) close(std::exchange(output_.fd, -1));
}

// What the program says on standard error fits the pipe: reading one after the other cannot hang.
Program::Result Program::finish() {
  while (output_.read_more()) {
  }
  while (error_.read_more()) {
  }
  const int process = static_cast<int>(syscall(SYS_pidfd_open, pid_, 0));
  pollfd ended{process, POLLIN, 0};
  if (poll(&ended, 1, kPatienceMilliseconds) != 1) kill(pid_, SIGKILL);
  close(process);
  int status = 0;
  waitpid(std::exchange(pid_, 0), &status, 0);
  return {WIFEXITED(status) ? WEXITSTATUS(status) : -1, output_.unread, error_.unread};
}

}  // namespace goxel_telemetry::cli
