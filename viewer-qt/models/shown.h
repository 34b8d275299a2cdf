// SPDX-License-Identifier: GPL-3.0-or-later
// Names as widgets show them: they come from clients of the daemon.
#pragma once

#include <QString>
#include <QTextDocument>
#include <string>

#include "metrics/text/characters.h"

namespace goxel_telemetry::viewer {

inline QString shown(const std::string& name) {
  return QString::fromStdString(metrics::visible(name));
}

inline QString shown_or_dash(const std::string& name) {
  return name.empty() ? QStringLiteral("–") : shown(name);
}

// `text` as it is, for a tool tip. Qt takes a tip for HTML if it looks like it: names would be obeyed, and escaped
// ones without a '<' would show their "&amp;".
inline QString plain_tip(const QString& text) {
  return text.isEmpty() ? text : Qt::convertFromPlainText(text, Qt::WhiteSpaceNormal);
}

// A name without a space may be wider than the page: a long one may be broken after some characters. Of what people copy,
// after more: the breaks are copied, too.
inline constexpr qsizetype kTogether = 20;
inline constexpr qsizetype kTogetherInCommands = 48;
inline QString breakable(const QString& text, qsizetype most_together = kTogether) {
  QString result;
  qsizetype together = 0;
  for (const QChar c : text) {
    if (together >= most_together && !c.isSpace() && !c.isLowSurrogate()) {
      result += QChar(0x200B);  // zero width space
      together = 0;
    }
    together = c.isSpace() ? 0 : together + 1;
    result += c;
  }
  return result;
}

}  // namespace goxel_telemetry::viewer
