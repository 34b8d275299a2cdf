// SPDX-License-Identifier: GPL-3.0-or-later
#include "cli/screen/top_screen.h"

#include <curses.h>
#include <langinfo.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <clocale>
#include <csignal>
#include <cstdlib>
#include <cstring>

#include "cli/screen/terminal.h"
#include "cli/screen/top_layout.h"
#include "cli/screen/top_state.h"
#include "cli/target.h"
#include "metrics/text/characters.h"

namespace goxel_telemetry::cli {
namespace {

constexpr int kEscapeMilliseconds = 25;  // to wait for the rest of a key that begins with an escape
enum Pair : short { kGood = 1, kWarning = 2, kBad = 3 };

attr_t attribute_of(Emphasis emphasis, bool colours) {
  const auto pair = [colours](Pair number) {
    return colours ? static_cast<attr_t>(COLOR_PAIR(number)) : attr_t{A_NORMAL};
  };
  switch (emphasis) {
    case Emphasis::strong:
      return A_BOLD;
    case Emphasis::faint:
      return A_DIM;
    case Emphasis::good:
      return pair(kGood);
    case Emphasis::warning:
      return pair(kWarning) | (colours ? 0 : A_BOLD);
    case Emphasis::bad:
      return pair(kBad) | A_BOLD;
    case Emphasis::none:
      break;
  }
  return A_NORMAL;
}

// For a terminal that shows only ASCII: µ becomes u, … becomes ~, all others as many ? as they have
// columns.
std::string in_ascii(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const char32_t c = metrics::take_character(text);
    if (c < 0x80) {
      out += static_cast<char>(c);
    } else {
      out.append(metrics::column_count(c), c == U'µ' ? 'u' : c == U'…' ? '~' : '?');
    }
  }
  return out;
}

char32_t special_key(wint_t code) {
  switch (code) {
    case KEY_UP:
      return kKeyUp;
    case KEY_DOWN:
      return kKeyDown;
    case KEY_PPAGE:
      return kKeyPageUp;
    case KEY_NPAGE:
      return kKeyPageDown;
    case KEY_HOME:
      return kKeyHome;
    case KEY_END:
      return kKeyEnd;
    case KEY_ENTER:
      return kKeyEnter;
    case KEY_BACKSPACE:
      return kKeyBackspace;
    default:
      return U'\0';
  }
}

char32_t character(wint_t code) {
  switch (code) {
    case '\r':
    case '\n':
      return kKeyEnter;
    case 0x1B:
      return kKeyEscape;
    case 0x08:
    case 0x7F:
      return kKeyBackspace;
    default:
      return static_cast<char32_t>(code);
  }
}

int block_signals() {
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGINT, SIGTERM, SIGHUP, SIGWINCH, SIGTSTP, SIGCONT}) {
    sigaddset(&signals, signal);
  }
  sigprocmask(SIG_BLOCK, &signals, nullptr);
  return signalfd(-1, &signals, SFD_CLOEXEC | SFD_NONBLOCK);
}

}  // namespace

struct CursesTerminal::Curses {
  SCREEN* screen = nullptr;
  bool colours = false;
};

CursesTerminal::CursesTerminal() : curses_(std::make_unique<Curses>()) {
  const char* kind = std::getenv("TERM");
  const bool usable = kind != nullptr && *kind != '\0' && std::strcmp(kind, "dumb") != 0 &&
                      isatty(STDIN_FILENO) != 0 && isatty(STDOUT_FILENO) != 0;
  const char* const kNoTerminal =
      "top needs a terminal on which it can draw; status prints the same once";
  if (!usable) throw Failure(kExitNotThere, kNoTerminal);
  std::setlocale(LC_CTYPE, "");
  utf8_ = std::strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
  signals_ = block_signals();
  curses_->screen = newterm(nullptr, stdout, stdin);
  if (curses_->screen == nullptr) {
    close(signals_);
    throw Failure(kExitNotThere, kNoTerminal);
  }
  cbreak();
  noecho();
  keypad(stdscr, TRUE);
  nodelay(stdscr, TRUE);
  set_escdelay(kEscapeMilliseconds);
  curs_set(0);
  curses_->colours = output_style().colours && has_colors() == TRUE;
  if (!curses_->colours) return;
  start_color();
  use_default_colors();
  init_pair(kGood, COLOR_GREEN, -1);
  init_pair(kWarning, COLOR_YELLOW, -1);
  init_pair(kBad, COLOR_RED, -1);
}

CursesTerminal::~CursesTerminal() {
  endwin();
  delscreen(curses_->screen);
  close(signals_);
}

std::size_t CursesTerminal::width() const {
  return static_cast<std::size_t>(COLS);
}

std::size_t CursesTerminal::height() const {
  return static_cast<std::size_t>(LINES);
}

void CursesTerminal::draw(const std::vector<std::string>& lines) {
  erase();
  int row = 0;
  for (const std::string& line : lines) {
    move(row++, 0);
    for (const Piece& piece : pieces_of(line)) {
      const attr_t attribute = attribute_of(piece.emphasis, curses_->colours);
      attron(attribute);
      addstr((utf8_ ? piece.text : in_ascii(piece.text)).c_str());
      attroff(attribute);
    }
  }
  refresh();
}

// Gives the terminal back to the shell and stops; the process continues here after SIGCONT.
void CursesTerminal::suspend() {
  endwin();
  raise(SIGSTOP);
}

void CursesTerminal::fit_size() {
  winsize size{};
  if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_row > 0 && size.ws_col > 0) {
    resizeterm(size.ws_row, size.ws_col);
  }
  clearok(stdscr, TRUE);
}

CursesTerminal::Event CursesTerminal::wait(int milliseconds) {
  pollfd watched[] = {{STDIN_FILENO, POLLIN, 0}, {signals_, POLLIN, 0}};
  poll(watched, 2, milliseconds);
  bool changed = false;
  for (signalfd_siginfo signal; read(signals_, &signal, sizeof signal) == sizeof signal;) {
    switch (signal.ssi_signo) {
      case SIGTSTP:
        suspend();
        changed = true;
        break;
      case SIGWINCH:
      case SIGCONT:
        changed = true;
        break;
      default:
        return Event::end;
    }
  }
  if (changed) {
    fit_size();
    return Event::changed;
  }
  if ((watched[0].revents & (POLLERR | POLLHUP | POLLNVAL)) != 0) return Event::end;
  return watched[0].revents != 0 ? Event::keys : Event::none;
}

std::optional<char32_t> CursesTerminal::next_key() {
  wint_t code = 0;
  switch (get_wch(&code)) {
    case KEY_CODE_YES:
      return special_key(code);
    case OK:
      return character(code);
    default:
      return std::nullopt;
  }
}

}  // namespace goxel_telemetry::cli
