// SPDX-License-Identifier: GPL-3.0-or-later
// What the window shows of segments that no producer of ours would leave, and of those that it may not read.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/fsuid.h>
#include <sys/stat.h>
#include <unistd.h>
#include <QTableView>
#include <QTest>
#include <algorithm>
#include <cstring>
#include <fstream>
#include <optional>
#include <random>

#include "shm/find_group.h"
#include "tests/metrics/test_segment.h"
#include "tests/viewer-qt/labels.h"
#include "tests/viewer-qt/watching.h"
#include "viewer-qt/models/inflight_model.h"
#include "viewer-qt/pages/figure_panel.h"
#include "viewer-qt/pages/inflight_strip.h"

namespace goxel_telemetry::viewer {
namespace {

using testing::HasSubstr;
using testing::StartsWith;

// The window itself breaks lines, and says where long names may be broken.
bool governs(QChar c) {
  constexpr QChar kMayBreak(0x200B);
  return (c.category() == QChar::Other_Control && c != QLatin1Char('\n')) ||
         (c.category() == QChar::Other_Format && c != kMayBreak);
}

class HostileSegment : public testing::Test {
 protected:
  ~HostileSegment() override { unlink(path_.c_str()); }

  void put_file(const std::string& bytes) const { std::ofstream(path_) << bytes; }
  std::uint64_t now() const { return metrics::Time::now().monotonic_ns; }

  const std::string instance_ = metrics::unique_instance();
  const std::string path_ = "/dev/shm/goxel-telemetry." + instance_;
};

TEST_F(HostileSegment, GarbageIsNamedAsWhatItIsAndAGoodOneInItsPlaceIsShown) {
  std::string garbage(1 << 20, '\0');
  std::mt19937 random(1);
  std::generate(garbage.begin(), garbage.end(), [&] { return static_cast<char>(random()); });
  put_file(garbage);
  Watching watching(instance_);
  EXPECT_TRUE(watching.until([&] { return watching.badge() == "✖ Unusable"; })) << watching.badge();
  EXPECT_THAT(watching.facts(),
              HasSubstr("\"" + instance_ + "\" is not a whole telemetry segment."));
  unlink(path_.c_str());
  put_file("junk");
  EXPECT_TRUE(watching.until([&] {
    return watching.facts().find("is being made, or its making was cut short.") !=
           std::string::npos;
  })) << watching.facts();
  unlink(path_.c_str());
  const metrics::TestSegment good(instance_);
  EXPECT_TRUE(watching.until([&] { return watching.is_live(); })) << watching.badge();
}

TEST_F(HostileSegment, LiesInTheHeaderEndTheViewAndNotTheViewer) {
  for (const auto& [lie, said] : std::vector<std::pair<void (*)(shm::Header&), std::string>>{
           {[](shm::Header& header) { header.magic.store(shm::kMagic + 1); },
            "is not a whole telemetry segment"},
           {[](shm::Header& header) { header.layout_major = shm::kLayoutMajor + 1; },
            "was made by another version of goxel-telemetry"},
           {[](shm::Header& header) { header.lanes_offset = UINT64_MAX - 63; },
            "is not a whole telemetry segment"},
           {[](shm::Header& header) { header.catalog_capacity = UINT32_MAX; },
            "is not a whole telemetry segment"}}) {
    metrics::TestSegment segment(instance_);
    lie(segment.header());
    Watching watching(instance_);
    EXPECT_TRUE(watching.until([&] { return watching.badge() == "✖ Unusable"; }))
        << watching.badge() << ' ' << said;
    EXPECT_THAT(watching.facts(), HasSubstr(said));
    unlink(path_.c_str());
  }
}

// Touching what was cut off is a SIGBUS.
TEST_F(HostileSegment, ASegmentThatIsCutWhileItIsShownIsUnusableAndThePastStaysInAPause) {
  metrics::TestSegment segment(instance_);
  segment.publish("goxel.add_voxel", now(), 1'000'000);
  Watching watching(instance_);
  ASSERT_TRUE(watching.until([&] { return watching.charted_records() == 1; }));
  Selection paused;
  paused.range = watching.plot().shown;
  watching.window().select(paused);
  ASSERT_EQ(truncate(path_.c_str(), 4096), 0);
  EXPECT_TRUE(watching.until([&] {
    return watching.badge().find("Unusable") != std::string::npos;
  })) << watching.badge();
  EXPECT_FALSE(watching.says("Waiting for the daemon")) << "what is looked at is still known";
  EXPECT_EQ(watching.charted_records(), 1u);
  watching.window().select({});
  EXPECT_TRUE(watching.until([&] { return watching.says("Waiting for the daemon"); }));
}

// By clients, and by who makes a segment.
TEST_F(HostileSegment, NamesDoNotGovernTheScreen) {
  const std::vector<std::string> names = {
      "<img src=/dev/zero><h1>big</h1>", "\u202Etxet\u202C\u200B",  "bell\a\x1b[31m\r\n\ttab",
      std::string(shm::kNameBytes, 'W'), "salt&pepper %1 %2 &amp;", "\xff\xfe\xc0"};
  metrics::TestSegment segment(instance_);
  std::strcpy(segment.header().host_name, "<b>host</b>\u202E\n\x1b[0m");
  std::strcpy(segment.header().host_version, "\a%1&");
  shm::InflightEntry entry{};
  entry.phase = static_cast<std::uint64_t>(shm::Phase::started);
  entry.layer = shm::names::kDaemon;
  for (std::size_t i = 0; i < names.size(); ++i) {
    segment.publish(names[i], now(), 1'000'000 * (i + 1));
    entry.operation = segment.operation(names[i]);
    entry.connection = i + 1;
    segment.hold(static_cast<std::uint32_t>(i), entry);
  }
  Watching watching(instance_);
  ASSERT_TRUE(watching.until([&] { return watching.charted_records() == names.size(); }));
  for (const QString& page : MainWindow::page_names()) {
    watching.window().turn_to(page);
    for (const std::string& name : names) {
      Selection selection;
      if (page != "operations") selection.operation = name;
      watching.window().select(selection);
      for (int i = 0; i < 20; ++i) QTest::qWait(10);
      const Labels labels(watching.window());
      EXPECT_THAT(labels.faults(), testing::IsEmpty()) << page.toStdString();
      for (const QString& text : labels.texts() + QStringList(watching.window().windowTitle())) {
        EXPECT_TRUE(std::none_of(text.begin(), text.end(), governs)) << text.toStdString();
      }
      if (!selection.operation.empty() && name.find('&') != std::string::npos) {
        EXPECT_TRUE(labels.has(QString::fromStdString(name))) << page.toStdString();
      }
    }
  }
}

TEST(ToolTips, ShowNamesAsTheyAre) {
  application();
  FigurePanel panel;
  panel.show_group({"group", {{"figure", "a value", "salt&pepper <img src=/dev/zero>", false}}});
  const auto* const name = panel.findChildren<QLabel*>().back();
  const auto* const value = panel.findChild<ValueLabel*>();
  for (const QString& tip : {name->toolTip(), value->tip_at({})}) {
    EXPECT_TRUE(Qt::mightBeRichText(tip));
    QTextDocument shown;
    shown.setHtml(tip);
    EXPECT_TRUE(shown.toPlainText().endsWith("salt&pepper <img src=/dev/zero>"))
        << tip.toStdString();
  }
}

TEST_F(HostileSegment, RequestsInFlightByTheThousandAreCountedAndTheFirstAreListed) {
  shm::SegmentOptions options;
  options.instance = instance_;
  options.inflight_capacity = shm::kMaxInflight;
  shm::Created made = shm::create_segment(options);
  ASSERT_EQ(made.outcome, shm::CreateOutcome::created) << made.message;
  const shm::ProducerView segment(made.mapping->bytes());
  std::uint64_t connection = 0;
  for (shm::InflightLine& line : segment.inflight()) {
    shm::InflightEntry entry{};
    entry.since_ticks = now();
    entry.connection = ++connection;
    shm::write_stamped(line, 1, 2, entry.words());
  }
  Watching watching(instance_);
  auto* const strip = watching.window().findChild<InflightStrip*>();
  EXPECT_TRUE(watching.until([&] { return strip->text().contains("In flight: 16,384"); }))
      << strip->text().toStdString();
  const auto* const table = strip->findChild<QTableView*>();
  EXPECT_EQ(table->model()->rowCount(), InflightModel::kMost);
}

TEST_F(HostileSegment, ClocksInTheFutureDoNotMoveTheWindowsClock) {
  constexpr std::uint64_t kHour = 3'600'000'000'000;
  metrics::TestSegment segment(instance_);
  segment.header().created_realtime_ns = UINT64_MAX;
  segment.header().created_monotonic_ns = now() + kHour;
  segment.header().heartbeat_ns.store(UINT64_MAX);
  segment.publish("goxel.add_voxel", now() + kHour, 1'000);
  segment.publish("goxel.add_voxel", UINT64_MAX, 1'000);
  segment.publish("goxel.add_voxel", now(), 1'000);
  Watching watching(instance_);
  EXPECT_TRUE(watching.until([&] {
    return watching.is_live() && watching.plot().points != nullptr &&
           watching.plot().points->points.size() > 3;
  })) << watching.badge();
  const std::uint64_t realtime = metrics::Time::now().realtime_ns;
  EXPECT_LE(watching.plot().shown.end_ns, realtime);
  EXPECT_LE(watching.plot().points->end_ns(), realtime);
  EXPECT_THAT(watching.facts(), StartsWith("test-daemon 1.2  ·  process "));
  for (const QString& page : MainWindow::page_names()) {
    watching.window().turn_to(page);
    QTest::qWait(300);
    EXPECT_THAT(Labels(watching.window()).faults(), testing::IsEmpty()) << page.toStdString();
  }
}

// Any byte may become any other one while it is shown.
TEST_F(HostileSegment, WhatIsOverwrittenAtRandomNeverEndsTheViewer) {
  std::mt19937 random(7);
  for (int round = 0; round < 8; ++round) {
    metrics::TestSegment segment(instance_);
    for (int i = 0; i < 100; ++i) segment.publish("op" + std::to_string(i % 9), now(), 1'000 * i);
    Watching watching(instance_);
    ASSERT_TRUE(watching.until([&] { return watching.is_live(); })) << watching.badge();
    const auto pages = MainWindow::page_names();
    for (int blow = 0; blow < 40; ++blow) {
      // Half of them in the header, which is a small part of all.
      const std::size_t room = blow % 2 == 0 ? sizeof(shm::Header) : segment.bytes().size();
      for (int i = 0; i < 16; ++i) {
        segment.bytes()[random() % room] = static_cast<std::byte>(random());
      }
      watching.window().turn_to(pages[blow % pages.size()]);
      QTest::qWait(20);
    }
    EXPECT_FALSE(watching.badge().empty());
    unlink(path_.c_str());
  }
}

// What this thread opens, and those that it begins, is opened by another user.
class AsNobody {
 public:
  AsNobody() : group_(setfsgid(kNobody)), user_(setfsuid(kNobody)) {}
  ~AsNobody() {
    setfsuid(user_);
    setfsgid(group_);
  }

 private:
  static constexpr uid_t kNobody = 65534;
  gid_t group_;
  uid_t user_;
};

TEST_F(HostileSegment, WhoMayNotReadItLearnsWhichGroupToJoin) {
  if (geteuid() != 0) GTEST_SKIP() << "only root can become another user";
  const metrics::TestSegment segment(instance_);
  constexpr gid_t kGroup = 4;
  ASSERT_EQ(chown(path_.c_str(), 0, kGroup), 0);
  ASSERT_EQ(chmod(path_.c_str(), 0640), 0);
  std::optional<Watching> watching;
  {
    application();
    const AsNobody as_nobody;
    watching.emplace(instance_);
  }
  EXPECT_TRUE(watching->until([&] { return watching->badge() == "✖ No permission"; }))
      << watching->badge();
  EXPECT_THAT(watching->facts(), HasSubstr("join the group \"" + shm::group_name(kGroup) + '"'));
  EXPECT_FALSE(watching->says("goxel-plugin-run")) << "the plugin is switched on";
  ASSERT_EQ(chmod(path_.c_str(), 0600), 0);
  const auto says_mode = [&] {
    return watching->facts().find("only root may read it: set segment_mode") != std::string::npos;
  };
  EXPECT_TRUE(watching->until(says_mode)) << watching->facts();
  ASSERT_EQ(chmod(path_.c_str(), 0644), 0);
  EXPECT_TRUE(watching->until([&] { return watching->is_live(); })) << watching->badge();
}

}  // namespace
}  // namespace goxel_telemetry::viewer
