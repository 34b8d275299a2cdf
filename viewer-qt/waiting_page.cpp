// SPDX-License-Identifier: GPL-3.0-or-later
#include "viewer-qt/waiting_page.h"

#include <QFontDatabase>

#include "ui_waiting_page.h"

namespace goxel_telemetry::viewer {
namespace {

QFont larger(QFont font, double factor) {
  font.setPointSizeF(font.pointSizeF() * factor);
  return font;
}

}  // namespace

WaitingPage::WaitingPage(QWidget* parent) : QWidget(parent), ui_(new Ui::WaitingPage) {
  ui_->setupUi(this);
  ui_->heading->setFont(larger(ui_->heading->font(), 1.7));
  for (QLabel* code : {ui_->config, ui_->command}) {
    code->setBackgroundRole(QPalette::Base);
    code->setFont(QFontDatabase::systemFont(QFontDatabase::FixedFont));
  }
  connect(ui_->instances, &QLabel::linkActivated, this, &WaitingPage::chosen);
  wait_for({});
  show_instances({});
}

WaitingPage::~WaitingPage() = default;

void WaitingPage::wait_for(const QString& instance) {
  ui_->heading->setText(instance.isEmpty()
                            ? tr("Waiting for a daemon")
                            : tr("Waiting for the daemon of instance \"%1\"").arg(instance));
  ui_->config->setText(QStringLiteral("\"plugins\": {\n"
                                      "  \"telemetry\": {\n"
                                      "    \"enabled\": true,\n"
                                      "    \"library\": \"goxel_telemetry.so\",\n"
                                      "    \"config\": { \"instance\": \"%1\" }\n"
                                      "  }\n"
                                      "}")
                           .arg(instance.isEmpty() ? QStringLiteral("goxel") : instance));
}

void WaitingPage::explain_the_plugin(bool explained) {
  ui_->plugin->setVisible(explained);
}

void WaitingPage::show_instances(const QList<Instance>& instances) {
  QStringList lines;
  for (const Instance& instance : instances) {
    const QString name = instance.name.toHtmlEscaped();
    QString line = QStringLiteral("<a href=\"%1\">%1</a>").arg(name);
    if (instance.state.isEmpty()) {
      line += tr(" – this user may not read it, or it is no segment");
    } else {
      line += QStringLiteral(" – ") + instance.state;
    }
    if (!instance.program.isEmpty())
      line += QStringLiteral(", ") + instance.program.toHtmlEscaped();
    lines += line;
  }
  if (!lines.isEmpty()) lines += tr("Choose one to watch it.");
  ui_->instances->setText(lines.isEmpty() ? tr("No daemon with telemetry has run here.")
                                          : lines.join(QStringLiteral("<br>")));
}

}  // namespace goxel_telemetry::viewer
