// Shows how a campaign gets on: a bar that is redrawn on a terminal, a line now and then elsewhere.
#pragma once

#include <chrono>
#include <deque>
#include <functional>
#include <optional>
#include <string>
#include <string_view>

#include "engine/base/clock.h"
#include "herald/engine.h"
#include "tools/herald/command_line.h"

namespace herald::cli {

// The text, from the numbers alone.
class ProgressText {  // one thread
 public:
  explicit ProgressText(std::string campaign) : campaign_(std::move(campaign)) {}

  void observe(const Progress& progress);  // in order of time

  // At most width - 1 columns, so that no terminal wraps; what does not fit is left out, the
  // least useful first.
  std::string bar(int width) const;
  std::string plain() const;

 private:
  struct Sample {
    double seconds;
    std::uint64_t accepted;
    double done;
  };

  std::optional<double> done() const;  // 0 to 1; none while the size is not known
  double rate() const;                 // devices accepted per second, lately
  std::optional<double> seconds_left() const;
  std::string numbers() const;

  std::string campaign_;
  Progress now_;
  std::deque<Sample> samples_;  // of the last kWindow seconds
};

// Decides when the text is written, and how it replaces the last one.
class ProgressDisplay {  // one thread
 public:
  static constexpr std::chrono::milliseconds kRedraw{100};
  static constexpr std::chrono::seconds kLine{10};

  using Write = std::function<void(std::string_view)>;
  using Width = std::function<int()>;  // columns, asked at every redraw: windows change size

  // `mode` is bar, plain or none.
  ProgressDisplay(ProgressMode mode, std::string campaign, Write write, Width width)
      : mode_(mode),
        text_(std::move(campaign)),
        write_(std::move(write)),
        width_(std::move(width)) {}

  void update(const Progress& progress, base::BootTime now);
  void finish(const Progress& progress);  // leaves the last bar standing on a line of its own

 private:
  void draw();

  ProgressMode mode_;
  ProgressText text_;
  Write write_;
  Width width_;
  std::optional<base::BootTime> last_;
  std::size_t drawn_ = 0;  // columns of the bar that stands there
};

// What --progress auto means for standard error, and its width.
ProgressMode resolve(ProgressMode mode);
int stderr_width();

}  // namespace herald::cli
