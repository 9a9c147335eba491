// Campaign records as they are stored: one JSON object each, so that a later version can add
// members.
#pragma once

#include <string>
#include <string_view>

#include "engine/store/store.h"

namespace herald::store {

std::string encode(const CampaignRecord& record);
// Errors: damaged_store.
Result<CampaignRecord> decode_campaign(std::string_view bytes);

std::string encode(const Meta& meta);
// Errors: damaged_store, also for a format or shard layout that this version does not know.
Result<Meta> decode_meta(std::string_view bytes);

}  // namespace herald::store
