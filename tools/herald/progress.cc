#include "tools/herald/progress.h"

#include <fmt/format.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <algorithm>
#include <cstdlib>

#include "tools/herald/text.h"

namespace herald::cli {
namespace {

constexpr double kWindow = 5;  // seconds: long enough to be steady, short enough to be now
constexpr double kLeftMax = 100 * 3600;  // beyond, an estimate says nothing
constexpr std::size_t kBarMin = 10;
constexpr std::size_t kBarMax = 40;

std::string drawn_bar(double done, std::size_t cells) {
  const auto full = static_cast<std::size_t>(done * static_cast<double>(cells));
  return '[' + std::string(full, '#') + std::string(cells - full, '-') + ']';
}

}  // namespace

void ProgressText::observe(const Progress& progress) {
  now_ = progress;
  samples_.push_back({progress.seconds, progress.accepted, done().value_or(0)});
  // One sample from before the window stays, so that the window is covered whole.
  while (samples_.size() > 2 && samples_[1].seconds <= progress.seconds - kWindow) {
    samples_.pop_front();
  }
}

// What is read runs ahead of what is sent by all that fits into memory. So the share of the bytes
// that is read says how many records there will be, and the settled ones are counted of those.
std::optional<double> ProgressText::done() const {
  if (now_.state == CampaignState::finished) return 1;
  if (now_.bytes_total == 0) return std::nullopt;
  if (now_.records == 0) return 0;
  const double read =
      std::min(1.0, static_cast<double>(now_.bytes_read) / static_cast<double>(now_.bytes_total));
  return std::min(1.0,
                  read * static_cast<double>(now_.settled) / static_cast<double>(now_.records));
}

double ProgressText::rate() const {
  if (samples_.size() < 2) return 0;
  const double seconds = samples_.back().seconds - samples_.front().seconds;
  if (seconds <= 0) return 0;
  return static_cast<double>(samples_.back().accepted - samples_.front().accepted) / seconds;
}

std::optional<double> ProgressText::seconds_left() const {
  const auto share = done();
  if (!share || samples_.size() < 2) return std::nullopt;
  const double seconds = samples_.back().seconds - samples_.front().seconds;
  const double gained = samples_.back().done - samples_.front().done;
  if (seconds <= 0 || gained <= 0) return std::nullopt;
  const double left = (1 - *share) * seconds / gained;
  return left < kLeftMax ? std::optional(left) : std::nullopt;
}

std::string ProgressText::numbers() const {
  std::string out = fmt::format("{} accepted  {}/s", grouped(now_.accepted),
                                grouped(static_cast<std::uint64_t>(rate())));
  if (now_.state == CampaignState::finished) return out;
  if (!now_.trouble.empty()) return out + "  " + now_.trouble;
  if (const auto left = seconds_left()) out += fmt::format("  {} left", duration_text(*left));
  return out;
}

std::string ProgressText::bar(int width) const {
  const std::size_t room = width > 1 ? static_cast<std::size_t>(width) - 1 : 0;
  const auto share = done();
  const std::string percent =
      share ? fmt::format("{:3}%", static_cast<int>(*share * 100)) : std::string("  ?%");
  const std::string tail = fmt::format("{}  {}", percent, numbers());

  if (!now_.trouble.empty()) return (percent + "  " + now_.trouble).substr(0, room);
  for (const std::string& name : {campaign_ + ' ', std::string()}) {
    const std::size_t fixed = name.size() + tail.size() + 3;  // brackets and a space
    if (!share || room < fixed + kBarMin) continue;
    return name + drawn_bar(*share, std::min(kBarMax, room - fixed)) + ' ' + tail;
  }
  for (const std::string& text : {campaign_ + ' ' + tail, tail, percent}) {
    if (text.size() <= room) return text;
  }
  return {};
}

std::string ProgressText::plain() const {
  const auto share = done();
  return fmt::format("{}: {}{} records read, {} settled, {}", campaign_,
                     share ? fmt::format("{}%, ", static_cast<int>(*share * 100)) : "",
                     grouped(now_.records), grouped(now_.settled), numbers());
}

void ProgressDisplay::draw() {
  const std::string bar = text_.bar(width_());
  // Blanks wipe what a longer bar left; every terminal knows them.
  const std::size_t blanks = drawn_ > bar.size() ? drawn_ - bar.size() : 0;
  write_('\r' + bar + std::string(blanks, ' '));
  drawn_ = bar.size();
}

void ProgressDisplay::update(const Progress& progress, base::BootTime now) {
  if (mode_ == ProgressMode::none) return;
  text_.observe(progress);
  // A campaign shorter than a line's interval has none; its report comes soon enough.
  if (!last_ && mode_ == ProgressMode::plain) last_ = now;
  const auto interval = mode_ == ProgressMode::bar ? std::chrono::milliseconds(kRedraw) : kLine;
  if (last_ && now < *last_ + interval) return;
  last_ = now;
  if (mode_ == ProgressMode::bar) {
    draw();
  } else {
    write_(text_.plain() + '\n');
  }
}

void ProgressDisplay::finish(const Progress& progress) {
  if (mode_ != ProgressMode::bar) return;
  text_.observe(progress);
  draw();
  write_("\n");
}

ProgressMode resolve(ProgressMode mode) {
  if (mode != ProgressMode::automatic) return mode;
  const char* terminal = std::getenv("TERM");
  const bool dumb = terminal && std::string_view(terminal) == "dumb";
  return isatty(STDERR_FILENO) == 1 && !dumb ? ProgressMode::bar : ProgressMode::plain;
}

int stderr_width() {
  winsize size{};
  if (ioctl(STDERR_FILENO, TIOCGWINSZ, &size) != 0 || size.ws_col == 0) return 80;
  return size.ws_col;
}

}  // namespace herald::cli
