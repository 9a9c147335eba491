// Planted bugs: what the tests must find. `tools/mutants` builds herald once with each of them
// (CMake's HERALD_MUTANT, a number of this list) and says which layer of tests finds it; every
// other build has none, and the branches below vanish.
//
// A planted bug is one line at the place where the right one is, `if constexpr
// (base::mutant(...))`, in a source file, never in a header: CMake compiles only that file anew.
#pragma once

#ifndef HERALD_MUTANT
#define HERALD_MUTANT 0
#endif

namespace herald::base {

enum class Mutant : int {
  none = 0,
  send_before_durable = 1,         // a batch goes out while its reservation is being synced
  ignore_sync_error = 2,           // a group that could not be synced counts as durable
  refund_after_deadline = 3,       // no answer in time: the charge is given back
  retry_after_deadline = 4,        // no answer in time: sent again under the same charge
  retry_after_500 = 5,             // likewise, after 500 and its like
  refund_unreadable = 6,           // an answer that says nothing gives the charge back
  death_means_taken = 7,           // what was in flight when the process died counts as accepted
  death_means_unsent = 8,          // likewise, as not sent: it is given back and sent again
  own_day_only = 9,                // only the day of our own clock is charged
  day_follows_clock_back = 10,     // a clock that is set back opens the day before again
  goaway_resends_all = 11,         // streams at or below the last one of a GOAWAY are sent again
  partly_resends_all = 12,         // 80100000: the whole batch is sent again
  refusal_suppresses_all = 13,     // 80300007: every device of the batch is suppressed
  outcome_written_twice = 14,      // a settle record is written twice
  counted_twice = 15,              // tokens with an outcome of their own are counted in both
  resume_sends_ambiguous = 16,     // a campaign that goes on sends what is ambiguous again
  resume_forgets_duplicates = 17,  // and does not know the tokens that it had before
  restart_refunds_ambiguous = 18,  // the ledger is filled without what is ambiguous
};

static consteval bool mutant(Mutant planted) {  // static: it differs from file to file
  return static_cast<int>(planted) == HERALD_MUTANT;
}

}  // namespace herald::base
