/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * A plugin for tests: writes each call that it gets as a line into the file of its setting "file".
 * With the setting "fail" it cannot be activated.
 */
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "plugin/goxel_plugin.h"

static pthread_mutex_t lock = PTHREAD_MUTEX_INITIALIZER;
static FILE* file;
static goxel_plugin_request_token last_token;

__attribute__((format(printf, 1, 2))) static void write_line(const char* format, ...) {
  va_list arguments;
  va_start(arguments, format);
  pthread_mutex_lock(&lock);
  vfprintf(file, format, arguments);
  fflush(file);
  pthread_mutex_unlock(&lock);
  va_end(arguments);
}

static const char* setting(const goxel_plugin_host* host, const char* name) {
  for (size_t i = 0; i < host->setting_count; ++i) {
    if (strcmp(host->settings[i].name, name) == 0) return host->settings[i].value;
  }
  return NULL;
}

static int activate(const goxel_plugin_host* host) {
  const char* path = setting(host, "file");
  if (setting(host, "fail") != NULL || path == NULL || (file = fopen(path, "w")) == NULL) {
    host->log(host->log_context, "The recording plugin does not start.");
    return -1;
  }
  write_line("activate %s %s workers %u\n", host->name, host->version, host->workers_configured);
  for (size_t i = 0; i < host->setting_count; ++i) {
    if (strcmp(host->settings[i].name, "file") == 0) continue;
    write_line("setting %s=%s\n", host->settings[i].name, host->settings[i].value);
  }
  return 0;
}

static void deactivate(void) {
  write_line("deactivate\n");
  fclose(file);
}

static void connection_opened(goxel_plugin_connection connection) {
  write_line("opened %llu\n", (unsigned long long)connection);
}

static void connection_closed(goxel_plugin_connection connection) {
  write_line("closed %llu\n", (unsigned long long)connection);
}

static goxel_plugin_request_token request_received(const goxel_plugin_request* request) {
  pthread_mutex_lock(&lock);
  const goxel_plugin_request_token token = ++last_token;
  pthread_mutex_unlock(&lock);
  write_line("received %llu connection %llu %s %.*s bytes %llu trace %.*s\n",
             (unsigned long long)token, (unsigned long long)request->connection,
             request->protocol == GOXEL_PROTOCOL_MCP ? "mcp" : "jsonrpc",
             request->operation == NULL ? 6 : (int)request->operation_length,
             request->operation == NULL ? "(none)" : request->operation,
             (unsigned long long)request->bytes, (int)request->traceparent_length,
             request->traceparent == NULL ? "" : request->traceparent);
  return token;
}

static void request_queued(goxel_plugin_request_token request) {
  write_line("queued %llu\n", (unsigned long long)request);
}

static void request_started(goxel_plugin_request_token request, uint32_t worker) {
  write_line("started %llu worker %u\n", (unsigned long long)request, worker);
}

static void request_answering(goxel_plugin_request_token request) {
  write_line("answering %llu\n", (unsigned long long)request);
}

static void request_finished(goxel_plugin_request_token request, uint32_t status, uint64_t bytes) {
  write_line("finished %llu status %u bytes %llu\n", (unsigned long long)request, status,
             (unsigned long long)bytes);
}

static void set_gauge(uint32_t gauge, int64_t value) {
  write_line("gauge %u %lld\n", gauge, (long long)value);
}

static const goxel_plugin table = {sizeof(goxel_plugin),
                                   GOXEL_PLUGIN_ABI_MINOR,
                                   "recording",
                                   "1",
                                   activate,
                                   deactivate,
                                   connection_opened,
                                   connection_closed,
                                   request_received,
                                   request_queued,
                                   request_started,
                                   request_answering,
                                   request_finished,
                                   set_gauge};

const goxel_plugin* goxel_plugin_entry(uint32_t abi_major) {
  return abi_major == GOXEL_PLUGIN_ABI_MAJOR ? &table : NULL;
}
