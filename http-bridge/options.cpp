// SPDX-License-Identifier: GPL-3.0-or-later
#include "http-bridge/options.h"

#include <arpa/inet.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <filesystem>
#include <fstream>
#include <iostream>
#include <memory>
#include <optional>
#include <utility>

#include "http-bridge/access.h"
#include "http-bridge/alerts/alert_config.h"
#include "http-bridge/config_file.h"
#include "http-bridge/instances.h"
#include "http-bridge/notify/sections.h"
#include "metrics/alerts/alert_file.h"
#include "metrics/comparison/baseline_store.h"
#include "metrics/text/arguments.h"
#include "metrics/text/characters.h"
#include "metrics/text/printable.h"
#include "metrics/text/time_range.h"
#include "shm/segment.h"
#include "shm/trust.h"

namespace goxel_telemetry::http_bridge {
namespace {

constexpr int kBadUsage = 2;
constexpr std::size_t kShortestToken = 16;
constexpr std::size_t kLongestToken = 1024;

std::string check_address(const std::string& address) {
  in6_addr ignored;
  if (address == "localhost" || inet_pton(AF_INET, address.c_str(), &ignored) == 1 ||
      inet_pton(AF_INET6, address.c_str(), &ignored) == 1) {
    return {};
  }
  return "'" + address + "' is not an IP address";
}

std::string check_instance(const std::string& instance) {
  if (shm::valid_segment_name(instance)) return {};
  return "'" + instance + "' is not an instance name (letters, digits, '-', '_' and '.')";
}

constexpr mode_t kGroupMayConnect = 0020;

// To connect to a socket is to write to it.
std::optional<mode_t> socket_mode(const std::string& text) {
  mode_t mode = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), mode, 8);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  return mode == 0600 || mode == 0660 || mode == 0666 ? std::optional(mode) : std::nullopt;
}

std::string check_socket_mode(const std::string& text) {
  if (socket_mode(text)) return {};
  return "'" + text + "' is not 0600, 0660 (the group may connect, too) or 0666 (everybody may)";
}

constexpr std::array<std::pair<const char*, LogLevel>, 4> kLogLevels = {
    {{"debug", LogLevel::debug},
     {"info", LogLevel::info},
     {"warning", LogLevel::warning},
     {"error", LogLevel::error}}};
constexpr std::array<std::pair<const char*, LogFormat>, 2> kLogFormats = {
    {{"logfmt", LogFormat::logfmt}, {"json", LogFormat::json}}};

// An option whose value is one of these names.
template <class Value, std::size_t kCount>
CLI::Option* add_choice(CLI::App& app, const char* flag, Value& value,
                        const std::array<std::pair<const char*, Value>, kCount>& names,
                        const char* help) {
  return app
      .add_option_function<std::string>(
          flag,
          [&](const std::string& text) {
            const auto found = std::find_if(names.begin(), names.end(),
                                            [&](const auto& one) { return text == one.first; });
            if (found == names.end())
              throw CLI::ValidationError(flag, "there is no '" + text + "'");
            value = found->second;
          },
          help)
      ->type_name("NAME");
}

constexpr std::size_t kMostOrigins = 32;

// "alerts" and "notify", and what is within them.
bool is_known_section(std::string_view name) {
  const std::string_view first = name.substr(0, name.find('.'));
  return first == "alerts" || first == "notify";
}

// Lets CLI11 read the file that --config names.
class ConfigFile : public CLI::Config {
 public:
  explicit ConfigFile(const CLI::App& app) : app_(app) {}

  std::string to_config(const CLI::App*, bool, bool, std::string) const override { return {}; }

  std::vector<CLI::ConfigItem> from_config(std::istream& in) const override {
    std::string text(kMostConfigBytes + 1, '\0');
    in.read(text.data(), static_cast<std::streamsize>(text.size()));
    text.resize(static_cast<std::size_t>(in.gcount()));
    if (text.size() > kMostConfigBytes) {
      throw refused({"it is longer than " + std::to_string(kMostConfigBytes) + " bytes"});
    }
    std::string why;
    ConfigText config = parse_config(text, why);
    if (!why.empty()) throw refused({why});
    std::vector<std::string> unknown;
    std::vector<CLI::ConfigItem> read;
    for (ConfigEntry& entry : config.entries) {
      const CLI::Option* const option = app_.get_option_no_throw("--" + entry.name);
      if (option == nullptr || !option->get_configurable()) {
        unknown.push_back(in_line(entry.line, "there is no option \"" + entry.name + '"'));
        continue;
      }
      if (option->count() == 0) lines_.emplace_back("--" + entry.name, entry.line);
      CLI::ConfigItem& item = read.emplace_back();
      item.name = std::move(entry.name);
      item.inputs = std::move(entry.values);
    }
    for (const ConfigSection& section : config.sections) {
      if (is_known_section(section.name)) continue;
      unknown.push_back(in_line(section.line, "there is no section \"" + section.name + '"'));
    }
    if (!unknown.empty()) throw refused(std::move(unknown));
    sections_ = std::move(config.sections);
    return read;
  }

  // Not empty: why the file is no configuration.
  const std::vector<std::string>& faults() const { return faults_; }

  // Its sections, as they stand.
  const std::vector<ConfigSection>& sections() const { return sections_; }

  // "line 3: ", if `message` is about a value that the file gave.
  std::string place_of(const std::string& message) const {
    for (const auto& [flag, line] : lines_) {
      const std::size_t at = message.find(flag);
      if (at == std::string::npos) continue;
      const std::size_t end = at + flag.size();
      if (end == message.size() || message[end] == ':' || message[end] == ' ')
        return "line " + std::to_string(line) + ": ";
    }
    return {};
  }

 private:
  CLI::ParseError refused(std::vector<std::string> faults) const {
    faults_ = std::move(faults);
    return {"", kBadUsage};
  }

  const CLI::App& app_;
  // CLI11 reads by a constant function.
  mutable std::vector<std::string> faults_;
  mutable std::vector<ConfigSection> sections_;
  mutable std::vector<std::pair<std::string, unsigned>> lines_;
};

std::string check_duration(const std::string& text) {
  const auto seconds = metrics::parse_duration(text);
  if (seconds && *seconds >= 60) return {};
  return "'" + text + "' is no time of at least a minute, such as 90m, 24h or 30d";
}

std::string why_unreadable(const std::string& file) {
  std::error_code error;
  if (std::filesystem::is_directory(file, error)) return std::strerror(EISDIR);
  std::ifstream in(file);
  return std::strerror(in ? EIO : errno);
}

// Not CLI::Range, to which NaN is in every range.
std::string check_share(const std::string& text) {
  double share = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), share);
  const bool is_number = error == std::errc() && end == text.data() + text.size();
  if (is_number && share >= 0 && share <= 1) return {};
  return "'" + text + "' is no number from 0 to 1";
}

void add_otlp_options(CLI::App& app, otlp::Settings& settings) {
  app.add_option_function<std::string>(
         "--otlp-endpoint",
         [&settings](const std::string& endpoint) {
           std::string why;
           settings.url = otlp::traces_url(endpoint, why);
           if (settings.url.empty()) throw CLI::ValidationError("--otlp-endpoint " + why);
         },
         "OpenTelemetry collector that operations are sent to as spans, by OTLP/HTTP (default: "
         "none)")
      ->type_name("URL");
  app.add_option("--otlp-share", settings.share,
                 "Share of the operations that neither failed nor were slow which is sent, too")
      ->check(check_share, "")
      ->capture_default_str()
      ->type_name("0..1");
  app.add_option(
         "--otlp-headers-file", settings.headers_file,
         "File with headers for the collector, such as 'Authorization: Bearer TOKEN', one a line")
      ->type_name("FILE");
  app.add_option("--otlp-ca-file", settings.ca_file,
                 "Certificates (PEM) by which the collector is known, in place of the system's")
      ->type_name("FILE");
}

// Everything but what is printed.
std::variant<Options, std::vector<std::string>, ExitCode> parse(int argc, char** argv) {
  Options options;
  options.baseline_folder = metrics::default_baseline_folder();
  CLI::App app("Serves the telemetry of running Goxel daemons over HTTP.",
               "goxel-telemetry-bridge");
  const auto file = std::make_shared<ConfigFile>(app);
  app.config_formatter(file);
  app.set_config("--config", "",
                 "Read options from this file, too: TOML, keys are these names without dashes; "
                 "what stands here wins")
      ->type_name("FILE");
  app.add_flag("--check-config", options.only_check,
               "Only say whether the bridge would start with these options and this file")
      ->configurable(false);
  app.add_option("--test-notification", options.test_notification,
                 "Only send a test message by the channel [notify.NAME] of the file, and say what "
                 "came back")
      ->configurable(false)
      ->type_name("NAME");
  app.set_version_flag("--version", "goxel-telemetry-bridge " GOXEL_TELEMETRY_VERSION);
  app.add_option("--instance", options.instances,
                 "Daemon to watch; may be repeated (default: all on this machine)")
      ->check(check_instance, "")
      ->allow_extra_args(false)
      ->type_name("NAME");
  app.add_option("--trust", options.trusted_users,
                 "Watch only daemons of this user and of root; may be repeated (default: of "
                 "anybody)")
      ->allow_extra_args(false)
      ->type_name("USER");
  app.add_option("--port", options.port, "TCP port; 0 takes any that is free")
      ->check(CLI::Range(0, 65535).description(""))
      ->capture_default_str()
      ->type_name("PORT");
  app.add_option("--bind", options.bind,
                 "IP address to listen on; any but a loopback address needs --token-file")
      ->check(check_address, "")
      ->capture_default_str()
      ->type_name("ADDRESS");
  app.add_option("--token-file", options.token_file,
                 "File with the token that clients must present as 'Authorization: Bearer TOKEN'")
      ->type_name("FILE");
  app.add_option_function<std::vector<std::string>>(
         "--allow-origin",
         [&options](const std::vector<std::string>& texts) {
           options.allowed_origins.clear();
           for (const std::string& text : texts) {
             std::string why;
             options.allowed_origins.push_back(canonical_origin(text, why));
             if (!why.empty()) throw CLI::ValidationError("--allow-origin", why);
           }
         },
         "Let web pages of this origin (https://grafana.example) read answers; may be repeated "
         "(default: none but the bridge's own)")
      ->allow_extra_args(false)
      ->type_name("ORIGIN");
  app.add_option("--spans-socket", options.spans_socket.path,
                 "Also take reports of spans on a UNIX socket of this path, from those whom its "
                 "file lets connect; no token is asked there")
      ->type_name("PATH");
  app.add_option_function<std::string>(
         "--spans-socket-mode",
         [&options](const std::string& text) { options.spans_socket.mode = *socket_mode(text); },
         "Octal mode of that socket (default: 0600)")
      ->check(check_socket_mode, "")
      ->type_name("MODE");
  app.add_option("--spans-socket-group", options.spans_socket.group,
                 "Group of that socket (default: the bridge's own)")
      ->type_name("GROUP");
  app.add_option("--history", options.history_file,
                 "File to keep a history in (default: none); made if there is none")
      ->type_name("FILE");
  constexpr std::array kOfTier = {"--history-1s", "--history-10s", "--history-1min",
                                  "--history-1h"};
  constexpr std::array kDefault = {"1h", "24h", "30d", "730d"};
  for (std::size_t tier = 0; tier < kOfTier.size(); ++tier) {
    app.add_option_function<std::string>(
           kOfTier[tier],
           [&options, tier](const std::string& text) {
             options.history_retention.seconds[tier] = *metrics::parse_duration(text);
           },
           "How long to keep rollups of " + std::string(kOfTier[tier] + 10) +
               " (default: " + kDefault[tier] + ')')
        ->check(check_duration, "")
        ->type_name("TIME");
  }
  app.add_option_function<std::uint64_t>(
         "--history-size",
         [&options](std::uint64_t mib) { options.history_retention.most_bytes = mib << 20; },
         "MiB that the file may have before the finest rollups go early (default: 1024)")
      ->check(CLI::Range(std::uint64_t{16}, std::uint64_t{1} << 20).description(""))
      ->type_name("MIB");
  app.add_option("--alerts-file", options.alerts_file,
                 "File to keep alerts in (default: the history's with .alerts behind its name; "
                 "without a history: none); made if there is none")
      ->type_name("FILE");
  app.add_option("--baselines", options.baseline_folder,
                 "Where goxel-telemetry baseline keeps them (default: "
                 "$XDG_STATE_HOME/goxel-telemetry/baselines)")
      ->type_name("FOLDER");
  add_choice(app, "--log-level", options.log.level, kLogLevels,
             "Lowest level that is written to standard error: debug, info, warning or error "
             "(default: info)");
  add_choice(app, "--log-format", options.log.format, kLogFormats,
             "How a line is written there: logfmt or json (default: logfmt)");
  add_otlp_options(app, options.otlp);
  app.footer(
      "SIGHUP reads the configuration file and the token file again, if there is either. "
      "Exit codes: 0 ended by a signal (SIGINT, SIGTERM; SIGHUP without such a file); 1 a file of "
      "a flag cannot be read, or the address or the socket cannot be used; 2 bad flags or values, "
      "also in the file.");
  try {
    const std::string empty = metrics::empty_argument({argv, static_cast<std::size_t>(argc)});
    if (!empty.empty()) throw CLI::ParseError(empty, kBadUsage);
    // Since 2.3 CLI11 would read several.
    const auto names_file = [](std::string_view argument) {
      return argument == "--config" || argument.starts_with("--config=");
    };
    if (std::count_if(argv, argv + argc, names_file) > 1)
      throw CLI::ParseError("--config: only one file is read", kBadUsage);
    app.parse(argc, argv);
    if (app.count("--config") > 0) options.config_file = app["--config"]->as<std::string>();
    if (options.allowed_origins.size() > kMostOrigins) {
      throw CLI::ValidationError("at most " + std::to_string(kMostOrigins) +
                                 " origins can be allowed");
    }
    if (!is_loopback(options.bind) && options.token_file.empty()) {
      throw CLI::ValidationError("--bind " + options.bind +
                                 " is reachable from other machines and needs --token-file");
    }
    if (const SocketPlace& socket = options.spans_socket;
        socket.path.empty() && (!socket.group.empty() || app.count("--spans-socket-mode") > 0)) {
      throw CLI::ValidationError(
          "--spans-socket-mode and --spans-socket-group need --spans-socket");
    } else if (!socket.group.empty() && (socket.mode & kGroupMayConnect) == 0) {
      throw CLI::ValidationError(
          "--spans-socket-group needs --spans-socket-mode 0660: else the group cannot connect");
    }
    if (options.otlp.url.empty() && (app.count("--otlp-share") + app.count("--otlp-headers-file") +
                                         app.count("--otlp-ca-file") >
                                     0)) {
      throw CLI::ValidationError("the --otlp flags need --otlp-endpoint");
    }
    options.sections = file->sections();
    if (options.alerts_file.empty() && !options.history_file.empty())
      options.alerts_file = metrics::alerts_file_of(options.history_file);
    if (options.instances.size() > Instances::kMostWatched) {
      throw CLI::ValidationError("at most " + std::to_string(Instances::kMostWatched) +
                                 " instances can be watched");
    }
  } catch (const CLI::Success& help_or_version) {
    return ExitCode{app.exit(help_or_version)};
  } catch (const CLI::FileError&) {
    const std::string name = app["--config"]->as<std::string>();
    return std::vector{"cannot read the configuration file " + name + ": " + why_unreadable(name)};
  } catch (const CLI::ParseError& error) {
    std::vector<std::string> faults = file->faults();
    const std::string place = file->place_of(error.what());
    if (faults.empty()) faults.push_back(place + error.what());
    if (!file->faults().empty() || !place.empty()) {
      for (std::string& fault : faults)
        fault.insert(0, "in " + app["--config"]->as<std::string>() + ", ");
    }
    return faults;
  }
  std::vector<std::string> faults;
  options.alerts = read_alert_settings(options.sections, faults);
  options.channels = notify::read_channels(options.sections, faults);
  for (std::string& fault : faults) fault.insert(0, "in " + options.config_file + ", ");
  if (!faults.empty()) return faults;
  const auto is_tested = [&options](const notify::ChannelSettings& channel) {
    return channel.name == options.test_notification;
  };
  if (!options.test_notification.empty() &&
      std::none_of(options.channels.begin(), options.channels.end(), is_tested)) {
    return std::vector{"--test-notification: the configuration file has no [notify." +
                       options.test_notification + ']'};
  }
  return options;
}

}  // namespace

std::variant<Options, ExitCode> parse_options(int argc, char** argv) {
  auto parsed = parse(argc, argv);
  if (const auto* exit_code = std::get_if<ExitCode>(&parsed)) return *exit_code;
  if (const auto* faults = std::get_if<std::vector<std::string>>(&parsed)) {
    print_sentences(*faults);
    return ExitCode{kBadUsage};
  }
  auto& options = std::get<Options>(parsed);
  if (options.trusted_users.empty()) return std::move(options);
  const std::string problem = shm::trust_only(options.trusted_users);
  if (problem.empty()) return std::move(options);
  print_sentences({"--trust: " + problem});
  return ExitCode{kBadUsage};
}

std::variant<Options, std::vector<std::string>> read_options(int argc, char** argv) {
  auto parsed = parse(argc, argv);
  if (auto* options = std::get_if<Options>(&parsed)) return std::move(*options);
  if (auto* faults = std::get_if<std::vector<std::string>>(&parsed)) return std::move(*faults);
  return std::vector<std::string>{};  // help, which would have ended the program before
}

void print_sentences(const std::vector<std::string>& sentences) {
  for (const std::string& sentence : sentences) {
    std::cerr << "goxel-telemetry-bridge: " << metrics::visible(metrics::printable(sentence))
              << "\n";
  }
}

std::string read_token(const std::string& file, std::string& why) {
  std::ifstream in(file, std::ios::binary);
  std::string token(kLongestToken + 1, '\0');
  if (!in || (in.read(token.data(), static_cast<std::streamsize>(token.size())), in.bad())) {
    why = "cannot read the token file " + file + ": " + std::strerror(errno);
    return {};
  }
  token.resize(static_cast<std::size_t>(in.gcount()));
  const auto begin = token.find_first_not_of(" \t\r\n");
  const auto end = token.find_last_not_of(" \t\r\n");
  token = begin == std::string::npos ? "" : token.substr(begin, end - begin + 1);
  const bool visible =
      std::all_of(token.begin(), token.end(), [](char c) { return c > ' ' && c < 0x7F; });
  if (!visible || token.size() < kShortestToken || token.size() > kLongestToken) {
    why = "the token in " + file + " must be " + std::to_string(kShortestToken) + " to " +
          std::to_string(kLongestToken) + " visible ASCII characters";
    return {};
  }
  return token;
}

}  // namespace goxel_telemetry::http_bridge
