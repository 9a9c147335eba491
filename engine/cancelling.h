// Cancelling a campaign that does not run.
#pragma once

#include "engine/store/store.h"
#include "herald/result.h"

namespace herald {

// Only its record changes: the folds count what was given back as cancelled from then on. Nothing
// of it may be unanswered. Errors: usage, when it has finished or was cancelled before; disk.
Result<void> cancel_stopped(store::Store& store, store::CampaignRecord record);

}  // namespace herald
