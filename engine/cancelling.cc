#include "engine/cancelling.h"

#include <fmt/format.h>

#include "engine/base/clock.h"
#include "engine/campaign/recovery.h"
#include "engine/ledger/accounts.h"
#include "engine/reading.h"
#include "herald/inspect.h"

namespace herald {

Result<void> cancel_stopped(store::Store& store, store::CampaignRecord record) {
  if (record.state == CampaignState::finished || record.state == CampaignState::cancelled) {
    return Error{Errc::usage, fmt::format("campaign {} is {}: there is nothing left to cancel; see "
                                          "`herald report {}`",
                                          record.id, to_string(record.state), record.id)};
  }
  record.state = CampaignState::cancelled;
  record.pause_reason.clear();
  return store.put_campaign(record);
}

// As the next engine would, it first writes down what a process that died left unanswered: of a
// campaign that is over nobody looks for that any more.
Result<Report> cancel_campaign(const Config& config, std::string_view campaign) {
  const auto store = open_store_for_reading(config);
  if (!store) return store.error();
  const Reading reading{**store, config, true};
  if (const auto known = reading.record(campaign); !known) return known.error();
  const base::Calendar calendar = base::calendar_of(config.ledger);
  const base::WallTime now = base::SystemClock{}.wall();
  ledger::Accounts accounts;
  const auto rebuilt = campaign::rebuild_ledger(**store, accounts, calendar, now);
  if (!rebuilt) return rebuilt.error();
  if (const auto settled = campaign::settle_unanswered(**store, rebuilt->unanswered, now);
      !settled) {
    return settled.error();
  }
  auto record = reading.record(campaign);
  if (!record) return record.error();
  if (const auto done = cancel_stopped(**store, std::move(*record)); !done) return done.error();
  return reading.report(campaign);
}

}  // namespace herald
