// What a campaign costs in this process, measured from inside: CPU of all threads, wall time, peak
// memory. Runs the same job several times in one engine, so that the first one faults the tables in
// and the later ones show the steady state. Prints one JSON object.
//
//   end_to_end --config herald.toml JOB.json [--campaigns N] [--batch-tokens N]
//
// Each campaign gets an id of its own and is charged like any other: give the app a
// marketing_per_day that allows for N, or read `over_quota` in what is printed.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <string>

#include "bench/usage.h"
#include "herald/config.h"
#include "herald/engine.h"
#include "herald/job.h"

namespace {

int run(const std::string& config_file, const std::string& job_file, int campaigns,
        unsigned batch_tokens) {
  const herald::Config config = herald::Config::load(config_file).value();
  herald::Job job = herald::Job::load(job_file).value();
  if (batch_tokens != 0) job.policy.tokens_per_request = batch_tokens;
  const std::string id = job.id;
  herald::Engine engine = herald::Engine::open(config).value();
  std::string rows;
  bool whole = true;
  for (int i = 1; i <= campaigns; ++i) {
    job.id = fmt::format("{}-{}", id, i);
    const herald::bench::Usage before = herald::bench::usage();
    const herald::Campaign campaign = engine.submit(job).value();
    campaign.wait();
    const herald::bench::Usage after = herald::bench::usage();
    const herald::Report report = campaign.report().value();
    const auto accepted = static_cast<double>(report.count(herald::Outcome::accepted));
    // The answer first, then the time: a campaign that lost records has no figures.
    whole = whole && report.state == herald::CampaignState::finished && accepted > 0;
    rows += fmt::format(
        "{}{{\"campaign\":\"{}\",\"state\":\"{}\",\"records\":{},\"accepted\":{},\"requests\":{},"
        "\"seconds\":{:.3f},\"tokens_per_second\":{:.0f},\"requests_per_second\":{:.0f},"
        "\"cpu_ns_per_token\":{:.1f},\"cpu_us_per_request\":{:.2f},\"peak_rss_kib\":{},\"ledger_"
        "kib\":{},\"durability\":\"{}\"}}",
        rows.empty() ? "" : ",\n ", job.id, to_string(report.state), report.records, accepted,
        report.requests.sent, report.seconds, accepted / report.seconds,
        static_cast<double>(report.requests.sent) / report.seconds,
        (after.cpu_seconds - before.cpu_seconds) * 1e9 / accepted,
        (after.cpu_seconds - before.cpu_seconds) * 1e6 / static_cast<double>(report.requests.sent),
        after.peak_kib, engine.stats().ledger_bytes / 1024, report.synced ? "sync" : "process");
  }
  fmt::print("[{}]\n", rows);
  return whole ? 0 : 1;
}

}  // namespace

int main(int argc, char** argv) {
  CLI::App app{"Runs a job several times in one engine and prints what each run cost."};
  std::string config = "conf/herald.toml";
  std::string job;
  int campaigns = 2;
  unsigned batch_tokens = 0;
  app.add_option("--config", config, "configuration");
  app.add_option("job", job, "job")->required();
  app.add_option("--campaigns", campaigns, "how often")->check(CLI::Range(1, 100));
  app.add_option("--batch-tokens", batch_tokens, "tokens a request, 1 to 1000")
      ->check(CLI::Range(1, 1000));
  CLI11_PARSE(app, argc, argv);
  try {
    return run(config, job, campaigns, batch_tokens);
  } catch (const std::exception& failed) {
    fmt::print(stderr, "end_to_end: {}\n", failed.what());
    return 2;
  }
}
