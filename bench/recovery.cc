// How long a start takes: fills a store with reservations, opens it as after kill -9, and rebuilds
// the ledger. Checks the ledger first, then prints one JSON object.
//
//   recovery [--tokens N] [--devices N] [--runs N] [--directory DIR]
//
// Each token is one device's charge of today, in batches of 1000, every other batch settled with a
// refused token, as the program writes them. What was just written is in the page cache, so the
// disk is not measured.
#include "engine/campaign/recovery.h"

#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <chrono>
#include <filesystem>
#include <future>
#include <string>
#include <vector>

#include "bench/usage.h"
#include "engine/base/clock.h"
#include "engine/base/executor.h"
#include "engine/store/rocks_store.h"

namespace herald {
namespace {

namespace fs = std::filesystem;
using Steady = std::chrono::steady_clock;

constexpr std::uint32_t kBatch = 1000;
constexpr std::uint64_t kBatchesPerGroup = 4;

class AtOnce final : public base::Executor {
 public:
  void post(Task task) override { task(); }
  TimerId run_at(base::BootTime, Task) override { return 0; }
  void cancel(TimerId) override {}
};

struct Shape {
  std::uint64_t tokens = 10'000'000;
  std::uint64_t devices = 0;  // 0: as many as tokens
  int runs = 3;
  fs::path directory = fs::temp_directory_path();
};

LedgerConfig settings() {
  LedgerConfig config;
  config.min_free = 0;
  config.durability = Durability::process;  // filling is not what is measured
  return config;
}

void commit(store::Store& store, store::GroupWriter& group, base::Day day) {
  AtOnce executor;
  std::promise<Result<std::uint64_t>> done;
  store.commit(group.take(), day, executor,
               [&](Result<std::uint64_t> result) { done.set_value(std::move(result)); });
  (void)done.get_future().get().value();
}

// A device's fingerprint: every one another, all over the range.
std::uint64_t fingerprint(std::uint64_t device) { return (device + 1) * 0x9E3779B97F4A7C15; }

void fill(store::Store& store, const Shape& shape, base::Day today) {
  store::CampaignRecord record;
  record.number = store.new_campaign_number();
  record.id = "filled";
  record.created_day = today;
  record.state = CampaignState::paused;
  (void)store.put_campaign(record).value();
  const std::uint64_t devices = shape.devices == 0 ? shape.tokens : shape.devices;
  store::GroupWriter group;
  std::vector<store::ReservedToken> tokens;
  const std::vector<store::Exception> exceptions{
      {5, Outcome::invalid, Reason::tokenFormatError, false}};
  for (std::uint64_t first = 0; first < shape.tokens; first += kBatch) {
    const auto size =
        static_cast<std::uint32_t>(std::min<std::uint64_t>(kBatch, shape.tokens - first));
    tokens.clear();
    for (std::uint32_t i = 0; i < size; ++i) {
      tokens.push_back({fingerprint((first + i) % devices), i});
    }
    const store::BatchId batch = store.new_batch_id();
    group.reservation({.campaign = record.number,
                       .batch = batch,
                       .marketing = true,
                       .days = {today, false},
                       .first_record = first,
                       .records = size},
                      tokens, std::vector<store::DroppedRecord>{});
    if (batch % 2 == 0) {
      group.settle({.batch = batch,
                    .campaign = record.number,
                    .outcome = Outcome::accepted,
                    .tokens = size,
                    .request_id = "176359521100002410000001",
                    .exceptions = size > 5 ? std::span{exceptions} : std::span<store::Exception>{}},
                   today);
    }
    if (batch % kBatchesPerGroup == 0) commit(store, group, today);
  }
  if (!group.empty()) commit(store, group, today);
}

double seconds_since(Steady::time_point start) {
  return std::chrono::duration<double>(Steady::now() - start).count();
}

double mib_below(const fs::path& dir) {
  std::uintmax_t bytes = 0;
  for (const auto& entry : fs::recursive_directory_iterator(dir)) {
    if (entry.is_regular_file()) bytes += entry.file_size();
  }
  return static_cast<double>(bytes) / (1 << 20);
}

struct Run {
  double cpu = 0;
  double open = 0;
  double rebuild = 0;
  std::uint64_t devices = 0;
  std::size_t unanswered = 0;
  double ledger_mib = 0;
};

Run recover(const fs::path& dir) {
  const base::SystemClock clock;
  const double cpu = bench::usage().cpu_seconds;
  const auto start = Steady::now();
  const auto store = store::open_rocks_store(dir, settings(), clock).value();
  Run run;
  run.open = seconds_since(start);
  ledger::Accounts accounts;
  const auto rebuilt =
      campaign::rebuild_ledger(*store, accounts, base::Calendar{}, clock.wall()).value();
  run.rebuild = seconds_since(start) - run.open;
  run.cpu = bench::usage().cpu_seconds - cpu;
  run.devices = accounts.devices.devices();
  run.unanswered = rebuilt.unanswered.size();
  run.ledger_mib = static_cast<double>(accounts.bytes()) / (1 << 20);
  return run;
}

int measure(const Shape& shape) {
  std::string name = (shape.directory / "herald-recovery-XXXXXX").string();
  if (mkdtemp(name.data()) == nullptr) {
    fmt::print(stderr, "recovery: cannot make a directory in {}\n", shape.directory.string());
    return 2;
  }
  const fs::path top = name;
  const fs::path dir = top / "data";
  {
    const base::SystemClock clock;
    const auto store = store::open_rocks_store(dir, settings(), clock).value();
    fill(*store, shape, base::Calendar{}.day(clock.wall()));
  }
  const double mib = mib_below(dir);
  const std::uint64_t devices = shape.devices == 0 ? shape.tokens : shape.devices;
  const std::uint64_t batches = (shape.tokens + kBatch - 1) / kBatch;
  std::vector<Run> runs;
  for (int i = 0; i < shape.runs; ++i) {
    runs.push_back(recover(dir));
    if (runs.back().devices != std::min(devices, shape.tokens) ||
        runs.back().unanswered != batches - batches / 2) {
      fmt::print(stderr, "wrong answer: {} devices, {} batches unanswered\n", runs.back().devices,
                 runs.back().unanswered);
      return 1;
    }
  }
  fs::remove_all(top);
  // The first opening also turns the log into tables; the median is of all.
  const Run first = runs.front();
  std::sort(runs.begin(), runs.end(), [](const Run& one, const Run& other) {
    return one.open + one.rebuild < other.open + other.rebuild;
  });
  const double scale = 1e7 / static_cast<double>(shape.tokens);
  const Run median = runs[runs.size() / 2];
  fmt::print(
      "{{\"tokens\":{},\"devices\":{},\"store_mib\":{:.1f},\"first_open_seconds\":{:.3f},"
      "\"open_seconds\":{:.3f},\"rebuild_seconds\":{:.3f},\"cpu_seconds\":{:.3f},\"seconds_per_10_"
      "million\":{:.2f},"
      "\"cpu_seconds_per_10_million\":{:.2f},"
      "\"ledger_mib\":{:.1f},\"peak_rss_mib\":{:.1f}}}\n",
      shape.tokens, median.devices, mib, first.open, median.open, median.rebuild, median.cpu,
      (median.open + median.rebuild) * scale, median.cpu * scale, median.ledger_mib,
      static_cast<double>(bench::usage().peak_kib) / 1024);
  return 0;
}

}  // namespace
}  // namespace herald

int main(int argc, char** argv) {
  CLI::App app{"Times the start of a store that holds many reservations."};
  herald::Shape shape;
  app.add_option("--tokens", shape.tokens, "reserved")->check(CLI::Range(1UL, 1'000'000'000UL));
  app.add_option("--devices", shape.devices, "they belong to; 0: one each");
  app.add_option("--runs", shape.runs, "the median is printed")->check(CLI::Range(1, 100));
  app.add_option("--directory", shape.directory, "where the store is made");
  CLI11_PARSE(app, argc, argv);
  try {
    return herald::measure(shape);
  } catch (const std::exception& failed) {
    fmt::print(stderr, "recovery: {}\n", failed.what());
    return 2;
  }
}
