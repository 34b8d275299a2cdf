// SPDX-License-Identifier: GPL-3.0-or-later
#include "plugin_host.h"

#include <dlfcn.h>

#include "log.h"
#include "methods.h"

namespace stand_in {
namespace {

void log_for_plugin(void*, const char* line) {
  log_line(std::string("plugin: ") + line);
}

bool is_whole(const goxel_plugin* table) {
  return table != nullptr && table->size >= sizeof(goxel_plugin);
}

}  // namespace

void PluginHost::load(const std::vector<PluginOptions>& plugins, std::uint32_t workers) {
  for (const PluginOptions& plugin : plugins) load_one(plugin, workers);
  gauge(GOXEL_GAUGE_WORKERS_CONFIGURED, workers);
}

void PluginHost::load_one(const PluginOptions& plugin, std::uint32_t workers) {
  const std::string failed = "Runs without the plugin " + plugin.name + ": ";
  void* library = dlopen(plugin.library.c_str(), RTLD_NOW | RTLD_LOCAL);
  if (library == nullptr) {
    log_line(failed + dlerror());  // NOLINT(concurrency-mt-unsafe): glibc keeps it by thread
    return;
  }
  const auto entry =
      reinterpret_cast<goxel_plugin_entry_function>(dlsym(library, GOXEL_PLUGIN_ENTRY));
  const goxel_plugin* table = entry == nullptr ? nullptr : entry(GOXEL_PLUGIN_ABI_MAJOR);
  if (!is_whole(table)) {
    log_line(
        failed + plugin.library +
        (entry == nullptr ? " has no " GOXEL_PLUGIN_ENTRY : " does not know this ABI version"));
    dlclose(library);
    return;
  }
  std::vector<goxel_plugin_setting> settings;
  for (const auto& [name, value] : plugin.settings) {
    settings.push_back({name.c_str(), value.c_str()});
  }
  const goxel_plugin_host host{
      sizeof(goxel_plugin_host), "goxel-stand-in-daemon", kGoxelVersion,  workers,
      settings.data(),           settings.size(),         log_for_plugin, nullptr};
  if (table->activate(&host) != 0) {
    log_line(failed + "it could not be activated");
    dlclose(library);
    return;
  }
  plugins_.push_back({table, library});
  log_line("Plugin " + plugin.name + ": " + table->name + " " + table->version);
}

void PluginHost::unload() {
  for (const Loaded& plugin : plugins_) {
    plugin.table->deactivate();
    dlclose(plugin.library);
  }
  plugins_.clear();
}

void PluginHost::connection_opened(std::uint64_t connection) const {
  for (const Loaded& plugin : plugins_) plugin.table->connection_opened(connection);
}

void PluginHost::connection_closed(std::uint64_t connection) const {
  for (const Loaded& plugin : plugins_) plugin.table->connection_closed(connection);
}

PluginTokens PluginHost::received(std::uint64_t connection, const Message& message,
                                  std::uint64_t bytes, std::uint64_t receive_duration_ns) const {
  if (plugins_.empty()) return {};
  goxel_plugin_request request{};
  request.size = sizeof request;
  request.connection = connection;
  request.protocol =
      message.dialect == Dialect::json_rpc ? GOXEL_PROTOCOL_JSON_RPC : GOXEL_PROTOCOL_MCP;
  if (message.kind != Message::Kind::malformed) {
    request.operation = message.operation.data();
    request.operation_length = message.operation.size();
  }
  if (!message.traceparent.empty()) {
    request.traceparent = message.traceparent.data();
    request.traceparent_length = message.traceparent.size();
  }
  request.bytes = bytes;
  request.receive_duration_ns = receive_duration_ns;
  PluginTokens tokens;
  for (const Loaded& plugin : plugins_) tokens.push_back(plugin.table->request_received(&request));
  return tokens;
}

void PluginHost::queued(const PluginTokens& tokens) const {
  for (std::size_t i = 0; i < tokens.size(); ++i) plugins_[i].table->request_queued(tokens[i]);
}

void PluginHost::started(const PluginTokens& tokens, std::uint32_t worker) const {
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    plugins_[i].table->request_started(tokens[i], worker);
  }
}

void PluginHost::answering(const PluginTokens& tokens) const {
  for (std::size_t i = 0; i < tokens.size(); ++i) plugins_[i].table->request_answering(tokens[i]);
}

void PluginHost::finished(const PluginTokens& tokens, goxel_plugin_status status,
                          std::uint64_t bytes) const {
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    plugins_[i].table->request_finished(tokens[i], status, bytes);
  }
}

void PluginHost::gauge(goxel_plugin_gauge gauge, std::int64_t value) const {
  for (const Loaded& plugin : plugins_) plugin.table->set_gauge(gauge, value);
}

}  // namespace stand_in
