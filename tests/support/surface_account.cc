#include "tests/support/surface_account.h"

#include <algorithm>

namespace herald::test {

void SurfaceAccount::take(const std::string& token, const base::Surface& surface, bool test,
                          base::BootTime at, base::Day day) {
  if (test) ++tests_[day];
  if (!surface) return;
  const Key key{surface.kind, surface.id, token};
  std::int64_t& version = versions_.try_emplace(key, -1).first->second;
  const bool starts_again = surface.creates || (surface.kind == Kind::card && surface.version == 0);
  if (starts_again) version = -1;
  if (surface.version >= 0) {
    if (surface.version <= version) ++old_versions_;
    version = surface.version;
  }
  if (!test) updates_[key].push_back({at, day, surface.version, surface.creates});
}

std::uint32_t SurfaceAccount::on_day(const Key& key, base::Day day) const {
  const auto found = updates_.find(key);
  if (found == updates_.end()) return 0;
  return static_cast<std::uint32_t>(
      std::count_if(found->second.begin(), found->second.end(),
                    [day](const Update& update) { return update.day == day; }));
}

std::uint32_t SurfaceAccount::in_window(const Key& key, base::BootTime from) const {
  const auto found = updates_.find(key);
  if (found == updates_.end()) return 0;
  return static_cast<std::uint32_t>(
      std::count_if(found->second.begin(), found->second.end(),
                    [from](const Update& update) { return update.at >= from; }));
}

std::uint32_t SurfaceAccount::card_most() const {
  std::uint32_t most = 0;
  for (const auto& [key, updates] : updates_) {
    if (std::get<Kind>(key) != Kind::card) continue;
    for (const Update& update : updates) most = std::max(most, on_day(key, update.day));
  }
  return most;
}

std::uint32_t SurfaceAccount::live_view_most(Duration window) const {
  std::size_t most = 0;
  for (const auto& [key, updates] : updates_) {
    if (std::get<Kind>(key) != Kind::activity) continue;
    for (std::size_t first = 0, end = 0; first < updates.size(); ++first) {
      while (end < updates.size() && updates[end].at <= updates[first].at + window) ++end;
      most = std::max(most, end - first);
    }
  }
  return static_cast<std::uint32_t>(most);
}

std::uint32_t SurfaceAccount::tests_most() const {
  std::uint32_t most = 0;
  for (const auto& [day, tokens] : tests_) most = std::max(most, tokens);
  return most;
}

Duration SurfaceAccount::creations_apart() const {
  Duration least = Duration::max();
  for (const auto& [key, updates] : updates_) {
    const Update* last = nullptr;
    for (const Update& update : updates) {
      if (!update.creates) continue;
      if (last != nullptr) least = std::min(least, update.at - last->at);
      last = &update;
    }
  }
  return least;
}

}  // namespace herald::test
