#include "engine/reading.h"

#include <fmt/format.h>

#include "engine/base/clock.h"
#include "engine/campaign/fold.h"
#include "engine/store/rocks_store.h"

namespace herald {

Result<std::unique_ptr<store::Store>> open_store_for_reading(const Config& config) {
  std::error_code failed;
  if (!std::filesystem::exists(config.data_dir, failed)) {
    return Error{Errc::not_found,
                 fmt::format("{}: no data directory yet: `herald run` makes it; see data_dir in {}",
                             config.data_dir.string(), config.file.string())};
  }
  LedgerConfig reading = config.ledger;
  reading.min_free = 0;  // reading needs no room
  return store::open_rocks_store(config.data_dir, reading, base::SystemClock{}, campaign::sum_up);
}

}  // namespace herald
