#include "tools/herald/exit_status.h"

#include <algorithm>
#include <array>
#include <boost/assert.hpp>

namespace herald::cli {
namespace {

constexpr std::array kMeanings{
    StatusMeaning{kFinished, "The campaign finished: every record has its outcome."},
    StatusMeaning{kUsage,
                  "The call, the configuration, the job or the campaign's name is invalid: nothing "
                  "was sent."},
    StatusMeaning{kPaused,
                  "Paused: by the service, by an operator, or the endpoint was unreachable for 60 "
                  "seconds. Its state is kept."},
    StatusMeaning{kAmbiguous, "Finished, but some outcomes are ambiguous."},
    StatusMeaning{kInputError,
                  "The audience could not be read to its end: what was read has its outcomes."},
    StatusMeaning{kDisk, "A disk error: nothing more is sent."},
    StatusMeaning{kDamaged, "The store is damaged."},
    StatusMeaning{kInUse, "The data directory is in use by another process."},
    StatusMeaning{kKey, "A key file was refused."},
    StatusMeaning{kClock,
                  "The clock is in doubt: it and the service's disagreed for ten minutes. The "
                  "campaign's state is kept."},
    StatusMeaning{kInterrupted,
                  "Interrupted: requests in flight were settled, the campaign's state is kept."},
};

}  // namespace

std::span<const StatusMeaning> status_meanings() { return kMeanings; }

int exit_status(Errc code) {
  switch (code) {
    case Errc::usage:
    case Errc::config:
    case Errc::job:
    case Errc::not_found:
    case Errc::exists:
    case Errc::audience:  // as an error, not as a state: it was not even opened
    case Errc::unsupported:
      return kUsage;
    case Errc::unreachable:
    case Errc::tls:
    case Errc::paused_by_service:
      return kPaused;
    case Errc::disk:
      return kDisk;
    case Errc::damaged_store:
    case Errc::totals_do_not_add_up:
      return kDamaged;
    case Errc::store_in_use:
      return kInUse;
    case Errc::key_refused:
      return kKey;
    case Errc::clock_in_doubt:
      return kClock;
  }
  BOOST_ASSERT_MSG(false, "an error code without an exit status");
  return kDisk;
}

int worse(int a, int b) {
  constexpr std::array kBestFirst{kFinished, kAmbiguous, kPaused, kInputError, kUsage, kInterrupted,
                                  kClock,    kKey,       kInUse,  kDamaged,    kDisk};
  const auto rank = [&](int status) {
    return std::find(kBestFirst.begin(), kBestFirst.end(), status) - kBestFirst.begin();
  };
  return rank(a) > rank(b) ? a : b;
}

int exit_status(const Report& report, bool interrupted) {
  switch (report.state) {
    case CampaignState::finished:
      // A resend that was stopped: all have their outcomes, but it did not do what it could.
      if (!report.pause_reason.empty()) return interrupted ? kInterrupted : kPaused;
      return report.count(Outcome::ambiguous) > 0 ? kAmbiguous : kFinished;
    case CampaignState::cancelled:
      return kFinished;
    case CampaignState::input_error:
      return interrupted ? kInterrupted : kInputError;
    case CampaignState::paused:
      if (report.clock_in_doubt) return kClock;
      return interrupted ? kInterrupted : kPaused;
    case CampaignState::running:
      return interrupted ? kInterrupted : kPaused;
  }
  BOOST_ASSERT_MSG(false, "a state without an exit status");
  return kDisk;
}

}  // namespace herald::cli
