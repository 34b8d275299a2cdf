// SPDX-License-Identifier: GPL-3.0-or-later
// What a history file holds, and how a file of an older version becomes one of this version.
//
// A new file goes through the same steps as an old one, from version 0. A step, once released, is
// never changed: users have files that went through it.
#pragma once

#include <cstdint>

#include "metrics/history/database.h"

namespace goxel_telemetry::metrics {

inline constexpr std::int64_t kHistoryApplicationId = 0x47785468;  // "GxTh"

inline constexpr int kMostBeginnings = 1'000;  // the latest, of when writers began

std::int64_t history_version();  // the version that this program writes

// Whether `database` is a history that this program can read: done, foreign or newer; absent if it
// is empty.
HistoryResult check_schema(Database& database, const std::string& file);

// The same for a reader, which does not migrate.
HistoryResult check_schema_to_read(Database& database, const std::string& file);

// Brings the database to this program's version, in one transaction. Only after check_schema().
void migrate(Database& database);

}  // namespace goxel_telemetry::metrics
