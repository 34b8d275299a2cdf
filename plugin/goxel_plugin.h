/* SPDX-License-Identifier: GPL-3.0-or-later */
/*
 * The plugin ABI of a Goxel daemon: what a daemon that loads plugins calls.
 *
 * Conventions
 *  1. Plain C. No exception, no C++ type and no errno meaning crosses this boundary.
 *  2. There is one entry symbol, GOXEL_PLUGIN_ENTRY. The host looks it up, asks for the major
 *     version that it was built for, and gets a table of functions or NULL.
 *  3. A struct begins with its size. A newer minor version only appends members; each side reads no
 *     member that lies beyond the size that the other side states.
 *  4. Each function states where it may be called:
 *       [main-thread]  the thread that called activate; no other function is called meanwhile
 *       [any-thread]   any thread, also several at once
 *       [active]       between a successful activate and the matching deactivate
 *       [!active]      outside of that
 *  5. A pointer that is passed in belongs to the caller and is only read during the call. What the
 *     plugin returns belongs to the plugin and stays valid until its library is unloaded.
 *  6. Functions marked [hot] do not allocate, make no system call and never wait in the kernel. Two
 *     calls at once with the same token take turns: the second waits for about 50 µs at most and is
 *     then ignored.
 *  7. A child of fork() may call anything: until it calls activate itself, its calls do nothing.
 *
 * Rationale for tokens instead of host pointers: a request lasts longer than a call, may end on
 * another thread than it began on, and may be finished after the plugin gave it up (timeout). A
 * token holds a generation, so that an old token is recognised and ignored instead of ending
 * another request.
 */
#ifndef GOXEL_PLUGIN_H
#define GOXEL_PLUGIN_H

#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#define GOXEL_PLUGIN_ABI_MAJOR 1u
#define GOXEL_PLUGIN_ABI_MINOR 1u
#define GOXEL_PLUGIN_ENTRY "goxel_plugin_entry"

enum goxel_plugin_protocol { GOXEL_PROTOCOL_JSON_RPC = 1, GOXEL_PROTOCOL_MCP = 2 };

enum goxel_plugin_status {
  GOXEL_STATUS_OK = 0,
  GOXEL_STATUS_ERROR = 1,      /* answered with an error */
  GOXEL_STATUS_UNANSWERED = 2, /* no answer was or will be sent */
  GOXEL_STATUS_MALFORMED = 3,  /* a complete message that is no request */
  GOXEL_STATUS_CANCELLED = 4,  /* the client hung up while it was being worked on */
  /* Since minor version 1; an older plugin counts it as an error. It needs no answer and got none. */
  GOXEL_STATUS_NOTIFICATION = 5
};

enum goxel_plugin_gauge {
  GOXEL_GAUGE_QUEUE_DEPTH = 1,       /* requests waiting for a worker */
  GOXEL_GAUGE_WORKERS_CONFIGURED = 2 /* size of the worker pool */
};

/* A connection: any number that the host does not use for another one while this one is open. */
typedef uint64_t goxel_plugin_connection;

/* A request in flight. 0 means "not observed"; every function accepts and ignores it. */
typedef uint64_t goxel_plugin_request_token;

/* One member of the plugin's "config" object, its value as text ("true", "30", "goxel"). */
typedef struct goxel_plugin_setting {
  const char* name;  /* NUL-terminated UTF-8 */
  const char* value; /* NUL-terminated UTF-8 */
} goxel_plugin_setting;

/* What the host says about itself. */
typedef struct goxel_plugin_host {
  size_t size;         /* sizeof(goxel_plugin_host) */
  const char* name;    /* of the daemon, e.g. "goxel-daemon" */
  const char* version; /* of the daemon */
  uint32_t workers_configured;
  const goxel_plugin_setting* settings;
  size_t setting_count;
  /* Writes one line (no newline in it) to the host's log. [any-thread] May be NULL: then stderr is
   * used. */
  void (*log)(void* log_context, const char* line);
  void* log_context;
} goxel_plugin_host;

/* What is known of a request when its last byte has arrived. */
typedef struct goxel_plugin_request {
  size_t size; /* sizeof(goxel_plugin_request) */
  goxel_plugin_connection connection;
  uint32_t protocol; /* enum goxel_plugin_protocol */
  /* Method or tool, not NUL-terminated; NULL for a message that is no request. */
  const char* operation;
  size_t operation_length;      /* bytes */
  const char* traceparent;      /* W3C trace context, not NUL-terminated; NULL if there is none */
  size_t traceparent_length;    /* bytes */
  const char* stack;            /* "4-layer", "2-layer"; NULL: as the protocol implies */
  size_t stack_length;          /* bytes */
  uint64_t bytes;               /* of the message */
  uint64_t receive_duration_ns; /* from its first byte to its last */
} goxel_plugin_request;

/* What the plugin offers. Every member is non-NULL. */
typedef struct goxel_plugin {
  size_t size;        /* sizeof(goxel_plugin) */
  uint32_t abi_minor; /* that the plugin was built for */
  const char* name;
  const char* version;

  /*
   * Creates the segment. Returns 0, or -1 after logging one sentence that says why; then the host
   * goes on without the plugin and may still call everything: the calls do nothing. [main-thread,
   * !active]
   */
  int (*activate)(const goxel_plugin_host* host);
  /* Ends every request in flight as unanswered and retires the segment. [main-thread, active] */
  void (*deactivate)(void);

  /* [any-thread] */
  void (*connection_opened)(goxel_plugin_connection connection);
  /*
   * The connection has ended. Those of its requests that are still in flight end as cancelled if
   * they were started, else as unanswered. A request that is being answered (request_answering)
   * stays until request_finished says how it ended. [any-thread]
   */
  void (*connection_closed)(goxel_plugin_connection connection);

  /* The last byte of a request has arrived. [any-thread, hot] */
  goxel_plugin_request_token (*request_received)(const goxel_plugin_request* request);
  /* The request was put into a queue: its waiting time begins. Optional. [any-thread, hot] */
  void (*request_queued)(goxel_plugin_request_token request);
  /*
   * A worker took the request: its span begins. Optional: without this call the span begins at
   * request_received. [any-thread, hot]
   */
  void (*request_started)(goxel_plugin_request_token request, uint32_t worker);
  /*
   * The first byte of its answer is about to be sent: its span ends. Optional: without this call
   * the span ends at request_finished. [any-thread, hot]
   */
  void (*request_answering)(goxel_plugin_request_token request);
  /*
   * The last byte of its answer was sent, or there is no answer. Afterwards the token is invalid.
   * status: enum goxel_plugin_status; bytes: size of the answer. [any-thread, hot]
   */
  void (*request_finished)(goxel_plugin_request_token request, uint32_t status, uint64_t bytes);

  /* gauge: enum goxel_plugin_gauge; an unknown one is ignored. [any-thread, hot] */
  void (*set_gauge)(uint32_t gauge, int64_t value);
} goxel_plugin;

/*
 * The entry symbol. Returns the table, or NULL if abi_major is not one that the plugin knows.
 * Constant: two calls return the same table. [any-thread]
 */
typedef const goxel_plugin* (*goxel_plugin_entry_function)(uint32_t abi_major);
#if defined(__GNUC__)
__attribute__((visibility("default")))
#endif
const goxel_plugin*
goxel_plugin_entry(uint32_t abi_major);

#ifdef __cplusplus
}
#endif

#endif
