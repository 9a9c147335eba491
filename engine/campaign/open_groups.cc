#include "engine/campaign/open_groups.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace herald::campaign {

batch::Batch* OpenGroups::find(std::string_view prefix) {
  const auto found = by_prefix_.find(prefix);
  if (found == by_prefix_.end()) return nullptr;
  groups_.splice(groups_.end(), groups_, found->second);
  return found->second->get();
}

batch::Batch& OpenGroups::add(std::unique_ptr<batch::Batch> batch) {
  assert(!full());
  const auto group = groups_.insert(groups_.end(), std::move(batch));
  const bool added = by_prefix_.emplace((*group)->prefix, group).second;
  assert(added);
  (void)added;
  return **group;
}

std::unique_ptr<batch::Batch> OpenGroups::take(const batch::Batch& batch) {
  return take(by_prefix_.at(batch.prefix));
}

std::unique_ptr<batch::Batch> OpenGroups::take_oldest() {
  return groups_.empty() ? nullptr : take(groups_.begin());
}

std::unique_ptr<batch::Batch> OpenGroups::take_begun_before(std::uint64_t record) {
  const auto found = std::find_if(groups_.begin(), groups_.end(), [record](const auto& group) {
    return group->first_record < record;
  });
  return found == groups_.end() ? nullptr : take(found);
}

std::unique_ptr<batch::Batch> OpenGroups::take(Groups::iterator group) {
  std::unique_ptr<batch::Batch> taken = std::move(*group);
  by_prefix_.erase(taken->prefix);
  groups_.erase(group);
  return taken;
}

}  // namespace herald::campaign
