// Ingest where the campaign goes on: some of its records have had their outcome.
#include <algorithm>
#include <vector>

#include "engine/base/mutant.h"
#include "engine/campaign/ingest.h"

namespace herald::campaign {

// What the store says of the block's records.
void Ingest::recognise() {
  if (!resumption_) return;
  for (std::size_t i = 0; i < block_size_; ++i) {
    const std::uint64_t number = block_first_ + i;
    known_[i] = resumption_->of(number, slice_);
    const bool again = known_[i] == Resumption::Known::again;
    resends_[i] = again ? resumption_->why(number, slice_) : Reason::none;
    if (known_[i] == Resumption::Known::nothing && only_again()) {
      known_[i] = Resumption::Known::duplicate;  // not now
    }
  }
}

// The same where some records have had their outcome: first those, then what may be a duplicate of
// them. A record whose outcome is `duplicate` has an equal one before it, which tells more.
void Ingest::judge_known(std::span<const base::Surface> on, base::WallTime now) {
  using Known = Resumption::Known;
  std::vector<std::size_t> index;
  std::vector<ledger::Fingerprint> tokens;
  std::vector<base::Surface> surfaces;
  std::vector<ledger::Verdict> verdicts;
  const auto gather = [&](Known wanted) {
    index.clear();
    tokens.clear();
    if (on.size() != 1) surfaces.clear();
    for (std::size_t i = 0, at = 0; i < block_size_; ++i) {
      if (malformed_as_[i] != Reason::none) continue;
      if (known_[i] == wanted) {
        index.push_back(at);
        tokens.push_back(fingerprint_[at]);
        if (on.size() > 1) surfaces.push_back(on[at]);
      }
      ++at;
    }
    verdicts.resize(tokens.size());
    return !tokens.empty();
  };
  const auto surfaces_of = [&] {
    return on.size() > 1 ? std::span<const base::Surface>{surfaces} : on;
  };
  const auto keep = [&] {
    for (std::size_t i = 0; i < index.size(); ++i) verdict_[index[i]] = verdicts[i];
  };
  std::fill_n(verdict_.begin(), tokens_, ledger::Verdict::duplicate);
  const bool forgets = base::mutant(base::Mutant::resume_forgets_duplicates);
  if (!forgets && gather(Known::settled)) judge_.mark(tokens, surfaces_of());
  if (gather(Known::again)) {
    judge_.judge_again(tokens, surfaces_of(), days_, now, verdicts);
    keep();
  }
  if (gather(Known::nothing)) {
    judge_.judge(tokens, surfaces_of(), days_, now, verdicts);
    keep();
  }
}

}  // namespace herald::campaign
