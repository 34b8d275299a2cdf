// SPDX-License-Identifier: GPL-3.0-or-later
#include "options.h"

#include <CLI/CLI.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iostream>

#include "spaced_json.h"

namespace stand_in {
namespace {

constexpr const char* kAbout =
    "A stand-in for goxel-daemon, for the tests and the demo of goxel-telemetry. It is NOT Goxel: "
    "it speaks the "
    "same two protocols and does real work on a small voxel store of its own, but it is no editor. "
    "Its own test "
    "methods: stand_in.sleep {\"ms\": n} answers after n milliseconds, stand_in.crash dies of "
    "SIGSEGV.";

[[noreturn]] void refuse(const std::string& sentence) {
  std::cerr << "goxel-stand-in-daemon: " << sentence << '\n';
  std::exit(2);  // NOLINT(concurrency-mt-unsafe): there is one thread
}

std::string as_text(const Json& value) {
  return value.is_string() ? value.get<std::string>() : value.dump();
}

// As dlopen takes it: a name without a slash is searched for by the loader, a relative path starts
// in the folder of the config file.
std::string library_path(const std::string& library, const std::filesystem::path& config) {
  if (library.find('/') == std::string::npos || library.front() == '/') return library;
  return (std::filesystem::absolute(config).parent_path() / library).string();
}

void read_plugins(const Json& section, const std::string& path, Options& options) {
  for (const auto& item : section.items()) {
    const Json& plugin = item.value();
    if (!plugin.is_object() || !plugin.contains("enabled") || plugin["enabled"] != true) continue;
    if (!plugin.contains("library") || !plugin["library"].is_string()) {
      options.warnings.push_back("Plugin " + item.key() + " in " + path + " names no library");
      continue;
    }
    PluginOptions found;
    found.name = item.key();
    found.library = library_path(plugin["library"].get<std::string>(), path);
    if (plugin.contains("config") && plugin["config"].is_object()) {
      for (const auto& setting : plugin["config"].items()) {
        found.settings.emplace_back(setting.key(), as_text(setting.value()));
      }
    }
    options.plugins.push_back(std::move(found));
  }
}

// `by_flag` says whether the command line has set an option.
template <typename ByFlag>
void read_config(const std::string& path, const ByFlag& by_flag, Options& options) {
  std::ifstream file(path);
  const Json config = Json::parse(file, nullptr, false);
  if (!config.is_object()) {
    options.warnings.push_back("Cannot read the config file " + path + ": " +
                               (file.is_open() ? "it is not a JSON object" : "no such file"));
    return;
  }
  const auto member = [&config](const char* section, const char* name) -> const Json* {
    const auto object = config.find(section);
    if (object == config.end() || !object->is_object()) return nullptr;
    const auto found = object->find(name);
    return found == object->end() ? nullptr : &*found;
  };
  const auto text = [&](const char* flag, const char* name, std::string& value) {
    const Json* found = member("daemon", name);
    if (found != nullptr && found->is_string() && !by_flag(flag)) value = found->get<std::string>();
  };
  const auto number = [&](const char* flag, const char* name, unsigned& value) {
    const Json* found = member("server", name);
    if (found == nullptr || !found->is_number_unsigned() || by_flag(flag)) return;
    const auto wanted = found->get<std::uint64_t>();
    if (wanted >= 1 && wanted <= 65536) value = static_cast<unsigned>(wanted);
  };
  text("--socket", "socket_path", options.socket_path);
  text("--pid-file", "pid_file", options.pid_file);
  text("--log-file", "log_file", options.log_file);
  number("--workers", "workers", options.workers);
  number("--queue-size", "queue_size", options.queue_size);
  number("--max-connections", "max_connections", options.max_connections);
  if (const auto plugins = config.find("plugins");
      plugins != config.end() && plugins->is_object()) {
    read_plugins(*plugins, path, options);
  }
}

}  // namespace

Options read_options(int argc, char** argv) {
  Options options;
  CLI::App app(kAbout, "goxel-stand-in-daemon");
  std::string config;
  std::string protocol = "auto";
  bool foreground = false;
  bool verbose = false;
  app.set_version_flag("-v,--version",
                       "goxel-stand-in-daemon " GOXEL_TELEMETRY_VERSION " (not Goxel)");
  app.add_option("-s,--socket", options.socket_path, "Unix socket to listen on")
      ->capture_default_str();
  app.add_option("-p,--pid-file", options.pid_file, "File to write the process id to");
  app.add_option("-l,--log-file", options.log_file, "File for the log (else stderr)");
  app.add_flag("-f,--foreground", foreground, "Stay in the foreground (default)");
  app.add_flag("-D,--daemonize", options.daemonize, "Go to the background");
  app.add_flag("-V,--verbose", verbose, "Accepted, as the stock daemon does; no effect");
  app.add_option("-j,--workers", options.workers, "Worker threads (used with --pool)")
      ->capture_default_str()
      ->check(CLI::Range(1, 1024));
  app.add_option("-q,--queue-size", options.queue_size, "Requests that may wait (used with --pool)")
      ->capture_default_str()
      ->check(CLI::Range(1, 65536));
  app.add_option("-m,--max-connections", options.max_connections, "Connections at a time")
      ->capture_default_str()
      ->check(CLI::Range(1, 65536));
  app.add_option("-P,--protocol", protocol, "auto, jsonrpc or mcp")
      ->capture_default_str()
      ->check(CLI::IsMember({"auto", "jsonrpc", "mcp"}));
  app.add_option(
      "-c,--config", config,
      "daemon_config.json: socket, files and sizes where no flag gives them; with --pool "
      "its \"plugins\", whose relative library paths start in the file's folder");
  app.add_flag("--stock-faults", options.stock_faults,
               "Break where the stock daemon breaks: die of a batch, ignore what is malformed, "
               "lose split messages, leak descriptors");
  app.add_flag(
      "--mcp", options.mcp,
      "Also speak MCP as it is specified, on connections that begin with \"initialize\": a "
      "message is a line, each method a tool");
  std::vector<std::string> slow;
  app.add_option(
         "--slow", slow,
         "METHOD takes at least USUAL microseconds, and SLOW ones while FILE exists; again for "
         "another method")
      ->type_size(4)
      ->expected(-1)
      ->type_name("METHOD USUAL SLOW FILE");
  app.add_flag("--pool", options.pool,
               "Second mode: one thread reads, a pool of workers answers from a queue, plugins are "
               "loaded. Without it: a thread per connection, as the stock daemon has it");
  try {
    app.parse(argc, argv);
  } catch (const CLI::ParseError& error) {
    if (error.get_exit_code() == 0) {
      std::exit(app.exit(error));  // NOLINT(concurrency-mt-unsafe): there is one thread
    }
    refuse(error.what());
  }
  if (foreground && options.daemonize) refuse("--foreground and --daemonize exclude each other.");
  if (options.mcp && options.stock_faults) {
    refuse(
        "--mcp and --stock-faults exclude each other: the stock daemon does not know MCP as it is "
        "specified.");
  }
  for (std::size_t i = 0; i + 4 <= slow.size(); i += 4) {
    const auto us = [](const std::string& text) {
      return std::chrono::microseconds(std::strtoul(text.c_str(), nullptr, 10));
    };
    options.slow_methods.push_back({slow[i], us(slow[i + 1]), us(slow[i + 2]), slow[i + 3]});
  }
  if (protocol == "jsonrpc") options.accepts = Accepts::json_rpc;
  if (protocol == "mcp") options.accepts = Accepts::mcp;
  if (!config.empty()) {
    read_config(
        config, [&app](const char* flag) { return app.count(flag) > 0; }, options);
  }
  if (options.socket_path.empty() || options.socket_path.size() > 107) {
    refuse("The socket's path must have 1 to 107 bytes.");
  }
  return options;
}

}  // namespace stand_in
