// SPDX-License-Identifier: GPL-3.0-or-later
#include "shm/catalog.h"

#include "shm/catalog_reader.h"

#include <gtest/gtest.h>

#include <array>
#include <cstring>
#include <map>
#include <string>
#include <thread>
#include <vector>

namespace goxel_telemetry::shm {
namespace {

class Catalog : public testing::Test {
 protected:
  static constexpr std::size_t kEntries = 64;
  static constexpr std::size_t kWellKnown = 9;

  std::uint16_t intern(std::string_view name, NameKind kind = NameKind::operation) {
    return writer_.intern(kind, name);
  }
  std::string name(std::uint32_t id, NameKind* kind = nullptr) const {
    char bytes[kNameBytes];
    const std::size_t size = reader_.name(id, bytes, kind);
    return {bytes, size};
  }

  Header header_{};
  std::array<CatalogEntry, kEntries> entries_{};
  CatalogWriter writer_{header_, entries_};
  CatalogReader reader_{header_, entries_};
};

TEST_F(Catalog, HasTheWellKnownNamesFirst) {
  const std::pair<std::uint16_t, const char*> expected[] = {
      {names::kOther, "_OTHER"},         {names::kMalformed, "_MALFORMED"},
      {names::kBatch, "_BATCH"},         {names::kMcpClient, "mcp-client"},
      {names::kMcpServer, "mcp-server"}, {names::kTsClient, "ts-client"},
      {names::kDaemon, "daemon"},        {names::kFourLayer, "4-layer"},
      {names::kTwoLayer, "2-layer"},
  };
  for (const auto& [id, text] : expected) EXPECT_EQ(name(id), text);
  EXPECT_EQ(reader_.size(), kWellKnown);
  NameKind kind{};
  name(names::kDaemon, &kind);
  EXPECT_EQ(kind, NameKind::layer);
  name(names::kTwoLayer, &kind);
  EXPECT_EQ(kind, NameKind::stack);
}

TEST_F(Catalog, GivesOneIdAName) {
  const std::uint16_t id = intern("goxel.add_voxel");
  EXPECT_EQ(id, kWellKnown);
  EXPECT_EQ(intern("goxel.add_voxel"), id);
  EXPECT_NE(intern("goxel.add_voxels"), id);
  EXPECT_EQ(name(id), "goxel.add_voxel");
  EXPECT_EQ(reader_.size(), kWellKnown + 2);
}

TEST_F(Catalog, TellsKindsApart) {
  EXPECT_NE(intern("daemon"), names::kDaemon);
  EXPECT_EQ(intern("daemon", NameKind::layer), names::kDaemon);
}

TEST_F(Catalog, ANameKeepsTheTargetThatItWasEnteredWith) {
  const std::uint16_t ping = writer_.intern(NameKind::operation, "ping", 500);
  EXPECT_EQ(intern("ping"), ping);
  EXPECT_EQ(writer_.intern(NameKind::operation, "ping", 900), ping);
  EXPECT_EQ(reader_.target_us(ping), 500u);
  EXPECT_EQ(reader_.target_us(intern("save")), 0u);
  EXPECT_EQ(reader_.target_us(writer_.intern(NameKind::stack, "odd", 7)), 0u) << "no operation";
  EXPECT_EQ(reader_.target_us(kEntries - 1), 0u);
  EXPECT_EQ(reader_.target_us(kEntries), 0u);
}

TEST_F(Catalog, NamesBeyondItsCapacityAreOther) {
  for (std::size_t i = kWellKnown; i < kEntries; ++i) {
    EXPECT_EQ(intern("operation " + std::to_string(i)), i);
  }
  EXPECT_EQ(header_.gauges[Gauge::catalog_overflow].load(), 0u);
  for (int i = 0; i < 10'000; ++i) {
    EXPECT_EQ(intern("one too many " + std::to_string(i)), names::kOther);
  }
  EXPECT_EQ(header_.gauges[Gauge::catalog_overflow].load(), 10'000u);
  EXPECT_EQ(reader_.size(), kEntries);
  EXPECT_EQ(intern("operation 20"), 20u);  // what is known stays known
}

std::string fitted(const std::string& name) {
  char buffer[kNameBytes];
  return std::string(fit_name(name, buffer));
}

TEST_F(Catalog, CutsALongNameAtACharactersEdgeAndShowsIt) {
  const auto x = [](std::size_t count) { return std::string(count, 'x'); };
  EXPECT_EQ(fitted("short"), "short");
  EXPECT_EQ(fitted(x(55)), x(55));
  EXPECT_EQ(fitted(x(56)), x(52) + "…");
  const std::string euro = "\u20AC";  // 3 bytes
  EXPECT_EQ(fitted(x(52) + euro), x(52) + euro);
  EXPECT_EQ(fitted(x(49) + euro + x(4)), x(49) + euro + "…");
  EXPECT_EQ(fitted(x(50) + euro + x(4)), x(50) + "…");
  EXPECT_EQ(fitted(x(51) + euro + x(4)), x(51) + "…");
  const std::string clef = "\U0001D11E";  // 4 bytes
  EXPECT_EQ(fitted(x(49) + clef + x(4)), x(49) + "…");
}

TEST_F(Catalog, CutsBytesThatAreNoUtf8Anywhere) {
  EXPECT_EQ(fitted(std::string(200, '\x80')), std::string(52, '\x80') + "…");
}

TEST_F(Catalog, LongNamesWithTheSameBeginningShareAnId) {
  const std::string beginning(55, 'x');
  const std::uint16_t id = intern(beginning + "1");
  EXPECT_EQ(intern(beginning + "2"), id);
  EXPECT_EQ(name(id), beginning.substr(3) + "…");
  EXPECT_NE(intern(beginning), id);
}

TEST_F(Catalog, KeepsBytesOfAnyValue) {
  const std::string odd("a\0b\xFF", 4);
  const std::uint16_t id = intern(odd);
  EXPECT_EQ(name(id), odd);
  EXPECT_EQ(intern(std::string_view("a\0b\xFE", 4)), id + 1);
  EXPECT_EQ(intern(""), id + 2);
}

// Threads that meet the same new names at the same instant: each gets an id that stands for the
// name that it asked for, and no name takes more ids than there are threads.
TEST_F(Catalog, ThreadsThatMeetANameTogetherGetUsableIds) {
  constexpr std::size_t kThreads = 4;
  constexpr std::size_t kNames = 12;
  std::array<std::vector<std::uint16_t>, kThreads> ids;
  std::vector<std::thread> threads;
  for (std::size_t t = 0; t < kThreads; ++t) {
    threads.emplace_back([&, t] {
      for (std::size_t n = 0; n < kNames; ++n)
        ids[t].push_back(intern("name " + std::to_string(n)));
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (std::size_t n = 0; n < kNames; ++n) {
    for (const auto& of_thread : ids) {
      EXPECT_EQ(name(of_thread[n]), "name " + std::to_string(n));
    }
    const std::uint16_t settled = intern("name " + std::to_string(n));
    EXPECT_EQ(intern("name " + std::to_string(n)), settled);
  }
  EXPECT_LE(reader_.size(), kWellKnown + kThreads * kNames);
  EXPECT_EQ(header_.gauges[Gauge::catalog_overflow].load(), 0u);
}

// The same while the catalog fills up under them: a name that got an id keeps it.
TEST(CatalogFillingUp, NamesThatFoundRoomKeepTheirIds) {
  for (int round = 0; round < 50; ++round) {
    Header header{};
    std::array<CatalogEntry, 24> entries{};
    CatalogWriter writer(header, entries);
    std::array<std::map<std::string, std::uint16_t>, 4> got;
    std::vector<std::thread> threads;
    for (std::size_t t = 0; t < got.size(); ++t) {
      threads.emplace_back([&, t] {
        for (int n = 0; n < 20; ++n) {
          const std::string name = "name " + std::to_string(n);
          got[t][name] = writer.intern(NameKind::operation, name);
        }
      });
    }
    for (std::thread& thread : threads) thread.join();
    for (const auto& of_thread : got) {
      for (const auto& [name, id] : of_thread) {
        if (id == names::kOther) continue;
        EXPECT_NE(writer.intern(NameKind::operation, name), names::kOther) << name;
      }
    }
  }
}

TEST_F(Catalog, ReadsNoNameBehindItsLastEntry) {
  const CatalogReader shorter(header_, std::span(entries_).first(names::kDaemon));
  char bytes[kNameBytes];
  EXPECT_EQ(shorter.name(names::kDaemon - 1u, bytes, nullptr), 9u);  // "ts-client"
  EXPECT_EQ(shorter.name(names::kDaemon, bytes, nullptr), 0u);
  EXPECT_EQ(shorter.size(), names::kDaemon);
}

// Its beginnings and ends are what a name is told by, however long it is.
TEST_F(Catalog, TellsNamesOfEveryLengthApartByTheirFirstAndLastByte) {
  for (std::size_t size = 1; size <= 20; ++size) {
    std::string one(size, 'x');
    const std::uint16_t id = intern(one);
    EXPECT_EQ(intern(one), id) << size;
    one.front() = 'y';
    EXPECT_NE(intern(one), id) << size;
    EXPECT_EQ(name(id), std::string(size, 'x'));
  }
}

// If all of them met in one place of the table, a few dozen would fill what is searched there.
TEST(CatalogOfManyNames, HasRoomForThemHoweverAlikeTheyAre) {
  constexpr int kNames = 100;
  Header header{};
  std::array<CatalogEntry, 256> entries{};
  CatalogWriter writer(header, entries);
  for (int number = 100; number < 100 + kNames; ++number) {
    EXPECT_NE(writer.intern(NameKind::operation, std::to_string(number) + ".get_voxel"),
              names::kOther);
    EXPECT_NE(writer.intern(NameKind::operation, "get_voxel." + std::to_string(number)),
              names::kOther);
  }
  EXPECT_EQ(header.gauges[Gauge::catalog_overflow].load(), 0u);
}

// What another process may find in a segment that is not ours.
TEST_F(Catalog, HostileEntriesReadAsNoName) {
  entries_[20].kind.store(1);
  entries_[20].length = 56;
  EXPECT_EQ(name(20), "");
  entries_[20].length = 255;
  EXPECT_EQ(name(20), "");
  entries_[20].length = 55;
  EXPECT_EQ(name(20), std::string(55, '\0'));
  entries_[21].kind.store(4);
  entries_[21].length = 3;
  EXPECT_EQ(name(21), "");
  EXPECT_EQ(name(kEntries), "");
  EXPECT_EQ(name(UINT32_MAX), "");
  header_.catalog_count.store(UINT64_MAX);
  EXPECT_EQ(reader_.size(), kEntries);
}

}  // namespace
}  // namespace goxel_telemetry::shm
