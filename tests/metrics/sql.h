// SPDX-License-Identifier: GPL-3.0-or-later
// For tests: what a foreign hand does to a file.
#pragma once

#include <gtest/gtest.h>
#include <sqlite3.h>

#include <string>

namespace goxel_telemetry::metrics {

inline void run_sql(const std::string& file, const std::string& statements) {
  sqlite3* database = nullptr;
  ASSERT_EQ(sqlite3_open(file.c_str(), &database), SQLITE_OK);
  char* error = nullptr;
  EXPECT_EQ(sqlite3_exec(database, statements.c_str(), nullptr, nullptr, &error), SQLITE_OK)
      << error;
  sqlite3_close(database);
}

}  // namespace goxel_telemetry::metrics
