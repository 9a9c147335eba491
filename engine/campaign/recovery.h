// What happens between opening the store and the first campaign: the ledger is filled again, and
// what a process that died left in doubt is written down as that.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/base/day.h"
#include "engine/dispatch/service_days.h"
#include "engine/ledger/accounts.h"
#include "engine/store/store.h"
#include "herald/result.h"

namespace herald::campaign {

struct Unanswered {
  store::BatchId batch;
  store::CampaignNumber campaign;
  std::uint32_t tokens;
  base::Day day;
};

struct Rebuilt {
  std::vector<Unanswered> unanswered;  // batches that were reserved and never settled
  dispatch::DaysAtStart days;
};

// Charges the accounts with every reservation of a day that may still count, and gives back what
// was released. Which those days are is our clock's word, that nobody has confirmed yet: `days`
// keeps what it went by. Errors: damaged_store, disk.
Result<Rebuilt> rebuild_ledger(store::Store& store, ledger::Accounts& accounts,
                               const base::Calendar& calendar, base::WallTime now);

// Table P, last row: a batch that was reserved when its process died stays charged and is
// ambiguous. Campaigns that were running are paused. Durable when this returns. Errors: disk,
// damaged_store.
Result<void> settle_unanswered(store::Store& store, const std::vector<Unanswered>& unanswered,
                               base::WallTime now);

}  // namespace herald::campaign
