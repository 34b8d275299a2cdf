// SPDX-License-Identifier: GPL-3.0-or-later
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include <csignal>
#include <fstream>
#include <memory>

#include "dispatcher.h"
#include "log.h"
#include "options.h"
#include "plugin_host.h"
#include "pool_server.h"
#include "stock_server.h"

namespace {

// The usual double fork. The parent returns when the daemon listens, or with the daemon's failure.
// Returns the descriptor to report on: one byte, 0 for success.
int become_daemon() {
  int report[2];
  if (pipe(report) != 0) _exit(1);
  if (fork() != 0) {
    close(report[1]);
    char outcome = 1;
    const bool heard = read(report[0], &outcome, 1) == 1;
    _exit(heard && outcome == 0 ? 0 : 1);
  }
  setsid();
  if (fork() != 0) _exit(0);
  close(report[0]);
  const int null = open("/dev/null", O_RDWR);
  dup2(null, STDIN_FILENO);
  dup2(null, STDOUT_FILENO);
  return report[1];
}

// stderr stays until now, so that a failure to start is seen.
void report_started(int report) {
  const char outcome = 0;
  [[maybe_unused]] const ssize_t ignored = write(report, &outcome, 1);
  close(report);
  dup2(STDOUT_FILENO, STDERR_FILENO);
}

void write_pid_file(const std::string& path) {
  if (path.empty()) return;
  std::ofstream file(path);
  file << getpid() << '\n';
  file.close();
  if (!file) stand_in::log_line("Cannot write the pid file " + path);
}

// Blocked in every thread, so that only sigwait() below gets them.
sigset_t block_end_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  sigaddset(&signals, SIGTERM);
  sigaddset(&signals, SIGINT);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  return signals;
}

}  // namespace

int main(int argc, char** argv) {
  using namespace stand_in;
  const Options options = read_options(argc, argv);
  const int report = options.daemonize ? become_daemon() : -1;
  const sigset_t end_signals = block_end_signals();
  if (!options.log_file.empty() && !log_to_file(options.log_file)) {
    log_line("Cannot write the log file " + options.log_file);
  }
  for (const std::string& warning : options.warnings) log_line(warning);

  std::string error;
  const int listening = listen_on(options.socket_path, error);
  if (listening < 0) {
    log_line(error);
    return 1;
  }
  write_pid_file(options.pid_file);

  Dispatcher dispatcher(options.accepts, options.stock_faults, options.slow_methods);
  PluginHost plugins;
  std::unique_ptr<Server> server;
  if (options.pool) {
    plugins.load(options.plugins, options.workers);
    server = std::make_unique<PoolServer>(options, dispatcher, plugins);
  } else {
    server = std::make_unique<StockServer>(options, dispatcher);
  }
  server->start(listening);
  log_line("Listening on " + options.socket_path + " (stand-in, not Goxel; " +
           (options.pool ? "worker pool" : "thread per connection") + ")");
  if (report >= 0) report_started(report);

  int signal = 0;
  sigwait(&end_signals, &signal);
  dispatcher.stop();
  const bool ended = server->stop();
  plugins.unload();
  unlink(options.socket_path.c_str());
  if (!options.pid_file.empty()) unlink(options.pid_file.c_str());
  log_line("Ended by signal " + std::to_string(signal));
  if (!ended) _exit(0);
  return 0;
}
