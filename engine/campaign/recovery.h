// What happens between opening the store and the first campaign: the ledger is filled again, and
// what a process that died left in doubt is written down as that.
#pragma once

#include <cstdint>
#include <vector>

#include "engine/base/day.h"
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

// Charges the accounts with every reservation of a day that may still count, and gives back what
// was released. Returns the batches that were reserved and never settled. Errors: damaged_store,
// disk.
Result<std::vector<Unanswered>> rebuild_ledger(store::Store& store, ledger::Accounts& accounts,
                                               const base::Calendar& calendar, base::WallTime now);

// Table P, last row: a batch that was reserved when its process died stays charged and is
// ambiguous. Campaigns that were running are paused. Durable when this returns. Errors: disk,
// damaged_store.
Result<void> settle_unanswered(store::Store& store, const std::vector<Unanswered>& unanswered,
                               const base::Calendar& calendar, base::WallTime now);

}  // namespace herald::campaign
