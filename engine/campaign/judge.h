// Says of every token of a block whether it is sent, and charges those that are.
//
// In this order (the first that applies is told): duplicate in the campaign, suppressed, quota. A
// duplicate is a token that came before; where messages are for a card or a live view, a token that
// came before with the same one.
#pragma once

#include <memory>
#include <span>

#include "engine/base/clock.h"
#include "engine/base/day.h"
#include "engine/base/surface.h"
#include "engine/ledger/accounts.h"
#include "engine/ledger/seen.h"

namespace herald::campaign {

class Judge {  // one thread
 public:
  // `seen`: what the campaign has had, shared with those who judge its other slices; null: every
  // token comes with a surface, and this one judges them all.
  Judge(ledger::Accounts& accounts, const ledger::Charge& charge, const ledger::Scenario& scenario,
        std::shared_ptr<ledger::Seen> seen);
  ~Judge();

  // `on`: a surface for each token, or one for all, or none.
  void judge(std::span<const ledger::Fingerprint> tokens, std::span<const base::Surface> on,
             base::DaySet days, base::WallTime now, std::span<ledger::Verdict> out);
  // The campaign has had these: what comes after them is a duplicate.
  void mark(std::span<const ledger::Fingerprint> tokens, std::span<const base::Surface> on);
  // The campaign has had these, and they are charged once more.
  void judge_again(std::span<const ledger::Fingerprint> tokens, std::span<const base::Surface> on,
                   base::DaySet days, base::WallTime now, std::span<ledger::Verdict> out);

 private:
  struct Surfaces;  // what came with tokens so far

  ledger::Accounts& accounts_;
  ledger::Charge charge_;
  const ledger::Scenario& scenario_;
  const std::shared_ptr<ledger::Seen> seen_;
  std::unique_ptr<Surfaces> surfaces_;
};

}  // namespace herald::campaign
