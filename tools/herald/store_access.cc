#include "tools/herald/store_access.h"

#include <chrono>
#include <thread>

#include "tools/herald/remote_store.h"

namespace herald::cli {
namespace {

constexpr std::chrono::milliseconds kPatience{500};  // I30: the answer comes within a second
constexpr std::chrono::milliseconds kBetween{20};

}  // namespace

Result<void> alone_or_through_owner(const Config& config,
                                    const std::function<Result<void>()>& alone,
                                    const std::function<Result<void>(ControlClient&)>& through) {
  using Steady = std::chrono::steady_clock;
  const auto until = Steady::now() + kPatience;
  for (;;) {
    const Result<void> done = alone();
    if (done || done.error().code != Errc::store_in_use) return done;
    ControlClient client{config.data_dir};
    const Result<void> asked = through(client);
    if (asked || asked.error().code != Errc::store_in_use) return asked;
    // Its owner starts and has no socket yet, or ends and has it no longer; or it never has one.
    if (Steady::now() >= until) return done;
    std::this_thread::sleep_for(kBetween);
  }
}

Result<void> read_store(const Config& config,
                        const std::function<Result<void>(const Reading&)>& read) {
  return alone_or_through_owner(
      config,
      [&]() -> Result<void> {
        const auto store = open_store_for_reading(config);
        if (!store) return store.error();
        return read(Reading{**store, config, true});
      },
      [&](ControlClient& client) -> Result<void> {
        const auto store = RemoteStore::open(client);
        if (!store) return store.error();
        return read(Reading{**store, config, false});
      });
}

}  // namespace herald::cli
