// The pipeline into a sink that does nothing: a file of tokens is read, split, de-duplicated,
// charged and laid out in batches, and each batch is given back at once. One ingest thread against
// several, in turn, on a ledger that knows the devices: the second half of bar B13.
//   pipeline_bench [--tokens N] [--runs N] [--threads N]    (default: 20 million, 5, 2)
#include <fmt/format.h>
#include <unistd.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <atomic>
#include <chrono>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <string>
#include <thread>
#include <vector>

#include "bench/tokens.h"
#include "bench/usage.h"
#include "engine/audience/slices.h"
#include "engine/campaign/ingest.h"

namespace herald::bench {
namespace {

void check(bool right, const char* what) {
  if (right) return;
  fmt::print(stderr, "wrong answer: {}\n", what);
  std::exit(1);
}

class TokenFile {
 public:
  explicit TokenFile(std::uint64_t tokens) {
    std::string name = (std::filesystem::temp_directory_path() / "herald-pipeline-XXXXXX").string();
    directory_ = mkdtemp(name.data());
    std::ofstream out(path(), std::ios::binary);
    constexpr std::uint64_t kAtOnce = 100'000;
    for (std::uint64_t done = 0; done < tokens; done += kAtOnce) {
      std::string text;
      for (const std::string& token : make_tokens(std::min(kAtOnce, tokens - done), done + 1)) {
        text.append(token).push_back('\n');
      }
      out << text;
    }
    check(bool{out.flush()}, "the file was not written: is there room in the temporary directory?");
  }
  ~TokenFile() { std::filesystem::remove_all(directory_); }
  TokenFile(const TokenFile&) = delete;
  TokenFile& operator=(const TokenFile&) = delete;

  std::filesystem::path path() const { return directory_ / "tokens.txt"; }

 private:
  std::filesystem::path directory_;
};

struct Figures {
  double tokens_per_second;
  double cpu_ns;
};

class Pipeline {
 public:
  Pipeline(const audience::SlicedFile& file, std::uint64_t tokens) : file_(file), tokens_(tokens) {
    days_.show(kDay);
  }

  // A campaign from its first byte to its last.
  Figures run(std::uint32_t threads) {
    store::CampaignRecord record;
    record.audience_slices = file_.begins();
    const auto run = std::make_shared<dispatch::CampaignRun>(std::move(record));
    run->charge = {.notification = true, .total_limit = 3000};
    const auto intake = std::make_shared<campaign::Intake>(run, campaign::Message{}, 0.0);
    formed_ = 0;
    std::atomic<std::uint32_t> next{0};
    const auto began = std::chrono::steady_clock::now();
    const double cpu = usage().cpu_seconds;
    std::vector<std::thread> all;
    for (std::uint32_t i = 0; i < threads; ++i) {
      all.emplace_back([&] {
        for (std::uint32_t slice; (slice = next++) < intake->slices();) ingest(intake, slice);
      });
    }
    for (std::thread& each : all) each.join();
    const std::chrono::duration<double> took = std::chrono::steady_clock::now() - began;
    const auto tokens = static_cast<double>(tokens_);
    const Figures figures{tokens / took.count(), (usage().cpu_seconds - cpu) * 1e9 / tokens};
    check(formed_ == tokens_, "not every token is in a batch");
    check(accounts_.devices.devices() == tokens_, "not every token is a device");
    return figures;
  }

 private:
  static constexpr base::Day kDay = 20781;

  class Clock final : public base::Clock {
   public:
    base::WallTime wall() const override {
      return base::WallTime{std::chrono::days{kDay} + std::chrono::hours{4}};
    }
    base::BootTime boot() const override { return base::BootTime{wall().time_since_epoch()}; }
  };

  void ingest(const std::shared_ptr<campaign::Intake>& intake, std::uint32_t slice) {
    dispatch::CampaignRun& run = *intake->campaign();
    const auto give_back = [&] {
      for (batch::Batch* batch = nullptr; run.formed.try_dequeue(batch);) {
        formed_ += batch->size();
        pool_.release(std::unique_ptr<batch::Batch>{batch});
      }
    };
    campaign::Ingest ingest{
        {clock_, days_, accounts_, [this] { return pool_.acquire(); }, pool_, give_back},
        intake,
        slice,
        file_.reader(slice).value(),
        fingerprinter_};
    while (ingest.step() != campaign::Ingest::Step::done) {
    }
  }

  const audience::SlicedFile& file_;
  const std::uint64_t tokens_;
  Clock clock_;
  dispatch::ServiceDays days_{base::Calendar{}};
  ledger::Accounts accounts_;
  batch::Pool pool_{std::size_t{256} << 20};
  const ledger::Fingerprinter fingerprinter_{42, "", "demo"};
  std::atomic<std::uint64_t> formed_{0};
};

double median(std::vector<double> values) {
  std::sort(values.begin(), values.end());
  return values[values.size() / 2];
}

void print(std::uint32_t threads, const std::vector<Figures>& runs) {
  std::vector<double> rates;
  std::vector<double> costs;
  for (const Figures& each : runs) {
    rates.push_back(each.tokens_per_second / 1e6);
    costs.push_back(each.cpu_ns);
  }
  const auto [least, most] = std::minmax_element(rates.begin(), rates.end());
  fmt::print("{} thread{}: {:.2f} M tokens/s ({:.2f} to {:.2f}), {:.1f} ns of CPU a token\n",
             threads, threads == 1 ? "" : "s", median(rates), *least, *most, median(costs));
}

void run(std::uint64_t tokens, std::uint32_t runs, std::uint32_t threads) {
  const TokenFile tokens_file{tokens};
  // Slices as the engine cuts them; a small file into sixteen.
  const std::uint64_t bytes = std::filesystem::file_size(tokens_file.path());
  const auto file = audience::SlicedFile::open({tokens_file.path()},
                                               std::min(bytes / 16, std::uint64_t{64} << 20))
                        .value();
  Pipeline pipeline{*file, tokens};
  pipeline.run(1);  // faults the tables in, and the file into the page cache
  std::vector<Figures> one;
  std::vector<Figures> several;
  std::vector<double> ratios;
  for (std::uint32_t i = 0; i < runs; ++i) {
    one.push_back(pipeline.run(1));
    several.push_back(pipeline.run(threads));
    ratios.push_back(several.back().tokens_per_second / one.back().tokens_per_second);
  }
  print(1, one);
  print(threads, several);
  fmt::print("{} threads against one: {:.2f} times the tokens/s\n", threads, median(ratios));
}

}  // namespace
}  // namespace herald::bench

int main(int argc, char** argv) {
  CLI::App app{"The pipeline into a sink that does nothing, with one ingest thread and several."};
  std::uint64_t tokens = 20'000'000;
  std::uint32_t runs = 5;
  std::uint32_t threads = 2;
  app.add_option("--tokens", tokens, "in the file, all different")
      ->check(CLI::Range(1000, 500'000'000));
  app.add_option("--runs", runs, "of each")->check(CLI::Range(1, 100));
  app.add_option("--threads", threads, "against one")->check(CLI::Range(2, 64));
  CLI11_PARSE(app, argc, argv);
  herald::bench::run(tokens, runs, threads);
  return 0;
}
