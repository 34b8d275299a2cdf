// SPDX-License-Identifier: GPL-3.0-or-later
// The part of SQLite that the history needs, and the alerts. Errors are exceptions here; their public
// functions turn them into a HistoryResult.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
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
  foreign,    // a file of another kind
  older,      // written by an earlier version, and a reader cannot migrate it
  newer,      // written by a later version
  corrupt,    // damaged
  read_only,  // this user has no permission to write it, or to read it
  full,       // no space left
  in_use,     // another process writes it
  moved,      // the file that is open has been moved away
  stopped,    // the caller wanted no more
  failed,     // any other error of the system
};

struct HistoryResult {
  HistoryOutcome outcome = HistoryOutcome::done;
  std::string message;  // unless done: one sentence for the operator

  bool done() const { return outcome == HistoryOutcome::done; }
};

// Whether nobody wants any more what is being done; empty: never. It must not throw.
using StopWanted = std::function<bool()>;

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

class Statement {
 public:
  Statement(sqlite3* database, const char* sql);

  // reset() begins another execution. bind() numbers arguments from 1.
  Statement& reset();
  Statement& bind(int index, std::int64_t value);
  Statement& bind(int index, std::string_view text);
  Statement& bind(int index, std::span<const std::uint8_t> bytes);
  Statement& bind_real(int index, double value);
  Statement& bind_real(int index, std::optional<double> value);  // empty: NULL

  // True: there is a row. Its values are valid until the next step() or reset().
  bool step();
  void run();  // runs to the end, and resets

  // Ends an execution, also when an exception does: a row that is still wanted keeps the state of the file
  // in which it was read.
  class Ending {
   public:
    explicit Ending(Statement& statement) : statement_(statement) {}
    Ending(const Ending&) = delete;
    Ending& operator=(const Ending&) = delete;
    ~Ending() { statement_.reset(); }

   private:
    Statement& statement_;
  };

  std::int64_t number(int column) const;
  double real(int column) const;
  std::optional<double> real_or_null(int column) const;
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

// A file whose name begins so is in the memory of this process: those who open the same name see the same, as long as one
// of them has it open. It has no write-ahead log, so readers wait for writers.
inline constexpr std::string_view kInMemory = ":memory:";

class Database {
 public:
  enum class Mode {
    read,
    // Of a file that no process writes, in a folder where this user may not write:
    read_unchanging,    // without a -wal file
    read_with_journal,  // with one, and without the -shm file that SQLite would make beside it
    write,              // makes the file if there is none
  };
  Database(const std::string& file, Mode mode);

  Statement prepare(const char* sql) { return Statement(database_.get(), sql); }
  void run(const char* sql);
  std::int64_t number(const char* sql);  // the first value of the first row
  // Whether the file's name stands for another file by now, or for no file.
  bool has_moved() const;

  // From now on fails after so many steps of SQLite's machine, because a file that was made for it keeps
  // its reader busy for ever, and soon after `stop` says so. A further call begins anew.
  void limit_steps(std::uint64_t most, const StopWanted& stop);
  bool was_stopped() const { return limit_ != nullptr && limit_->stopped; }

  // The destructor rolls back unless commit() was called.
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
  struct Limit {
    std::uint64_t steps_left = 0;
    StopWanted stop;
    bool stopped = false;
  };
  std::unique_ptr<Limit> limit_;  // outlives the database, which knows where it is
  std::unique_ptr<sqlite3, Close> database_;
};

// Numbers are signed in the file, because SQLite has no others.
inline std::int64_t to_signed(std::uint64_t value) {
  return static_cast<std::int64_t>(value);
}
inline std::uint64_t to_unsigned(std::int64_t value) {
  return static_cast<std::uint64_t>(value);
}

}  // namespace goxel_telemetry::metrics
