// Ledger check and increment on devices at random, in batches of 1000, against
// boost::unordered_flat_map with the same rule and the same 8 bytes a device: bars B6 and B7.
//   ledger_bench [--size=DEVICES] [--repetitions=N]    (default: 20 million, 5)
#include <benchmark/benchmark.h>

#include <boost/unordered/unordered_flat_map.hpp>
#include <memory>
#include <span>
#include <vector>

#include "bench/support.h"
#include "engine/base/random.h"
#include "engine/ledger/ledger.h"
#include "engine/ledger/seen.h"

namespace herald::bench {
namespace {

using ledger::Fingerprint;
using ledger::SlotState;
using ledger::Verdict;

constexpr std::size_t kBatch = 1000;
constexpr ledger::Charge kCharge{.days = {20781, false},
                                 .marketing = true,
                                 .notification = true,
                                 .marketing_limit = ledger::kMarketingMax,
                                 .total_limit = 3000};

class FlatMap {
 public:
  void charge(std::span<const Fingerprint> fingerprints, const ledger::Charge& charge,
              std::span<Verdict> out) {
    const ledger::ChargeRule rule(charge);
    for (std::size_t i = 0; i < fingerprints.size(); ++i) {
      SlotState& state = devices_[fingerprints[i]];
      SlotState after = state;
      out[i] = rule.apply(after);
      if (out[i] == Verdict::charged) state = after;
    }
  }

 private:
  boost::unordered_flat_map<Fingerprint, SlotState> devices_;
};

// The devices, and an order to charge them in at random; both from one seed.
struct Load {
  std::vector<Fingerprint> devices;
  std::vector<Fingerprint> picks;

  explicit Load(std::uint64_t size) : devices(size / kBatch * kBatch), picks(devices.size()) {
    base::Random random(20781);
    for (Fingerprint& each : devices) each = random.next() | 1;
    for (Fingerprint& each : picks) each = devices[random.next() % devices.size()];
  }
};

template <class Table>
void fill(Table& table, const Load& load) {
  std::vector<Verdict> verdicts(kBatch);
  for (std::size_t i = 0; i < load.devices.size(); i += kBatch) {
    table.charge(std::span(load.devices).subspan(i, kBatch), kCharge, verdicts);
  }
}

// Each repetition is one pass over the picks, so a device is charged once a repetition on average.
template <class Table>
void charge_all(benchmark::State& state, Table& table, const Load& load) {
  std::vector<Verdict> verdicts(kBatch);
  std::size_t at = 0;
  std::uint64_t charged = 0;
  for (auto _ : state) {
    table.charge(std::span(load.picks).subspan(at, kBatch), kCharge, verdicts);
    charged += verdicts[0] == Verdict::charged ? 1 : 0;
    at = at + kBatch == load.picks.size() ? 0 : at + kBatch;
  }
  check(charged != 0, "no batch was charged");
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * kBatch));
}

// The same as charge_all, with de-duplication: all but the first pass are duplicates.
void dedupe_all(benchmark::State& state, ledger::Ledger& ledger, const Load& load) {
  ledger::Seen seen(ledger);
  std::vector<Verdict> verdicts(kBatch);
  std::size_t at = 0;
  for (auto _ : state) {
    ledger.charge(std::span(load.devices).subspan(at, kBatch), kCharge, seen, verdicts);
    at = at + kBatch == load.devices.size() ? 0 : at + kBatch;
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * kBatch));
}

// Both tables give the same verdict for every pick, limits reached included.
void check_verdicts(ledger::Ledger& ledger, FlatMap& map, const Load& load) {
  std::vector<Verdict> ours(kBatch);
  std::vector<Verdict> theirs(kBatch);
  for (std::size_t i = 0; i < load.picks.size(); i += kBatch) {
    const auto batch = std::span(load.picks).subspan(i, kBatch);
    ledger.charge(batch, kCharge, ours);
    map.charge(batch, kCharge, theirs);
    check(ours == theirs, "the ledger and the map disagree about a verdict");
  }
}

int run(const Options& options) {
  const Load load(options.size);
  ledger::Ledger ledger;
  FlatMap map;
  fill(ledger, load);
  fill(map, load);
  check(ledger.devices() == load.devices.size(), "devices are missing from the ledger");
  check_verdicts(ledger, map, load);
  const double bytes = static_cast<double>(ledger.bytes()) / static_cast<double>(ledger.devices());

  const auto batches = static_cast<std::int64_t>(load.picks.size() / kBatch);
  const auto repeat = [&](benchmark::internal::Benchmark* each) {
    each->Iterations(batches)->Repetitions(static_cast<int>(options.repetitions));
  };
  repeat(benchmark::RegisterBenchmark("ledger_charge", [&](benchmark::State& state) {
    charge_all(state, ledger, load);
    state.counters["bytes_per_device"] = bytes;
  }));
  repeat(benchmark::RegisterBenchmark(
      "flat_map_charge", [&](benchmark::State& state) { charge_all(state, map, load); }));
  repeat(benchmark::RegisterBenchmark(
      "ledger_charge_first", [&](benchmark::State& state) { dedupe_all(state, ledger, load); }));
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace
}  // namespace herald::bench

int main(int argc, char** argv) {
  return herald::bench::run(herald::bench::parse(argc, argv, 20'000'000));
}
