// What the program's exit status says; scripts decide by it.
#pragma once

#include <span>
#include <string_view>

#include "herald/report.h"
#include "herald/result.h"

namespace herald::cli {

inline constexpr int kFinished = 0;
inline constexpr int kUsage = 2;       // nothing was sent
inline constexpr int kPaused = 3;      // state kept
inline constexpr int kAmbiguous = 4;   // finished, but some outcomes are ambiguous
inline constexpr int kInputError = 5;  // the audience could not be read to its end
inline constexpr int kDisk = 70;
inline constexpr int kDamaged = 71;
inline constexpr int kInUse = 72;
inline constexpr int kKey = 73;
inline constexpr int kClock = 74;
inline constexpr int kInterrupted = 130;

struct StatusMeaning {
  int status;
  std::string_view meaning;
};
std::span<const StatusMeaning> status_meanings();

int exit_status(Errc code);
// Of two that one call has: 70 and up before 130, 5, 3, 4 and 0; 2 before those of campaigns.
int worse(int a, int b);

// Of a campaign that has stopped. An interrupt counts only when it kept the campaign from its end.
int exit_status(const Report& report, bool interrupted);

}  // namespace herald::cli
