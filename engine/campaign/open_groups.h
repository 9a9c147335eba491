// The batches that a campaign whose payload varies is filling at the same time: one for each
// rendering that came lately.
#pragma once

#include <cstdint>
#include <list>
#include <memory>
#include <string_view>
#include <unordered_map>

#include "engine/batch/batch.h"

namespace herald::campaign {

// Devices that get one of a thousand texts come in any order: with fewer groups open than there are
// texts, each is handed over before the next token for it comes. A thousand full batches are
// 120 MB, and the pool of batches bounds them before this does where it is smaller.
inline constexpr std::size_t kOpenGroupsMax = 1024;

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
  // One whose first record is before that; null: there is none.
  std::unique_ptr<batch::Batch> take_begun_before(std::uint64_t record);

 private:
  using Groups = std::list<std::unique_ptr<batch::Batch>>;
  std::unique_ptr<batch::Batch> take(Groups::iterator group);

  Groups groups_;  // the one not used for longest is the first
  std::unordered_map<std::string_view, Groups::iterator> by_prefix_;  // views of the batches' own
};

}  // namespace herald::campaign
