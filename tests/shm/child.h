// SPDX-License-Identifier: GPL-3.0-or-later
// A forked child that runs a function, and a pipe in each direction to synchronise with it.
#pragma once

#include <poll.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <cstdlib>
#include <functional>
#include <stdexcept>
#include <type_traits>

namespace goxel_telemetry::shm {

class Child {
 public:
  // The child's end.
  class Pipe {
   public:
    Pipe(int in, int out) : in_(in), out_(out) {}
    template <class T>
    void tell(const T& value) {
      static_assert(std::is_trivially_copyable_v<T>);
      if (write(out_, &value, sizeof value) != sizeof value) std::_Exit(98);
    }
    // Waits until the parent says go on, or is gone.
    void wait() {
      char c;
      static_cast<void>(!read(in_, &c, 1));
    }
    // True if wait() would return at once.
    bool told() {
      pollfd waiting{in_, POLLIN, 0};
      return poll(&waiting, 1, 0) != 0;
    }

   private:
    int in_;
    int out_;
  };

  // Runs `body` in the child, which then exits with 0.
  explicit Child(const std::function<void(Pipe&)>& body) {
    int down[2];
    int up[2];
    if (pipe(down) != 0 || pipe(up) != 0) throw std::runtime_error("no pipes");
    pid_ = fork();
    if (pid_ < 0) throw std::runtime_error("no child");
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      close(down[1]);
      close(up[0]);
      Pipe pipe(down[0], up[1]);
      body(pipe);
      std::_Exit(0);
    }
    close(down[0]);
    close(up[1]);
    to_ = down[1];
    from_ = up[0];
  }
  Child(const Child&) = delete;
  Child& operator=(const Child&) = delete;
  ~Child() {
    kill();
    reap();
    close(to_);
    close(from_);
  }

  pid_t pid() const { return pid_; }

  // Waits for a value from the child; throws if the child ended instead.
  template <class T>
  T hear() {
    T value;
    if (read(from_, &value, sizeof value) != sizeof value) {
      throw std::runtime_error("the child ended early");
    }
    return value;
  }
  void go_on() { static_cast<void>(!write(to_, "g", 1)); }

  // Sends SIGKILL, and waits until the child is a zombie.
  void kill() {
    if (pid_ <= 0) return;
    ::kill(pid_, SIGKILL);
    siginfo_t info;
    waitid(P_PID, static_cast<id_t>(pid_), &info, WEXITED | WNOWAIT);
  }
  // Waits for its end; its exit code, or -1 if a signal ended it.
  int reap() {
    if (pid_ <= 0) return -1;
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

  static void rename(const char* name) { prctl(PR_SET_NAME, name); }

 private:
  pid_t pid_ = -1;
  int to_ = -1;
  int from_ = -1;
};

}  // namespace goxel_telemetry::shm
