// What a process finds when it starts and leaves behind when it dies: time, the disk, the service.
#pragma once

#include "engine/base/day.h"
#include "engine/ledger/fingerprint.h"
#include "tests/support/memory_store.h"
#include "tests/support/reservations.h"
#include "tests/support/service_model.h"
#include "tests/support/virtual_executor.h"

namespace herald::test {

inline constexpr std::string_view kApp = "demo";

struct World {
  explicit World(base::WallTime wall, transport::Protocol protocol = transport::Protocol::http2) {
    executor.set_wall(wall);
    service.settings.protocol = protocol;
    service.at_first_byte([this] { return store.durable_sequence(); });
    service.at_body([this](const Arrival& arrival) { reservations.on_request(arrival); });
    store.on_durable([this](std::uint64_t sequence, std::string_view bytes) {
      reservations.on_group(sequence, bytes);
    });
  }

  base::Calendar calendar;
  VirtualExecutor executor;
  MemoryStore store{executor};
  ServiceModel service{executor};
  const ledger::Fingerprinter fingerprinter{store.meta().fingerprint_seed, "", kApp};
  ReservationCheck reservations{fingerprinter};
};

}  // namespace herald::test
