#include "engine/campaign/judge.h"

#include <boost/unordered/unordered_flat_set.hpp>
#include <cassert>
#include <vector>

namespace herald::campaign {

using ledger::Fingerprint;
using ledger::Verdict;

struct Judge::Surfaces {
  boost::unordered_flat_set<ledger::Surfaces::Key> seen;
  // Of the block at hand, what is no duplicate.
  std::vector<std::size_t> index;
  std::vector<Fingerprint> tokens;
  std::vector<base::Surface> on;
  std::vector<Verdict> verdicts;
};

Judge::Judge(ledger::Accounts& accounts, const ledger::Charge& charge,
             const ledger::Scenario& scenario, std::shared_ptr<ledger::Seen> seen)
    : accounts_(accounts), charge_(charge), scenario_(scenario), seen_(std::move(seen)) {
  if (seen_ == nullptr) surfaces_ = std::make_unique<Surfaces>();
}

Judge::~Judge() = default;

void Judge::judge(std::span<const Fingerprint> tokens, std::span<const base::Surface> on,
                  base::DaySet days, base::WallTime now, std::span<Verdict> out) {
  charge_.days = days;
  if (surfaces_ == nullptr) return accounts_.charge(tokens, charge_, scenario_, *seen_, out);
  assert(on.size() == 1 || on.size() == tokens.size());
  Surfaces& block = *surfaces_;
  block.index.clear();
  block.tokens.clear();
  block.on.clear();
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    const base::Surface& surface = on.size() == 1 ? on[0] : on[i];
    if (!block.seen.insert(ledger::Surfaces::key(tokens[i], surface)).second) {
      out[i] = Verdict::duplicate;
      continue;
    }
    block.index.push_back(i);
    block.tokens.push_back(tokens[i]);
    block.on.push_back(surface);
  }
  if (block.tokens.empty()) return;
  block.verdicts.resize(block.tokens.size());
  accounts_.charge(block.tokens, block.on, charge_, scenario_, now, block.verdicts);
  for (std::size_t i = 0; i < block.index.size(); ++i) out[block.index[i]] = block.verdicts[i];
}

void Judge::mark(std::span<const Fingerprint> tokens, std::span<const base::Surface> on) {
  if (surfaces_ == nullptr) return accounts_.devices.mark(tokens, *seen_);
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    surfaces_->seen.insert(ledger::Surfaces::key(tokens[i], on.size() == 1 ? on[0] : on[i]));
  }
}

void Judge::judge_again(std::span<const Fingerprint> tokens, std::span<const base::Surface> on,
                        base::DaySet days, base::WallTime now, std::span<Verdict> out) {
  mark(tokens, on);
  charge_.days = days;
  accounts_.charge(tokens, on, charge_, scenario_, now, out);
}

}  // namespace herald::campaign
