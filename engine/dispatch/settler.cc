#include "engine/dispatch/settler.h"

#include <cassert>

#include "engine/base/mutant.h"

namespace herald::dispatch {

void Settler::settle(CampaignRun& campaign, const batch::Batch& batch, const Ruling& ruling,
                     const Answer& answer, base::WallTime now, base::Day day,
                     store::GroupWriter& group) {
  assert(ruling.next == Next::settle && batch.id != 0);
  const bool released = ruling.charge == Charge::release;
  const batch::Fate rest = fate_after(batch, ruling.outcome, ruling.reason);
  exceptions_.clear();
  if (ruling.list_decides) {
    for (const Listed& listed : answer.listed) {
      const batch::Fate fate = fate_after(batch, Outcome::invalid, listed.reason);
      exceptions_.push_back({listed.index, fate.outcome, fate.reason, true});
    }
  }
  const store::Settle settle{
      .batch = batch.id,
      .campaign = campaign.record.number,
      .how = store::Settled::answered,
      .outcome = rest.outcome,
      .reason = rest.reason,
      .released = released,
      .tokens = batch.size(),
      .time_ms = now.time_since_epoch().count(),
      .request_id = answer.request_id,
      .reason_text = ruling.list_decides ? answer.other_reason : std::string_view{},
      .exceptions = exceptions_,
  };
  group.settle(settle, day);
  if constexpr (base::mutant(base::Mutant::outcome_written_twice)) group.settle(settle, day);
  const ledger::Charged charged = charged_of(campaign, batch);
  if (released) {
    accounts_.release(tokens_of(batch, Part::all, answer), charged);
  } else {
    if (!exceptions_.empty()) {
      accounts_.release(tokens_of(batch, Part::listed, answer), charged);
    }
    if (charged.surface) {
      const bool in_doubt = ruling.outcome == Outcome::ambiguous;
      const Part taken = exceptions_.empty() ? Part::all : Part::unlisted;
      accounts_.settle(tokens_of(batch, taken, answer), charged, in_doubt ? now + lateness_ : now);
    }
  }
  for (const store::Exception& exception : exceptions_) campaign.count(exception.outcome, 1);
  campaign.count(rest.outcome, std::int64_t{batch.size()} - std::ssize(exceptions_));
  if (campaign.sink != nullptr) tell(campaign, batch, rest);
}

// A second attempt that is refused says nothing of the first, which the service may have taken: the
// record stays ambiguous (I11).
batch::Fate Settler::fate_after(const batch::Batch& batch, Outcome outcome, Reason reason) {
  const bool in_doubt = batch.resends != Reason::none && outcome != Outcome::accepted;
  if (!in_doubt || outcome == Outcome::ambiguous) return {false, outcome, reason};
  return {false, Outcome::ambiguous, batch.resends};
}

void Settler::give_back(const CampaignRun& campaign, const batch::Batch& batch, store::Settled how,
                        base::WallTime now, base::Day day, store::GroupWriter& group) {
  assert(how != store::Settled::answered && batch.id != 0);
  group.settle(
      store::Settle{
          .batch = batch.id,
          .campaign = campaign.record.number,
          .how = how,
          .released = true,
          .tokens = batch.size(),
          .time_ms = now.time_since_epoch().count(),
      },
      day);
  release_charge(campaign, batch);
}

void Settler::release_charge(const CampaignRun& campaign, const batch::Batch& batch) {
  accounts_.release(tokens_of(batch, Part::all, Answer{}), charged_of(campaign, batch));
}

// Valid until the next call.
std::span<const ledger::Fingerprint> Settler::tokens_of(const batch::Batch& batch, Part part,
                                                        const Answer& answer) {
  fingerprints_.clear();
  if (part == Part::listed) {
    for (const Listed& listed : answer.listed) {
      fingerprints_.push_back(batch.entries()[listed.index].fingerprint);
    }
    return fingerprints_;
  }
  is_listed_.assign(batch.size(), false);
  if (part == Part::unlisted) {
    for (const Listed& listed : answer.listed) is_listed_[listed.index] = true;
  }
  for (std::uint32_t i = 0; i < batch.size(); ++i) {
    if (!is_listed_[i]) fingerprints_.push_back(batch.entries()[i].fingerprint);
  }
  return fingerprints_;
}

void Settler::count_drops(CampaignRun& campaign, const batch::Batch& batch) {
  for (const batch::Drop& drop : batch.drops()) campaign.count(drop.outcome, 1);
  if (campaign.sink == nullptr || batch.drops().empty()) return;
  told_.clear();
  const std::uint64_t first = campaign.slices[batch.slice].first_record + batch.first_record;
  for (const batch::Drop& drop : batch.drops()) {
    // The bytes of a record that is not sent are not kept: `herald outcomes` reads them again.
    told_.push_back({first + drop.record + 1, {}, drop.outcome, drop.reason});
  }
  campaign.sink->on_outcomes(told_);
}

void Settler::tell(CampaignRun& campaign, const batch::Batch& batch, const batch::Fate& rest) {
  told_.clear();
  tokens_.clear();
  tokens_.reserve(batch.size());  // views into them stay good
  const std::uint64_t first = campaign.slices[batch.slice].first_record + batch.first_record;
  for (std::uint32_t i = 0; i < batch.size(); ++i) {
    tokens_.push_back(batch.token(i));
    told_.push_back(
        {first + batch.entries()[i].record + 1, tokens_.back(), rest.outcome, rest.reason});
  }
  for (const store::Exception& exception : exceptions_) {
    told_[exception.index].outcome = exception.outcome;
    told_[exception.index].reason = exception.reason;
  }
  campaign.sink->on_outcomes(told_);
}

}  // namespace herald::dispatch
