// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/models/alerts.h"

#include <QCoreApplication>
#include <QStringList>
#include <algorithm>

#include "metrics/alerts/alert_course.h"
#include "metrics/alerts/series_words.h"
#include "metrics/text/format.h"
#include "viewer-qt/models/daemon_state.h"
#include "viewer-qt/models/shown.h"

namespace goxel_telemetry::viewer {
namespace {

using metrics::Alert;
using metrics::AlertEnd;
using metrics::AlertLevel;
using metrics::kNsPerSecond;

// An alert about a moment is compared by what came after it.
constexpr std::uint64_t kLeastStretchNs = 60 * kNsPerSecond;
constexpr std::uint64_t kShortestNs = 5 * kNsPerSecond;

QString tr(const char* text) {
  return QCoreApplication::translate("Alerts", text);
}

MarkKind kind_of(AlertLevel level) {
  return level == AlertLevel::confirmed ? MarkKind::confirmed : MarkKind::warning;
}

QString date_time(std::uint64_t realtime_ns) {
  return QString::fromStdString(metrics::format_date_time(realtime_ns));
}

QString level_name(AlertLevel level) {
  return level == AlertLevel::confirmed ? tr("confirmed") : tr("warning");
}

}  // namespace

std::size_t count_active(const KnownAlerts& known) {
  return static_cast<std::size_t>(
      std::ranges::count_if(known.alerts, [](const Alert& alert) { return alert.active(); }));
}

bool has_confirmed(const KnownAlerts& known) {
  return std::ranges::any_of(known.alerts, [](const Alert& alert) {
    return alert.active() && alert.level == AlertLevel::confirmed;
  });
}

QString level_text(const Alert& alert) {
  return QString(glyph(kind_of(alert.level))) + QLatin1Char(' ') + level_name(alert.level);
}

QString state_text(const Alert& alert) {
  const std::uint64_t lasted = alert.ended_ns - std::min(alert.since_ns, alert.ended_ns);
  const auto after = [&](const QString& words) {
    return words.arg(QString::fromStdString(metrics::format_duration(static_cast<double>(lasted))));
  };
  switch (alert.end) {
    case AlertEnd::resolved:
      return after(tr("resolved after %1"));
    case AlertEnd::new_level:
      return after(tr("the new usual after %1"));
    case AlertEnd::not_watched:
      return after(tr("not watched after %1"));
    case AlertEnd::active:
      break;
  }
  return tr("active");
}

QString judgement_text(metrics::Judgement judgement) {
  switch (judgement) {
    case metrics::Judgement::right:
      return tr("right");
    case metrics::Judgement::wrong:
      return tr("wrong");
    case metrics::Judgement::known:
      return tr("known");
    case metrics::Judgement::none:
      break;
  }
  return QStringLiteral("–");
}

QString channel_text(metrics::OperationShift::Channel channel) {
  switch (channel) {
    case metrics::OperationShift::Channel::centre:
      return tr("usual time");
    case metrics::OperationShift::Channel::tail:
      return tr("slowest of 100");
    case metrics::OperationShift::Channel::errors:
      break;
  }
  return tr("failures");
}

QString active_text(const KnownAlerts& known) {
  const std::size_t active = count_active(known);
  if (active == 0) return {};
  const QChar sign = glyph(has_confirmed(known) ? MarkKind::confirmed : MarkKind::warning);
  const QString words = active == 1 ? tr("%1 1 alert") : tr("%1 %2 alerts");
  return active == 1 ? words.arg(sign) : words.arg(sign).arg(active);
}

QList<Mark> marks_of(const KnownAlerts& known) {
  QList<Mark> marks;
  for (const Alert& alert : known.alerts) {
    const QString until =
        alert.active() ? tr("since %1").arg(date_time(alert.since_ns))
                       : tr("%1 to %2").arg(date_time(alert.since_ns), date_time(alert.ended_ns));
    marks.append({alert.since_ns, kind_of(alert.level),
                  tr("%1, %2: %3").arg(level_name(alert.level), until, shown(alert.summary)),
                  alert.active() ? Mark::kNoEnd : std::max(alert.since_ns, alert.ended_ns)});
  }
  std::ranges::stable_sort(marks, {}, &Mark::at_ns);
  return marks;
}

metrics::TimeStretch stretch_of(const Alert& alert, std::uint64_t now_ns) {
  std::uint64_t end = alert.active() ? now_ns : alert.ended_ns;
  end = std::min(now_ns, std::max(end, alert.since_ns + kLeastStretchNs));
  return {std::min(alert.since_ns, end - std::min(end, kShortestNs)), end};
}

Course course_of(const metrics::AlertEvidence& evidence) {
  Course course;
  if (!metrics::has_chart(evidence)) return course;
  const double top = metrics::top_of(evidence);
  for (const double value : metrics::in_columns(evidence.course, metrics::kMostCourse))
    course.shares.push_back(static_cast<float>(value / top));
  if (const auto usual = metrics::usual_of(evidence))
    course.usual = static_cast<float>(*usual / top);
  course.words = as_sentence(metrics::course_in_words(evidence));
  return course;
}

QString evidence_text(const Alert& alert) {
  const metrics::AlertEvidence& evidence = alert.evidence;
  QStringList lines{breakable(as_sentence(alert.summary))};
  if (!alert.advice.empty()) lines += breakable(as_sentence(alert.advice), kTogetherInCommands);
  lines += tr("%1 since %2, %3; raised %4")
               .arg(level_text(alert), date_time(alert.since_ns), state_text(alert),
                    date_time(alert.raised_ns));
  if (!evidence.compared_with.empty())
    lines += tr("Compared with %1").arg(breakable(shown(evidence.compared_with)));
  for (const metrics::AlertFact& fact : evidence.facts)
    lines += breakable(shown(fact.name) + QStringLiteral(": ") + shown(fact.value));
  for (const std::string& why : evidence.not_looked_at)
    lines += tr("Not looked at: %1").arg(breakable(shown(why)));
  lines += breakable(shown(alert.id), kTogetherInCommands);
  return lines.join(QLatin1Char('\n'));
}

QString watched_text(const KnownAlerts& known) {
  // The message says why.
  if (known.series_as_of_ns == 0 && !known.message.empty()) return {};
  if (known.series_as_of_ns == 0) return as_sentence(metrics::kNoSeriesYet);
  QString text = tr("As of %1").arg(date_time(known.series_as_of_ns));
  if (const std::string left = metrics::left_out_in_words(known.series); !left.empty())
    text += QStringLiteral(": those of most requests, ") + QString::fromStdString(left);
  return text + QLatin1Char('.');
}

QString not_judged_text(const KnownAlerts& known) {
  QStringList lines;
  for (const std::string& sentence : metrics::not_judged_in_words(known.series.series))
    lines += breakable(shown(sentence));
  return lines.join(QLatin1Char('\n'));
}

}  // namespace goxel_telemetry::viewer
