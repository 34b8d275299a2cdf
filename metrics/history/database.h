// SPDX-License-Identifier: GPL-3.0-or-later
// SQLite, as much of it as the history needs. Errors are exceptions in here and become a
// HistoryResult at the history's border.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

struct sqlite3;
struct sqlite3_stmt;

namespace goxel_telemetry::metrics {

enum class HistoryOutcome {
  done,
  absent,     // there is no such file
  unknown,    // the file has nothing of that name
  foreign,    // a file of something else
  older,      // written by an earlier version, and this is only a reader
  newer,      // written by a later version
  corrupt,    // damaged
  read_only,  // this user may not write it, or not read it
  full,       // no space left
  in_use,     // somebody else writes it
  moved,      // the file that is open has been moved away
  failed,     // anything else that the system says
};

struct HistoryResult {
  HistoryOutcome outcome = HistoryOutcome::done;
  std::string message;  // unless done: one sentence for the operator

  bool done() const { return outcome == HistoryOutcome::done; }
};

class DatabaseError : public std::runtime_error {
 public:
  DatabaseError(int code, int system_error, const std::string& what)
      : std::runtime_error(what), code_(code), system_error_(system_error) {}
  int code() const { return code_; }                  // SQLite's extended result code
  int system_error() const { return system_error_; }  // errno behind it, or 0

 private:
  int code_;
  int system_error_;
};

// What an error means for the history in `file`.
HistoryResult result_of(const DatabaseError& error, const std::string& file);

class Statement {
 public:
  Statement(sqlite3* database, const char* sql);

  // From here on begins another execution; arguments are numbered from 1.
  Statement& reset();
  Statement& bind(int index, std::int64_t value);
  Statement& bind(int index, std::string_view text);
  Statement& bind(int index, std::span<const std::uint8_t> bytes);

  // True: there is a row. What it gives is valid until the next step() or reset().
  bool step();
  void run();  // to the end, and ready for another execution

  std::int64_t number(int column) const;
  std::string text(int column) const;
  std::span<const std::uint8_t> bytes(int column) const;

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* statement) const;
  };
  void check(int code) const;

  sqlite3* database_;
  std::unique_ptr<sqlite3_stmt, Finalize> statement_;
};

class Database {
 public:
  enum class Mode {
    read,
    read_unchanging,  // a file that nobody writes, in a folder that this user may not write
    write,            // made if there is none
  };
  Database(const std::string& file, Mode mode);

  Statement prepare(const char* sql) { return Statement(database_.get(), sql); }
  void run(const char* sql);
  std::int64_t number(const char* sql);  // the first of its first row
  // Whether the name stands for another file by now, or for none.
  bool has_moved() const;

  // Rolled back unless it was committed.
  class Transaction {
   public:
    explicit Transaction(Database& database, const char* begin) : database_(database) {
      database_.run(begin);
    }
    Transaction(const Transaction&) = delete;
    Transaction& operator=(const Transaction&) = delete;
    ~Transaction();
    void commit();

   private:
    Database& database_;
  };

 private:
  struct Close {
    void operator()(sqlite3* database) const;
  };
  std::unique_ptr<sqlite3, Close> database_;
};

// Signed in the file, as SQLite's numbers are.
inline std::int64_t to_signed(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}
inline std::uint64_t to_unsigned(std::int64_t value) {
  return static_cast<std::uint64_t>(value);
}

}  // namespace goxel_telemetry::metrics
