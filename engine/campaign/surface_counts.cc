#include "engine/campaign/surface_counts.h"

#include <algorithm>

namespace herald::campaign {

Result<SurfaceCounts> SurfaceCounts::read(store::Store& store, base::Day from,
                                          std::vector<ledger::Fingerprint> devices) {
  SurfaceCounts counts{from, std::move(devices)};
  const auto replayed = store.replay(from - 1, [&](std::uint64_t, std::string_view group) {
    return store::read_group(group, counts);
  });
  if (!replayed) return replayed.error();
  return counts;
}

void SurfaceCounts::add(const Open& open, std::size_t token, int more) {
  if (!devices_.empty() &&
      std::find(devices_.begin(), devices_.end(), open.tokens[token]) == devices_.end()) {
    return;
  }
  for (base::Day day = open.days.first; day <= open.days.last(); ++day) {
    if (day < from_) continue;
    const auto count =
        counts_.try_emplace({day, open.tokens[token], open.surface.kind, open.surface.id}).first;
    count->second += static_cast<std::uint64_t>(more);
    if (count->second == 0) counts_.erase(count);
  }
}

// A test message is exempt from these quotas.
void SurfaceCounts::on_reservation(const store::ReservationHead& head,
                                   std::span<const store::ReservedToken> tokens,
                                   std::span<const store::DroppedRecord>) {
  if (head.batch == 0 || !head.surface || head.test) return;
  Open& open = open_[head.batch];
  open = {head.days, head.surface, {}};
  for (const store::ReservedToken& token : tokens) {
    open.tokens.push_back(token.fingerprint);
    add(open, open.tokens.size() - 1, 1);
  }
}

void SurfaceCounts::on_settle(const store::Settle& settle) {
  const auto found = open_.find(settle.batch);
  if (found == open_.end()) return;
  const Open& open = found->second;
  std::vector<bool> released(open.tokens.size(), settle.released);
  for (const store::Exception& exception : settle.exceptions) {
    if (exception.index < released.size()) released[exception.index] = exception.released;
  }
  for (std::size_t i = 0; i < released.size(); ++i) {
    if (released[i]) add(open, i, -1);
  }
  open_.erase(found);
}

}  // namespace herald::campaign
