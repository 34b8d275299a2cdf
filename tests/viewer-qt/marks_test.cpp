// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/marks.h"

#include <gtest/gtest.h>
#include <QDir>
#include <QFile>
#include <QTemporaryDir>

#include "metrics/text/format.h"
#include "tests/viewer-qt/snapshots.h"
#include "viewer-qt/baselines.h"
#include "viewer-qt/models/distribution.h"
#include "viewer-qt/notes.h"

namespace goxel_telemetry::viewer {
namespace {

constexpr std::uint64_t kNs = 1'000'000'000;
constexpr std::uint64_t kThen = 1'780'000'000 * kNs;

class MarksTest : public testing::Test {
 protected:
  // Looks at second `at`.
  void look(std::uint64_t at) {
    snapshot_->taken_realtime_ns = kThen + at * kNs;
    marks_.look_at(*snapshot_);
  }
  // The kinds by their glyphs, and the seconds.
  std::string marks() const {
    std::string all;
    for (const Mark& mark : marks_.all()) {
      const auto at =
          static_cast<std::int64_t>(mark.at_ns - kThen) / static_cast<std::int64_t>(kNs);
      all += QString(glyph(mark.kind)).toStdString() + std::to_string(at) + ' ';
    }
    return all;
  }
  void run(std::uint64_t id, std::uint64_t began, double seconds) {
    snapshot_->daemon.run_id = id;
    snapshot_->daemon.state = shm::ProducerState::live;
    snapshot_->daemon.started_realtime_ns = kThen + began * kNs;
    snapshot_->daemon.uptime_seconds = seconds;
  }

  const std::shared_ptr<metrics::Snapshot> snapshot_ = snapshot_of(1, "");
  Marks marks_;
};

TEST_F(MarksTest, StandWhereADaemonBeganDiedAndBeganAgain) {
  run(1, 0, 5);
  look(5);
  look(6);
  EXPECT_EQ(marks(), "▶0 ");
  snapshot_->daemon.state = shm::ProducerState::dead;
  snapshot_->daemon.heartbeat_age_seconds = 2;
  look(7);
  look(8);
  EXPECT_EQ(marks(), "▶0 ✖5 ");
  run(2, 9, 1);
  look(10);
  EXPECT_EQ(marks(), "▶0 ✖5 ▶9 ");
  snapshot_->daemon.state = shm::ProducerState::retired;
  snapshot_->daemon.heartbeat_age_seconds = 1;
  look(11);
  EXPECT_EQ(marks(), "▶0 ✖5 ▶9 ■10 ");
}

TEST_F(MarksTest, AnEndIsMarkedAlsoIfTheNextRunBeganBeforeAnybodyLooked) {
  run(1, 0, 5);
  look(5);
  run(2, 7, 1);
  look(8);
  EXPECT_EQ(marks(), "▶0 ■5 ▶7 ");
}

TEST_F(MarksTest, ASegmentThatIsMadeAnewIsNoStart) {
  run(1, 0, 5);
  look(5);
  snapshot_->daemon.run_id = 2;
  look(6);
  EXPECT_EQ(marks(), "▶0 ");
}

TEST_F(MarksTest, LossesThatFollowEachOtherAreOne) {
  run(1, 0, 5);
  snapshot_->ring.lost = 10;
  look(5);
  snapshot_->ring.lost = 15;
  look(9);
  EXPECT_EQ(marks(), "▶0 ∅5 ");
  EXPECT_TRUE(marks_.all()[1].text.startsWith("15 records")) << marks_.all()[1].text.toStdString();
  snapshot_->ring.lost = 17;
  look(30);
  EXPECT_EQ(marks(), "▶0 ∅5 ∅30 ");
  EXPECT_TRUE(marks_.all()[2].text.startsWith("2 records"));
}

TEST_F(MarksTest, NoDaemonLeavesNoMark) {
  snapshot_->daemon.state = shm::ProducerState::absent;
  snapshot_->daemon.run_id = 0;
  look(1);
  EXPECT_EQ(marks(), "");
}

TEST_F(MarksTest, AFlappingDaemonLeavesNoMoreThanSoMany) {
  for (std::uint64_t i = 1; i <= 3'000; ++i) {
    run(i, i, 0);
    look(i);
  }
  EXPECT_EQ(marks_.all().size(), Marks::kMost);
  EXPECT_EQ(marks_.all().back().at_ns, kThen + 3'000 * kNs);
}

TEST(MarksOfTheBridge, StandWhereItBegan) {
  const QList<Mark> marks = marks_of_bridge({1'780'000'000, 1'780'000'060});
  ASSERT_EQ(marks.size(), 2);
  EXPECT_EQ(marks[1].at_ns, kThen + 60 * kNs);
  EXPECT_EQ(glyph(marks[1].kind), QChar(0x21BB));
}

class BaselinesTest : public testing::Test {
 protected:
  BaselinesTest() { qputenv("XDG_STATE_HOME", state_.path().toUtf8()); }
  ~BaselinesTest() override { qunsetenv("XDG_STATE_HOME"); }
  static void save(const std::string& name, const std::string& source) {
    metrics::Baseline baseline;
    baseline.name = name;
    baseline.source = source;
    baseline.saved_realtime_ns = kThen + 90 * kNs;
    baseline.observation.begin_seconds = kThen / kNs;
    baseline.observation.observed_ns.assign(60, kNs);
    metrics::BaselineStore store(metrics::default_baseline_folder());
    EXPECT_EQ(store.save(baseline, metrics::IfThere::replace).message, "");
  }
  void damage(const std::string& name) const {
    QFile file(path(name));
    ASSERT_TRUE(file.open(QIODevice::ReadWrite));
    file.resize(file.size() - 1);
  }
  QString path(const std::string& name) const {
    return state_.filePath("goxel-telemetry/baselines/") + QString::fromStdString(name) +
           ".baseline";
  }
  QTemporaryDir state_;
};

TEST_F(BaselinesTest, AreKnownByNameAndThoseOfTheInstanceAreMarks) {
  Baselines baselines;
  baselines.read("goxel");
  EXPECT_EQ(*baselines.known(), KnownBaselines()) << "there is no folder yet";
  save("good", "live, instance \"goxel\"");
  save("another", "live, instance \"other\"");
  baselines.read("goxel");
  ASSERT_EQ(baselines.known()->all.size(), 2u);
  EXPECT_EQ(baselines.known()->message, "");
  EXPECT_EQ(baselines.known()->all[0].name, "another");
  ASSERT_EQ(baselines.marks().size(), 1);
  EXPECT_EQ(baselines.marks()[0].at_ns, kThen + 60 * kNs) << "where what it is of ends";
  EXPECT_EQ(baselines.marks()[0].text.toStdString(),
            "baseline good, saved " + metrics::format_date_time(kThen + 90 * kNs) + "; it is of " +
                range_text({kThen, kThen + 60 * kNs}).toStdString());
  EXPECT_EQ(glyph(baselines.marks()[0].kind), QChar(0x25C6));
  metrics::Baseline loaded;
  EXPECT_EQ(Baselines::load("good", loaded), "");
  EXPECT_EQ(loaded.observation.observed_ns.size(), 60u);
  EXPECT_NE(Baselines::load("gone", loaded).find("there is no baseline \"gone\""),
            std::string::npos);
}

TEST_F(BaselinesTest, AreReadAnewAndNotAdded) {
  save("good", "live, instance \"goxel\"");
  Baselines baselines;
  baselines.read("goxel");
  baselines.read("goxel");
  EXPECT_EQ(baselines.marks().size(), 1);
  EXPECT_EQ(baselines.known()->all.size(), 1u);
  baselines.read("other");
  EXPECT_TRUE(baselines.marks().isEmpty());
}

TEST_F(BaselinesTest, ThatThereCanBeNoneOrThatTheyCannotBeListedIsASentence) {
  ASSERT_TRUE(QDir(state_.path()).mkpath("goxel-telemetry"));
  QFile in_its_place(state_.filePath("goxel-telemetry/baselines"));
  ASSERT_TRUE(in_its_place.open(QIODevice::WriteOnly));
  Baselines baselines;
  baselines.read("goxel");
  EXPECT_NE(baselines.known()->message.find(in_its_place.fileName().toStdString()),
            std::string::npos)
      << baselines.known()->message;
  const QByteArray home = qgetenv("HOME");
  qunsetenv("XDG_STATE_HOME");
  qunsetenv("HOME");
  baselines.read("goxel");
  metrics::Baseline loaded;
  const std::string why = Baselines::load("good", loaded);
  qputenv("HOME", home);
  EXPECT_NE(why.find("neither XDG_STATE_HOME nor HOME is set"), std::string::npos) << why;
  EXPECT_EQ(baselines.known()->message, why);
}

TEST_F(BaselinesTest, FilesThatAreNoneAreASentence) {
  for (const char* name : {"a", "b", "c"}) save(name, "live");
  damage("a");
  Baselines baselines;
  baselines.read("goxel");
  EXPECT_EQ(baselines.known()->all.size(), 2u);
  EXPECT_EQ(baselines.known()->message, path("a").toStdString() + " is damaged");
  damage("c");
  baselines.read("goxel");
  EXPECT_EQ(baselines.known()->all.size(), 1u);
  EXPECT_EQ(baselines.known()->message,
            path("a").toStdString() + " is damaged; 1 more are left out");
}

TEST_F(BaselinesTest, NoMoreAreReadThanTheirBounds) {
  for (std::size_t i = 0; i < Baselines::kMost + 5; ++i) {
    save("of-" + std::to_string(1'000 + i), "live");
  }
  Baselines baselines;
  baselines.read("goxel");
  EXPECT_EQ(baselines.known()->all.size(), Baselines::kMost);
  EXPECT_NE(baselines.known()->message.find("than are read; 4 more are left out"),
            std::string::npos)
      << baselines.known()->message;
  QFile large(path("of-1000"));
  ASSERT_TRUE(large.open(QIODevice::ReadWrite));
  ASSERT_TRUE(large.resize(static_cast<qint64>(Baselines::kMostBytes) + 1));
  baselines.read("goxel");
  EXPECT_EQ(baselines.known()->all.size(), Baselines::kMost) << "it does not hide the others";
}

TEST_F(BaselinesTest, TheBoundIsOnAllOfThemTogether) {
  save("a", "live");
  save("b", "live");
  QFile large(path("a"));
  ASSERT_TRUE(large.open(QIODevice::ReadWrite));
  ASSERT_TRUE(large.resize(static_cast<qint64>(Baselines::kMostBytes)));
  Baselines baselines;
  baselines.read("goxel");
  EXPECT_TRUE(baselines.known()->all.empty());
  EXPECT_EQ(baselines.known()->message,
            path("a").toStdString() + " is damaged; 1 more are left out");
}

class NotesTest : public testing::Test {
 protected:
  NotesTest() { qputenv("XDG_DATA_HOME", home_.path().toUtf8()); }
  ~NotesTest() override { qunsetenv("XDG_DATA_HOME"); }
  std::string texts(const Notes& notes) const {
    std::string all;
    for (const Mark& note : notes.all()) all += note.text.toStdString() + '|';
    return all;
  }
  QTemporaryDir home_;
};

TEST_F(NotesTest, AreThereForTheNextViewer) {
  Notes notes;
  notes.read("goxel");
  EXPECT_EQ(notes.add(kThen + 5, "second\nline\tof it"), "");
  EXPECT_EQ(notes.add(kThen, "first"), "");
  EXPECT_EQ(texts(notes), "first|second line of it|");
  Notes again;
  again.read("goxel");
  EXPECT_EQ(texts(again), "first|second line of it|");
  EXPECT_EQ(again.all()[1].at_ns, kThen + 5);
  EXPECT_EQ(again.all()[1].kind, MarkKind::note);
  Notes other;
  other.read("other");
  EXPECT_EQ(texts(other), "");
}

TEST_F(NotesTest, LinesThatAreNoneAreLeftOut) {
  ASSERT_TRUE(QDir(home_.path()).mkpath("goxel-telemetry/notes"));
  QFile file(home_.filePath("goxel-telemetry/notes/goxel.txt"));
  ASSERT_TRUE(file.open(QIODevice::WriteOnly));
  file.write("\n\t\nx\ty\n-5\ta\n99999999999999999999999\tb\n7\tgood\n8\n");
  for (int i = 0; i < 5'000; ++i) file.write("9\tmore\n");
  file.close();
  Notes notes;
  notes.read("goxel");
  EXPECT_EQ(notes.all().size(), Notes::kMost);
  EXPECT_EQ(notes.all()[0].text, "good");
}

TEST_F(NotesTest, OneThatCannotBeWrittenIsSaidSo) {
  qputenv("XDG_DATA_HOME", "/proc/none");
  Notes notes;
  notes.read("goxel");
  EXPECT_NE(notes.add(kThen, "x").find("cannot be written"), std::string::npos);
  EXPECT_EQ(texts(notes), "");
}

}  // namespace
}  // namespace goxel_telemetry::viewer
