#include "engine/campaign/open_groups.h"

#include <algorithm>
#include <cassert>
#include <functional>
#include <utility>

namespace herald::campaign {

batch::Batch* OpenGroups::find(std::string_view prefix) {
  const std::uint64_t hash = std::hash<std::string_view>{}(prefix);
  for (std::size_t i = 0; i < hashes_.size(); ++i) {
    if (hashes_[i] != hash || groups_[i]->prefix != prefix) continue;
    used_[i] = ++uses_;
    return groups_[i].get();
  }
  return nullptr;
}

batch::Batch& OpenGroups::add(std::unique_ptr<batch::Batch> batch) {
  assert(!full());
  hashes_.push_back(std::hash<std::string_view>{}(batch->prefix));
  used_.push_back(++uses_);
  groups_.push_back(std::move(batch));
  return *groups_.back();
}

std::unique_ptr<batch::Batch> OpenGroups::take(const batch::Batch& batch) {
  const auto found = std::find_if(groups_.begin(), groups_.end(),
                                  [&](const auto& group) { return group.get() == &batch; });
  assert(found != groups_.end());
  return take_at(static_cast<std::size_t>(found - groups_.begin()));
}

std::unique_ptr<batch::Batch> OpenGroups::take_oldest() {
  if (groups_.empty()) return nullptr;
  const auto oldest = std::min_element(used_.begin(), used_.end());
  return take_at(static_cast<std::size_t>(oldest - used_.begin()));
}

std::unique_ptr<batch::Batch> OpenGroups::take_at(std::size_t index) {
  std::unique_ptr<batch::Batch> taken = std::move(groups_[index]);
  groups_[index] = std::move(groups_.back());
  groups_.pop_back();
  hashes_[index] = hashes_.back();
  hashes_.pop_back();
  used_[index] = used_.back();
  used_.pop_back();
  return taken;
}

}  // namespace herald::campaign
