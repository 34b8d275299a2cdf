// SPDX-License-Identifier: GPL-3.0-or-later
// Files that are not a valid history of this version, and places where there can be none.
#include <fcntl.h>
#include <gmock/gmock.h>
#include <sqlite3.h>

#include <sys/resource.h>
#include <unistd.h>
#include <cstdlib>

#include <csignal>
#include <cstdio>
#include <fstream>
#include <functional>
#include <map>

#include "history_fixture.h"
#include "metrics/history/schema.h"
#include "tests/metrics/sql.h"

namespace goxel_telemetry::metrics {
namespace {

using testing::HasSubstr;
using testing::Not;

class HistoryFileTest : public HistoryTest {
 protected:
  void sql(const std::string& statements) const { run_sql(file_, statements); }
  // Of the first row that a statement has.
  int first_value(const char* statement) const {
    sqlite3* database = nullptr;
    EXPECT_EQ(sqlite3_open(file_.c_str(), &database), SQLITE_OK);
    int value = -1;
    const auto take = [](void* to, int, char** columns, char**) {
      *static_cast<int*>(to) = std::atoi(columns[0]);
      return 1;
    };
    sqlite3_exec(database, statement, take, &value, nullptr);
    sqlite3_close(database);
    return value;
  }
  HistoryResult open_to_write() const {
    HistoryResult why;
    const bool opened = HistoryWriter::open(file_, retention_, why) != nullptr;
    EXPECT_EQ(opened, why.done());
    return why;
  }
  HistoryResult open_to_read() const {
    HistoryResult why;
    const bool opened = HistoryReader::open(file_, why) != nullptr;
    EXPECT_EQ(opened, why.done());
    return why;
  }
  // Writer and reader refuse the file with this outcome, and do not change it.
  void expect_refused(HistoryOutcome outcome, const std::string& sentence) const {
    std::ifstream before(file_, std::ios::binary);
    const std::string bytes(std::istreambuf_iterator<char>(before), {});
    for (const HistoryResult& result : {open_to_write(), open_to_read()}) {
      EXPECT_EQ(result.outcome, outcome);
      EXPECT_THAT(result.message, HasSubstr(sentence));
      EXPECT_THAT(result.message, HasSubstr(file_));
      EXPECT_THAT(result.message, Not(HasSubstr("\n")));
    }
    std::ifstream after(file_, std::ios::binary);
    EXPECT_EQ(bytes, std::string(std::istreambuf_iterator<char>(after), {}));
  }
  // Meanwhile no file of this process may grow beyond `most_bytes`: writes fail as on a full disk,
  // only with another error code. SQLite reports EFBIG as a failed write.
  HistoryResult commit_on_a_full_disk(const std::vector<HistoryDelta>& deltas, std::uint64_t now,
                                      rlim_t most_bytes = 4'096) {
    writer();
    rlimit before{};
    getrlimit(RLIMIT_FSIZE, &before);
    const rlimit full{most_bytes, before.rlim_max};
    std::signal(SIGXFSZ, SIG_IGN);
    setrlimit(RLIMIT_FSIZE, &full);
    const HistoryResult result = writer().commit(deltas, now);
    setrlimit(RLIMIT_FSIZE, &before);
    std::signal(SIGXFSZ, SIG_DFL);
    return result;
  }
  // Does it as a user who may read the folder's files and write nothing there.
  static HistoryResult as_a_reader_of(const std::filesystem::path& folder,
                                      const std::function<HistoryResult()>& work) {
    const bool root = ::geteuid() == 0;
    // root may write anywhere: become another user for a while.
    if (root) {
      for (const auto& file : std::filesystem::directory_iterator(folder)) {
        EXPECT_EQ(chown(file.path().c_str(), 65'534, 65'534), 0);
      }
      EXPECT_EQ(chown(folder.c_str(), 65'534, 65'534), 0);
    }
    std::filesystem::permissions(
        folder, std::filesystem::perms::owner_read | std::filesystem::perms::owner_exec);
    EXPECT_EQ(seteuid(root ? 65'534 : geteuid()), 0);
    const struct Back {
      ~Back() { EXPECT_EQ(seteuid(getuid()), 0); }
    } back;
    return work();
  }
  void write_file(const std::string& bytes) const {
    std::ofstream(file_, std::ios::binary) << bytes;
  }
};

TEST_F(HistoryFileTest, ThatIsNotThereIsMadeByAWriterOnly) {
  EXPECT_EQ(open_to_read().outcome, HistoryOutcome::absent);
  EXPECT_FALSE(std::filesystem::exists(file_));
  EXPECT_TRUE(open_to_write().done());
  EXPECT_TRUE(open_to_read().done());
  write_file("");
  EXPECT_EQ(open_to_read().outcome, HistoryOutcome::absent) << "empty";
  EXPECT_TRUE(open_to_write().done());
}

TEST_F(HistoryFileTest, NamesMayHoldAnything) {
  file_ = folder_ / "a b?mode=memory&c#d%41'\"\u00E9.db";
  commit(kThen);
  EXPECT_TRUE(std::filesystem::exists(file_));
  EXPECT_TRUE(open_to_read().done());
}

TEST_F(HistoryFileTest, OfSomethingElseIsRefused) {
  write_file(std::string(10'000, 'x'));
  expect_refused(HistoryOutcome::foreign, "not a history file");
  std::filesystem::remove(file_);
  sql("CREATE TABLE bookmarks (url TEXT)");
  expect_refused(HistoryOutcome::foreign, "not a history file");
  sql("PRAGMA user_version = 1");
  expect_refused(HistoryOutcome::foreign, "not a history file");
}

TEST_F(HistoryFileTest, OfALaterVersionIsRefused) {
  commit(kThen);
  writer_.reset();
  sql("PRAGMA user_version = 99");
  expect_refused(HistoryOutcome::newer, "newer version of this program (99;");
}

TEST_F(HistoryFileTest, OfVersion1IsBroughtUpToDate) {
  std::filesystem::copy_file(DATA_FOLDER "/history-version-1.db", file_);
  const HistoryResult refused = open_to_read();
  EXPECT_EQ(refused.outcome, HistoryOutcome::older);
  EXPECT_THAT(refused.message, HasSubstr("older version"));
  // What tests/data/metrics/README.md says was put in.
  for (std::uint64_t s = 0; s < 100; ++s) {
    for (const char* name : {"goxel.add_voxel", "ping"}) {
      for (std::uint64_t i = 0; i <= s % 5; ++i) {
        Measurement m;
        m.duration_ns = 1'000 * (s + 1) + i;
        m.bytes_in = 10;
        m.status = s % 10 == 9 ? shm::Status::error : shm::Status::ok;
        all_[{key(name), kThen + s}].add(m);
      }
    }
  }
  EXPECT_EQ(writer().positions().at("goxel"), (ReadingPosition{7, {99, 198}, (kThen + 99) * kNs}));
  for (const std::uint32_t points : {1u, 10u, 100u}) {
    const HistoryAnswer answer = query(kThen, kThen + 100, points);
    expect_exact(answer);
    EXPECT_DOUBLE_EQ(answer.whole.covered_seconds, 99);
  }
  record(key("ping"), kThen + 100, 5);
  commit(kThen + 4'000);
  expect_exact(query(kThen, kThen + 3'600, 1));
}

// Version 3 added counters, of which readers know nothing.
TEST_F(HistoryFileTest, OfVersion2IsReadAndBroughtUpToDate) {
  std::filesystem::copy_file(DATA_FOLDER "/history-version-2.db", file_);
  EXPECT_EQ(open_to_read().message, "");
  EXPECT_EQ(query(kThen, kThen + 100, 1).whole.outcomes.all(), 600u);
  EXPECT_EQ(writer().positions().at("goxel").lanes, (std::vector<std::uint64_t>{99, 198}));
  EXPECT_TRUE(writer().counters().empty());
  EXPECT_EQ(query(kThen, kThen + 100, 1).whole.outcomes.all(), 600u);
}

// Version 4 added when writers began.
TEST_F(HistoryFileTest, TellsWhenItsWritersBegan) {
  std::filesystem::copy_file(DATA_FOLDER "/history-version-2.db", file_);
  const auto beginnings = [this] {
    std::vector<std::uint64_t> seconds;
    EXPECT_EQ(reader()->beginnings(seconds).message, "");
    return seconds;
  };
  EXPECT_THAT(beginnings(), testing::IsEmpty()) << "an older file does not say";
  const auto early = reader();
  for (const std::uint64_t began : {4'000u, 5'000u}) {
    for (std::uint64_t i = 0; i < 3; ++i) commit(kThen + began + i);
    writer_.reset();
  }
  EXPECT_THAT(beginnings(), testing::ElementsAre(kThen + 4'000, kThen + 5'000));
  std::vector<std::uint64_t> seconds;
  EXPECT_EQ(early->beginnings(seconds).message, "");
  EXPECT_EQ(seconds.size(), 2u) << "opened before the file was brought up to date";

  sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 3000)"
      " INSERT INTO began SELECT i FROM n");
  EXPECT_EQ(beginnings().size(), static_cast<std::size_t>(kMostBeginnings)) << "whoever wrote them";
  commit(kThen + 6'000);
  EXPECT_EQ(first_value("SELECT count(*) FROM began"), kMostBeginnings);
  EXPECT_EQ(beginnings().back(), kThen + 6'000);
  writer_.reset();
  sql("INSERT INTO began VALUES (9223372036854775807)");
  EXPECT_EQ(early->beginnings(seconds).outcome, HistoryOutcome::corrupt);
}

TEST_F(HistoryFileTest, KeepsCountersWithTheirPosition) {
  Counters ping;
  ping.add({.duration_ns = 1'000});
  Counters rare = ping;
  rare.add({.status = shm::Status::cancelled});
  RollupDelta first;
  first.position = {7, {3}, kThen * kNs};
  first.counters = {{key("ping"), ping}, {key("rare"), rare}};
  RollupDelta second;
  second.position = {7, {9}, kThen * kNs + 1};
  ping.add({.duration_ns = 2'000, .status = shm::Status::error});
  second.counters = {{key("ping"), ping}};
  for (const RollupDelta& delta : {first, second}) {
    EXPECT_EQ(writer().commit({{"goxel", delta}, {"spare", {}}}, kThen).message, "");
  }
  writer_.reset();
  EXPECT_EQ(writer().positions().at("goxel").lanes, (std::vector<std::uint64_t>{9}));
  ASSERT_EQ(writer().counters().size(), 1u) << "nothing was counted of the other";
  EXPECT_EQ(writer().counters().at("goxel"),
            (std::map<OperationKey, Counters>{{key("ping"), ping}, {key("rare"), rare}}));

  writer_.reset();
  sql("UPDATE counter SET counters = x'0102'");
  HistoryResult why;
  EXPECT_EQ(HistoryWriter::open(file_, {}, why), nullptr);
  EXPECT_EQ(why.outcome, HistoryOutcome::corrupt);
}

TEST_F(HistoryFileTest, ThatIsDamagedIsReportedAndNeverReadWrongly) {
  for (std::uint64_t second = 0; second < 2'000; ++second) {
    record(key("ping"), kThen + second, second);
    record(key("add"), kThen + second, second);
  }
  commit(kThen + 2'000);
  writer_.reset();
  const auto size = std::filesystem::file_size(file_);
  ASSERT_GT(size, 100'000u);
  {
    std::fstream file(file_, std::ios::in | std::ios::out | std::ios::binary);
    for (std::uintmax_t at = 5 * 4096; at < size; at += 4096) {
      file.seekp(static_cast<std::streamoff>(at));
      file << std::string(512, '\xA5');
    }
  }
  HistoryResult why;
  HistoryAnswer answer;
  const auto reader = HistoryReader::open(file_, why);
  if (reader != nullptr) {
    why = reader->query({{"goxel", {}, {}, {}, {}}, {kThen * kNs, (kThen + 2'000) * kNs}, 2'000},
                        answer);
  }
  EXPECT_EQ(why.outcome, HistoryOutcome::corrupt);
  EXPECT_THAT(why.message, HasSubstr("is damaged; move it away"));
  why = {};
  auto damaged = HistoryWriter::open(file_, retention_, why);
  for (std::uint64_t second = 0; damaged != nullptr && why.done() && second < 2'000; ++second) {
    record(key("ping"), kThen + second, second);
    why = damaged->commit({{"goxel", delta()}}, kThen + second);
  }
  EXPECT_EQ(why.outcome, HistoryOutcome::corrupt);
}

TEST_F(HistoryFileTest, RowsThatAreNoTalliesAreDamage) {
  record(key("ping"), kThen, 1);
  commit(kThen);
  sql("UPDATE rollup_1 SET tally = x'0102030405'");
  HistoryAnswer answer;
  EXPECT_EQ(reader()
                ->query({{"goxel", {}, {}, {}, {}}, {kThen * kNs, kThen * kNs + 1}, 1}, answer)
                .outcome,
            HistoryOutcome::corrupt);
  record(key("ping"), kThen, 1);
  EXPECT_EQ(try_commit(kThen).outcome, HistoryOutcome::corrupt);
}

// Its tiers say that they hold three centuries of seconds, and a row of each second is looked for.
TEST_F(HistoryFileTest, ThatWouldKeepItsReaderBusyForEverIsDamaged) {
  for (int i = 0; i < 20; ++i) record(key("op" + std::to_string(i)), kThen, 1);
  commit(kThen);
  sql("UPDATE tier SET kept_from = 0, closed_until = 0;"
      "INSERT INTO rollup_1 VALUES (0, 1, x''), (10000000000, 1, x'');");
  HistoryResult why;
  const auto reader = HistoryReader::open(file_, why, 1'000'000);
  ASSERT_NE(reader, nullptr) << why.message;
  HistoryQuery whole{{"goxel", "op1", {}, {}, {}}, {kNs, 10'000'000'000 * kNs}, 1};
  HistoryAnswer answer;
  for (int i = 0; i < 2; ++i) {
    const HistoryResult result = reader->query(whole, answer);
    EXPECT_EQ(result.outcome, HistoryOutcome::corrupt);
    EXPECT_THAT(result.message, HasSubstr("far longer"));
  }
  whole.range = {kThen * kNs, (kThen + 1) * kNs};
  EXPECT_EQ(reader->query(whole, answer).message, "") << "each call has all the steps";
  EXPECT_EQ(answer.whole.outcomes.ok, 1u);
}

// Five hours of seconds that no coarser tier has.
TEST_F(HistoryFileTest, ThatWouldKeepItsWriterBusyForEverIsDamaged) {
  record(key("ping"), kThen, 1);
  commit(kThen);
  writer_.reset();
  sql("WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 20000)"
      "INSERT INTO rollup_1 SELECT 1000000 + i, 9, (SELECT tally FROM rollup_1 LIMIT 1) FROM n;"
      "UPDATE tier SET closed_until = 0;");
  HistoryResult why;
  writer_ = HistoryWriter::open(file_, retention_, why, 20'000);
  ASSERT_NE(writer_, nullptr) << why.message;
  record(key("ping"), kThen + 1, 1);
  const HistoryResult result = try_commit(kThen + 20);
  EXPECT_EQ(result.outcome, HistoryOutcome::corrupt);
  EXPECT_THAT(result.message, HasSubstr("far longer"));
  EXPECT_EQ(query(kThen, kThen + 10, 1).whole.outcomes.ok, 1u) << "and nothing of it was committed";
}

TEST_F(HistoryFileTest, WorkThatNobodyWantsAnyMoreIsStopped) {
  for (std::uint64_t second = 0; second < 2'000; ++second) record(key("ping"), kThen + second, 1);
  commit(kThen + 2'000);
  bool unwanted = false;
  HistoryResult why;
  const auto reader =
      HistoryReader::open(file_, why, HistoryReader::kMostSteps, [&] { return unwanted; });
  ASSERT_NE(reader, nullptr) << why.message;
  const HistoryQuery all{{"goxel", {}, {}, {}, {}}, {kThen * kNs, (kThen + 2'000) * kNs}, 2'000};
  HistoryAnswer answer;
  unwanted = true;
  EXPECT_EQ(reader->query(all, answer).outcome, HistoryOutcome::stopped);
  unwanted = false;
  EXPECT_EQ(reader->query(all, answer).message, "");

  writer_.reset();
  writer_ = HistoryWriter::open(file_, retention_, why, HistoryWriter::kMostSteps,
                                [&] { return unwanted; });
  ASSERT_NE(writer_, nullptr) << why.message;
  for (std::uint64_t second = 0; second < 500; ++second) record(key("add"), kThen + second, 1);
  const RollupDelta rollups = delta();
  unwanted = true;
  EXPECT_EQ(writer_->commit({{"goxel", rollups}}, kThen + 2'000).outcome, HistoryOutcome::stopped);
  unwanted = false;
  EXPECT_EQ(writer_->commit({{"goxel", rollups}}, kThen + 2'000).message, "");
  EXPECT_EQ(query(kThen, kThen + 2'000, 1).whole.outcomes.ok, 2'500u);
}

// A statement that still has a row would keep the journal from being written back, for ever.
TEST_F(HistoryFileTest, WhereDamageWasFoundNothingOfItStaysInUse) {
  record(key("ping"), kThen, 1);
  commit(kThen);
  auto reads = reader();
  sql("UPDATE rollup_1 SET tally = x'0102030405'");
  HistoryAnswer answer;
  const HistoryQuery all{{"goxel", {}, {}, {}, {}}, {kThen * kNs, kThen * kNs + 1}, 1};
  EXPECT_EQ(reads->query(all, answer).outcome, HistoryOutcome::corrupt);
  record(key("ping"), kThen, 1);
  EXPECT_EQ(try_commit(kThen).outcome, HistoryOutcome::corrupt);       // in merge()
  EXPECT_EQ(try_commit(kThen + 60).outcome, HistoryOutcome::corrupt);  // in close()
  EXPECT_EQ(first_value("PRAGMA wal_checkpoint(TRUNCATE)"), 0) << "1: somebody reads";
}

TEST_F(HistoryFileTest, NamesThatNoCatalogHasRoomForAreDamage) {
  record(key("ping"), kThen, 1);
  commit(kThen);
  sql("UPDATE series SET operation = hex(zeroblob(1000)) WHERE operation != ''");
  HistoryAnswer answer;
  EXPECT_EQ(reader()
                ->query({{"goxel", {}, {}, {}, {}}, {kThen * kNs, kThen * kNs + 1}, 1}, answer)
                .outcome,
            HistoryOutcome::corrupt);
  sql("UPDATE instance SET name = hex(zeroblob(1000))");
  std::vector<std::string> names;
  EXPECT_EQ(reader()->instances(names).outcome, HistoryOutcome::corrupt);
}

// Whoever may write the file may truncate what its users share beside it.
TEST_F(HistoryFileTest, WhoseSharedMemoryIsTruncatedEndsNobodyAndIsWrittenOn) {
  record(key("ping"), kThen, 1);
  commit(kThen);
  auto old_reader = reader();
  HistoryAnswer answer;
  const HistoryQuery all{{"goxel", "ping", {}, {}, {}}, {kThen * kNs, (kThen + 9) * kNs}, 1};
  ASSERT_EQ(old_reader->query(all, answer).message, "");
  std::filesystem::resize_file(file_ + "-shm", 0);
  old_reader->query(all, answer);
  record(key("ping"), kThen + 1, 1);
  EXPECT_FALSE(try_commit(kThen + 1).done());
  EXPECT_FALSE(old_reader->query(all, answer).done()) << "the same mapping";
  // What did not get into the file is given to it once more, as the bridge does it.
  old_reader.reset();
  writer_.reset();
  record(key("ping"), kThen + 1, 1);
  commit(kThen + 1);
  ASSERT_EQ(reader()->query(all, answer).message, "");
  EXPECT_EQ(answer.whole.outcomes.ok, 2u);
}

// A file may be from anybody, and its names end on terminals.
TEST_F(HistoryFileTest, NamesThatATerminalWouldObeyAreMadePrintable) {
  record(key("ping"), kThen, 1);
  commit(kThen);
  sql("UPDATE series SET operation = 'p' || char(27) || '[2J' WHERE operation != ''");
  const HistoryFilter all{"goxel", {}, {}, {}, {}};
  std::vector<Rollup> rollups;
  ASSERT_EQ(reader()->rollups(all, {kThen * kNs, (kThen + 1) * kNs}, 1, rollups).message, "");
  ASSERT_EQ(rollups.size(), 1u);
  EXPECT_EQ(rollups[0].key.operation, "p\uFFFD[2J");
  sql("UPDATE instance SET name = 'a' || char(27)");
  std::vector<std::string> names;
  EXPECT_EQ(reader()->instances(names).outcome, HistoryOutcome::corrupt);
}

TEST_F(HistoryFileTest, HasOneWriter) {
  commit(kThen);
  const HistoryResult second = open_to_write();
  EXPECT_EQ(second.outcome, HistoryOutcome::in_use);
  EXPECT_THAT(second.message, HasSubstr("another bridge writes the history file"));
  EXPECT_TRUE(open_to_read().done());
  writer_.reset();
  EXPECT_TRUE(open_to_write().done());
}

TEST_F(HistoryFileTest, OnAFullDiskKeepsWhatItHasAndGoesOnWhenThereIsSpace) {
  record(key("ping"), kThen, 1);
  commit(kThen);
  ReadingPosition done = position_;
  HistoryResult result;
  std::vector<HistoryDelta> failed;
  for (std::uint64_t second = 1; result.done() && second < 1'000; ++second) {
    for (std::uint64_t i = 0; i < 20; ++i)
      record(key("op_" + std::to_string(i)), kThen + second, i);
    position_.lanes = {second, 2 * second};
    failed = {{"goxel", delta()}};
    result = commit_on_a_full_disk(failed, kThen + second, 100'000);
    if (result.done()) done = position_;
  }
  ASSERT_FALSE(result.done());
  EXPECT_THAT(result.message, HasSubstr(file_));
  EXPECT_EQ(writer().positions().at("goxel"), done);
  EXPECT_EQ(writer().commit(failed, kThen + 1'000).message, "");
  EXPECT_EQ(writer().positions().at("goxel"), failed[0].delta.position);
  expect_exact(query(kThen, kThen + 1'000, 1'000));
}

// Two instances in one commit, one of them new to the file: neither has moved on, for this writer
// and for the next one.
TEST_F(HistoryFileTest, AfterACommitThatFailedARestartCountsNothingTwice) {
  record(key("ping"), kThen, 1);
  position_.lanes = {1, 0};
  commit(kThen);
  const std::map<std::string, ReadingPosition> before = {{"goxel", position_}};

  record(key("ping"), kThen, 5);
  const RollupDelta more = delta();
  std::vector<HistoryDelta> deltas = {{"another", more}, {"goxel", more}};
  deltas[0].delta.position = {8, {3, 4}, (kThen + 1) * kNs};
  deltas[1].delta.position = {7, {2, 0}, (kThen + 1) * kNs};
  EXPECT_FALSE(commit_on_a_full_disk(deltas, kThen + 1).done());
  EXPECT_EQ(writer().positions(), before);
  writer_.reset();
  EXPECT_EQ(writer().positions(), before);

  EXPECT_FALSE(commit_on_a_full_disk(deltas, kThen + 1).done());
  EXPECT_EQ(writer().commit(deltas, kThen + 1).message, "") << "the same once more";
  writer_.reset();
  const std::map<std::string, ReadingPosition> after = {{"another", deltas[0].delta.position},
                                                        {"goxel", deltas[1].delta.position}};
  EXPECT_EQ(writer().positions(), after);
  const auto counted = [this](const std::string& instance) {
    HistoryAnswer answer;
    const HistoryResult result = reader()->query(
        {{instance, "ping", {}, {}, {}}, {kThen * kNs, (kThen + 1) * kNs}, 1}, answer);
    EXPECT_EQ(result.message, "");
    return answer.whole.outcomes.ok;
  };
  EXPECT_EQ(counted("another"), 1u);
  EXPECT_EQ(counted("goxel"), 2u);
}

TEST_F(HistoryFileTest, OnAReadOnlyDiskIsReadAndNotWritten) {
  record(key("ping"), kThen, 1);
  commit(kThen);
  writer_.reset();
  std::filesystem::remove(file_ + ".lock");
  HistoryResult write;
  std::uint64_t counted = 0;
  const HistoryResult read = as_a_reader_of(folder_, [&] {
    write = open_to_write();
    HistoryResult result = open_to_read();
    if (result.done()) counted = query(kThen, kThen + 1, 1).whole.outcomes.ok;
    return result;
  });
  EXPECT_EQ(write.outcome, HistoryOutcome::read_only);
  EXPECT_THAT(write.message, HasSubstr("cannot be written"));
  EXPECT_EQ(read.message, "");
  EXPECT_EQ(counted, 1u);
}

// Copied while the bridge wrote it: what was committed last is in the -wal file.
TEST_F(HistoryFileTest, CopiedWithItsJournalIsReadWhereNothingMayBeWritten) {
  record(key("ping"), kThen, 1);
  record(key("ping"), kThen + 1, 2);
  commit(kThen + 1);
  const std::filesystem::path copies = folder_ / "copies";
  std::filesystem::create_directory(copies);
  std::filesystem::permissions(
      folder_, std::filesystem::perms::group_exec | std::filesystem::perms::others_exec,
      std::filesystem::perm_options::add);
  for (const char* ending : {"", "-wal"}) {
    std::filesystem::copy_file(file_ + ending, copies / (std::string("history.db") + ending));
  }
  ASSERT_GT(std::filesystem::file_size(copies / "history.db-wal"), 0u);
  writer_.reset();
  file_ = copies / "history.db";
  const auto listed = [&copies] {
    std::map<std::string, std::uintmax_t> sizes;
    for (const auto& entry : std::filesystem::directory_iterator(copies)) {
      sizes[entry.path().filename()] = entry.file_size();
    }
    return sizes;
  };
  const auto before = listed();
  const HistoryResult read = as_a_reader_of(copies, [this] {
    EXPECT_EQ(query(kThen, kThen + 2, 1).whole.outcomes.ok, 2u);
    return open_to_read();
  });
  EXPECT_EQ(read.message, "");
  EXPECT_EQ(listed(), before);
}

TEST_F(HistoryFileTest, InAFolderThatIsNotThereIsAFailureAndTheSystemSaysWhy) {
  file_ = folder_ / "missing" / "history.db";
  const HistoryResult write = open_to_write();
  EXPECT_EQ(write.outcome, HistoryOutcome::failed);
  EXPECT_EQ(write.message,
            "the history file " + file_ + " cannot be written: No such file or directory");
}

TEST_F(HistoryFileTest, ThatWasMovedAwayIsNoticed) {
  commit(kThen);
  std::filesystem::rename(file_, file_ + ".old");
  record(key("ping"), kThen, 1);
  EXPECT_EQ(try_commit(kThen).outcome, HistoryOutcome::moved);
  writer_.reset();
  EXPECT_TRUE(writer().positions().empty());
}

// What a large commit, such as that of a long time without a disk, leaves beside the file is given
// back by the next ones.
TEST_F(HistoryFileTest, HasAtMost16MiBOfJournalAfterALargeCommit) {
  Tally tally;
  for (std::uint64_t ns = 100; ns < 10'000'000'000; ns += ns / 40) {
    Measurement m;
    m.duration_ns = m.wait_ns = m.receive_ns = m.send_ns = ns;
    tally.add(m);
  }
  RollupDelta large;
  large.position.until_realtime_ns = (kThen + 4'000) * kNs;
  for (std::uint64_t second = 0; second < 4'000; ++second) {
    for (const char* name : {"fill", "move", "paint", "ping", "undo"}) {
      large.rollups.push_back({key(name), kThen + second, 1, tally});
    }
  }
  ASSERT_EQ(writer().commit({{"goxel", large}}, kThen + 4'000).message, "");
  const auto journal = [this] { return std::filesystem::file_size(file_ + "-wal"); };
  ASSERT_GT(journal(), 16'777'216u);
  for (std::uint64_t second = 4'001; second < 4'003; ++second) {
    record(key("ping"), kThen + second, 1'000);
    commit(kThen + second);
  }
  EXPECT_LE(journal(), 16'777'216u);
}

TEST_F(HistoryFileTest, IsReadWhileItIsWritten) {
  record(key("ping"), kThen, 1);
  commit(kThen);
  const auto reading = reader();
  for (std::uint64_t second = 1; second < 50; ++second) {
    record(key("ping"), kThen + second, 1);
    commit(kThen + second);
    HistoryAnswer answer;
    ASSERT_TRUE(
        reading->query({{"goxel", {}, {}, {}, {}}, {kThen * kNs, (kThen + 60) * kNs}, 1}, answer)
            .done());
    EXPECT_EQ(answer.whole.outcomes.ok, second + 1);
  }
}

}  // namespace
}  // namespace goxel_telemetry::metrics
