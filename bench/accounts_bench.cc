// All that a token costs the ledger, in blocks of 1024 as audiences give them: hashing and charging
// its device, and the same with a card or a live view.
//   accounts_bench [--size=DEVICES] [--repetitions=N]    (default: 500000, 5)
// Each repetition is two messages to every device, with accounts that know none of them before.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <memory>
#include <string>
#include <vector>

#include "bench/support.h"
#include "bench/tokens.h"
#include "engine/audience/reader.h"
#include "engine/ledger/accounts.h"

namespace herald::bench {
namespace {

using base::Surface;
using ledger::Fingerprint;
using ledger::Verdict;

constexpr std::size_t kBlock = audience::kRecordsPerBlock;
constexpr std::size_t kMessages = 2;  // to each device: a card has no more a day
constexpr ledger::Charge kCharge{.days = {20781, false}, .total_limit = 3000};
constexpr base::WallTime kNow{std::chrono::hours{20781 * 24}};

struct Load {
  std::vector<std::string> tokens;
  std::vector<audience::Record> records;

  explicit Load(std::uint64_t size)
      : tokens(make_tokens(std::max<std::uint64_t>(size / kBlock, 1) * kBlock)) {
    for (const std::string& token : tokens) {
      records.push_back(
          {token.data(), static_cast<std::uint32_t>(token.size()), Reason::none, false});
    }
  }
  std::size_t blocks() const { return records.size() / kBlock; }
};

// `on` as Accounts::charge takes it.
void charge_all(benchmark::State& state, const Load& load, std::vector<Surface> on) {
  const ledger::Fingerprinter fingerprinter(1, "", "bench");
  ledger::Accounts accounts(load.records.size());
  std::vector<Fingerprint> fingerprints(kBlock);
  std::vector<Verdict> verdicts(kBlock);
  std::size_t at = 0;
  benchmark::IterationCount charged = 0;
  for (auto _ : state) {
    const auto block = std::span(load.records).subspan(at, kBlock);
    fingerprinter(block, std::span(fingerprints));
    accounts.charge(fingerprints, on, kCharge, {}, kNow, verdicts);
    charged += verdicts.back() == Verdict::charged ? 1 : 0;
    at = (at + kBlock) % load.records.size();
  }
  check(charged == state.iterations(), "a device was refused");
  state.counters["token"] = time_each(kBlock);
  state.counters["bytes_per_token"] =
      static_cast<double>(accounts.bytes()) / static_cast<double>(load.records.size());
}

void hash_all(benchmark::State& state, const Load& load) {
  const ledger::Fingerprinter fingerprinter(1, "", "bench");
  std::vector<Fingerprint> fingerprints(kBlock);
  std::size_t at = 0;
  for (auto _ : state) {
    fingerprinter(std::span(load.records).subspan(at, kBlock), std::span(fingerprints));
    benchmark::DoNotOptimize(fingerprints.data());
    at = (at + kBlock) % load.records.size();
  }
  state.counters["token"] = time_each(kBlock);
}

// A device has two updates of its card and no third, and as many messages in all.
void check_verdicts(const Load& load, const Surface& on, std::size_t allowed) {
  const ledger::Fingerprinter fingerprinter(1, "", "bench");
  ledger::Accounts accounts;
  std::vector<Fingerprint> fingerprints(kBlock);
  std::vector<Verdict> verdicts(kBlock);
  fingerprinter(std::span(load.records).first(kBlock), std::span(fingerprints));
  for (std::size_t message = 0; message < allowed + 1; ++message) {
    accounts.charge(fingerprints, std::span(&on, 1), kCharge, {}, kNow, verdicts);
    const bool first = verdicts.front() == Verdict::charged;
    check(std::count(verdicts.begin(), verdicts.end(), verdicts.front()) == kBlock, "all alike");
    check(first == (message < allowed), "the quota is not what the service says");
  }
}

int run(const Options& options) {
  const Load load(options.size);
  const Surface card{Surface::Kind::card, false, 7, -1};
  const Surface live_view{Surface::Kind::activity, false, 7, -1};
  check_verdicts(load, card, 2);
  check_verdicts(load, live_view, 10);

  const auto iterations = static_cast<std::int64_t>(load.blocks() * kMessages);
  const auto add = [&](const char* name, std::vector<Surface> on) {
    add_case(name, options, [&load, on](benchmark::State& state) {
      charge_all(state, load, on);
    })->Iterations(iterations);
  };
  add_case("hash", options, [&](benchmark::State& state) { hash_all(state, load); });
  add("hash_and_charge", {});
  add("hash_and_charge_cards", {card});
  add("hash_and_charge_live_views", {live_view});
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace
}  // namespace herald::bench

int main(int argc, char** argv) {
  return herald::bench::run(herald::bench::parse(argc, argv, 500'000));
}
