// The batches that a campaign whose payload varies is filling at the same time: one for each
// rendering that came lately.
#pragma once

#include <cstdint>
#include <memory>
#include <string_view>
#include <vector>

#include "engine/batch/batch.h"

namespace herald::campaign {

inline constexpr std::size_t kOpenGroupsMax = 256;

class OpenGroups {  // one thread
 public:
  bool empty() const { return groups_.empty(); }
  bool full() const { return groups_.size() == kOpenGroupsMax; }

  // The batch with that prefix, or null.
  batch::Batch* find(std::string_view prefix);
  // Requires !full(), and no batch with the same prefix.
  batch::Batch& add(std::unique_ptr<batch::Batch> batch);
  std::unique_ptr<batch::Batch> take(const batch::Batch& batch);
  // The one that was found or added longest ago; null: there is none.
  std::unique_ptr<batch::Batch> take_oldest();

 private:
  std::unique_ptr<batch::Batch> take_at(std::size_t index);

  // Side by side: to go through 256 numbers is faster than any map of them.
  std::vector<std::uint64_t> hashes_;
  std::vector<std::uint64_t> used_;  // when, by uses_
  std::vector<std::unique_ptr<batch::Batch>> groups_;
  std::uint64_t uses_ = 0;
};

}  // namespace herald::campaign
