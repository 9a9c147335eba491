#include "engine/ledger/surfaces.h"

#include <algorithm>
#include <array>
#include <boost/unordered/unordered_flat_map.hpp>
#include <cstddef>
#include <mutex>
#include <vector>

#define XXH_INLINE_ALL
#include <xxhash.h>

namespace herald::ledger {
namespace {

using Kind = base::Surface::Kind;

constexpr base::WallTime kOpen = base::WallTime::max();

struct Card {
  base::Day base = 0;
  std::array<std::uint16_t, 2> count{};  // on the base day and the day after it
  Block block = Block::none;
  std::int64_t version = -1;  // the last that may have reached the service
  base::WallTime blocked_until{};
};

struct Activity {
  Block block = Block::none;
  std::int64_t version = -1;
  base::WallTime blocked_until{};
  base::WallTime created = base::WallTime::min();
  std::vector<base::WallTime> updates;  // of the last hour, in no order; kOpen: unanswered
};

Verdict verdict_of(Block block) {
  switch (block) {
    case Block::none:
      break;
    case Block::card_gone:
      return Verdict::card_gone;
    case Block::card_limit:
      return Verdict::card_limit;
    case Block::activity_gone:
      return Verdict::activity_gone;
  }
  return Verdict::charged;
}

// A card's version must grow, and 0 starts it again (api.md 12); a live view's must grow (15.1).
bool has_had(const base::Surface& surface, std::int64_t known) {
  if (surface.version < 0 || (surface.kind == Kind::card && surface.version == 0)) return false;
  return surface.version <= known;
}

void advance(Card& card, base::Day day) {
  if (day <= card.base) return;
  card.count = {day == card.base + 1 ? card.count[1] : std::uint16_t{0}, 0};
  card.base = day;
}

Verdict verdict_on(const Card& card, const SurfaceCharge& charge, std::uint32_t limit,
                   base::WallTime now) {
  if (card.block != Block::none && now < card.blocked_until) return verdict_of(card.block);
  if (has_had(charge.surface, card.version)) return Verdict::old_version;
  if (!charge.counted) return Verdict::charged;
  Card then = card;
  advance(then, charge.days.first);
  const bool both = charge.days.both && then.base == charge.days.first;
  const bool over = then.count[0] >= limit || (both && then.count[1] >= limit);
  return over ? Verdict::over_form : Verdict::charged;
}

Verdict verdict_on(const Activity& activity, const SurfaceCharge& charge, const Windows& windows,
                   base::WallTime now) {
  if (activity.block != Block::none && now < activity.blocked_until) {
    return verdict_of(activity.block);
  }
  if (has_had(charge.surface, activity.version)) return Verdict::old_version;
  if (charge.surface.creates && activity.created != base::WallTime::min() &&
      (activity.created == kOpen || activity.created + kCreatedOnceIn >= now)) {
    return Verdict::created;
  }
  if (!charge.counted) return Verdict::charged;
  const auto since = [&](base::WallTime start) {
    return static_cast<std::uint32_t>(
        std::count_if(activity.updates.begin(), activity.updates.end(),
                      [start](base::WallTime update) { return update >= start; }));
  };
  const bool over =
      since(now - kShortWindow) >= windows.five_minutes || since(now - kLongWindow) >= windows.hour;
  return over ? Verdict::over_live_view : Verdict::charged;
}

void count(Card& card, base::DaySet days) {
  advance(card, days.first);
  ++card.count[0];
  if (days.both && card.base == days.first) ++card.count[1];
}

}  // namespace

struct Surfaces::Tables {
  // A message has one surface, so the lock is taken once a request, or once a token where a request
  // has up to 1000 live views.
  std::mutex mutex;
  boost::unordered_flat_map<Key, Card> cards;
  boost::unordered_flat_map<Key, Activity> activities;
  std::size_t sweep_at = 1024;  // activities

  void sweep(base::WallTime now);
};

Surfaces::Surfaces() : tables_(std::make_unique<Tables>()) {}
Surfaces::~Surfaces() = default;

Surfaces::Key Surfaces::key(Fingerprint device, const base::Surface& surface) {
  // The device's fingerprint has the seed in it.
  const std::array<std::uint64_t, 3> parts{device, static_cast<std::uint64_t>(surface.kind),
                                           static_cast<std::uint64_t>(surface.id)};
  return XXH3_64bits(parts.data(), sizeof parts);
}

Verdict Surfaces::look(Key key, const SurfaceCharge& charge, const Limits& limits,
                       base::WallTime now) const {
  const std::lock_guard lock{tables_->mutex};
  if (charge.surface.kind == Kind::card) {
    const auto found = tables_->cards.find(key);
    return verdict_on(found == tables_->cards.end() ? Card{} : found->second, charge, limits.form,
                      now);
  }
  const auto found = tables_->activities.find(key);
  return verdict_on(found == tables_->activities.end() ? Activity{} : found->second, charge,
                    limits.windows, now);
}

Verdict Surfaces::charge(Key key, const SurfaceCharge& charge, const Limits& limits,
                         base::WallTime now) {
  const std::lock_guard lock{tables_->mutex};
  if (charge.surface.kind == Kind::card) {
    Card& card = tables_->cards[key];
    const Verdict verdict = verdict_on(card, charge, limits.form, now);
    if (verdict == Verdict::charged && charge.counted) count(card, charge.days);
    return verdict;
  }
  if (tables_->activities.size() >= tables_->sweep_at) tables_->sweep(now);
  Activity& activity = tables_->activities[key];
  std::erase_if(activity.updates,
                [now](base::WallTime update) { return update < now - kLongWindow; });
  const Verdict verdict = verdict_on(activity, charge, limits.windows, now);
  if (verdict != Verdict::charged) return verdict;
  if (charge.counted) activity.updates.push_back(kOpen);
  if (charge.surface.creates) activity.created = kOpen;
  return verdict;
}

bool Surfaces::is_old(Key key, const base::Surface& surface) const {
  const std::lock_guard lock{tables_->mutex};
  if (surface.kind == Kind::card) {
    const auto found = tables_->cards.find(key);
    return found != tables_->cards.end() && has_had(surface, found->second.version);
  }
  const auto found = tables_->activities.find(key);
  return found != tables_->activities.end() && has_had(surface, found->second.version);
}

void Surfaces::release(Key key, const SurfaceCharge& charge) {
  const std::lock_guard lock{tables_->mutex};
  if (charge.surface.kind == Kind::card) {
    const auto found = tables_->cards.find(key);
    if (found == tables_->cards.end() || !charge.counted) return;
    Card& card = found->second;
    for (base::Day day = charge.days.first; day <= charge.days.last(); ++day) {
      const base::Day at = day - card.base;
      // Days that are over have nothing to give back.
      if ((at == 0 || at == 1) && card.count[static_cast<std::size_t>(at)] > 0) {
        --card.count[static_cast<std::size_t>(at)];
      }
    }
    return;
  }
  const auto found = tables_->activities.find(key);
  if (found == tables_->activities.end()) return;
  Activity& activity = found->second;
  const auto open = std::find(activity.updates.begin(), activity.updates.end(), kOpen);
  if (charge.counted && open != activity.updates.end()) activity.updates.erase(open);
  if (charge.surface.creates && activity.created == kOpen) activity.created = base::WallTime::min();
}

void Surfaces::settle(Key key, const SurfaceCharge& charge, base::WallTime by) {
  const std::lock_guard lock{tables_->mutex};
  if (charge.surface.kind == Kind::card) {
    if (charge.surface.version >= 0) tables_->cards[key].version = charge.surface.version;
    return;
  }
  Activity& activity = tables_->activities[key];
  activity.version = std::max(activity.version, charge.surface.version);
  const auto open = std::find(activity.updates.begin(), activity.updates.end(), kOpen);
  if (charge.counted && open != activity.updates.end()) *open = by;
  if (charge.surface.creates) activity.created = by;
}

void Surfaces::restore(Key key, const SurfaceCharge& charge) {
  const std::lock_guard lock{tables_->mutex};
  if (charge.surface.kind == Kind::card) {
    // Also when it counts nothing any more: settle() brings its version.
    Card& card = tables_->cards[key];
    if (!charge.counted) return;
    const base::DaySet days = charge.days;
    advance(card, days.last() - 1);
    for (base::Day day = days.first; day <= days.last(); ++day) {
      const base::Day at = day - card.base;
      if (at == 0 || at == 1) ++card.count[static_cast<std::size_t>(at)];
    }
    return;
  }
  Activity& activity = tables_->activities[key];
  if (charge.counted) activity.updates.push_back(kOpen);
  if (charge.surface.creates) activity.created = kOpen;
}

void Surfaces::block(Key key, Kind kind, Block block, base::WallTime until) {
  const std::lock_guard lock{tables_->mutex};
  if (kind == Kind::card) {
    tables_->cards[key].block = block;
    tables_->cards[key].blocked_until = until;
  } else {
    tables_->activities[key].block = block;
    tables_->activities[key].blocked_until = until;
  }
}

// A live view ends after 8 hours at the latest (api.md 15.2), so what is older than the rule about
// its creation matters to nobody.
void Surfaces::Tables::sweep(base::WallTime now) {
  boost::unordered::erase_if(activities, [now](const auto& entry) {
    const Activity& activity = entry.second;
    const auto matters = [now](base::WallTime time) { return time >= now - kCreatedOnceIn; };
    return !matters(activity.created) && !matters(activity.blocked_until) &&
           std::none_of(activity.updates.begin(), activity.updates.end(), matters);
  });
  sweep_at = std::max<std::size_t>(1024, activities.size() * 2);
}

std::uint64_t Surfaces::bytes() const {
  const std::lock_guard lock{tables_->mutex};
  std::uint64_t bytes = tables_->cards.bucket_count() * sizeof(*tables_->cards.begin()) +
                        tables_->activities.bucket_count() * sizeof(*tables_->activities.begin());
  for (const auto& [key, activity] : tables_->activities) {
    bytes += activity.updates.capacity() * sizeof(base::WallTime);
  }
  return bytes;
}

}  // namespace herald::ledger
