// The send path alone, as a ceiling for whole campaigns: batches that are formed already go out
// over four connections, with no ledger, store or dispatcher. Checks every answer, then prints one
// JSON object with the CPU time and the wall time after a warm-up.
//
//   send_path --config herald.toml --body FILE [--requests N] [--warm-up N]
//
// FILE is a request's body; the batches have its beginning and its end, and tokens of their own.
#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <chrono>
#include <fstream>
#include <iterator>
#include <memory>
#include <stdexcept>
#include <string>
#include <vector>

#include "bench/tokens.h"
#include "bench/usage.h"
#include "engine/auth/bearer.h"
#include "engine/batch/batch.h"
#include "engine/transport/connection.h"
#include "engine/transport/io_loop.h"
#include "engine/transport/tls_stream.h"
#include "herald/config.h"

namespace herald::bench {
namespace {

constexpr std::size_t kConnections = 4;
constexpr std::size_t kInFlight = 128;  // as many bodies as h2load -c4 -m32 has out

struct Cost {
  double cpu_seconds = 0;
  std::chrono::steady_clock::time_point when{};
};

Cost cost_so_far() { return {usage().cpu_seconds, std::chrono::steady_clock::now()}; }

// The body around its tokens, and what else all requests share.
struct Shared {
  std::string prefix;
  std::string suffix;
  std::string path;
  std::string authority;
  std::string authorization;
};

Shared read_shared(const Config& config, const std::string& body_file) {
  std::ifstream in(body_file, std::ios::binary);
  const std::string body{std::istreambuf_iterator<char>(in), {}};
  constexpr std::string_view kTokens = "\"token\":[";
  const std::size_t begin = body.find(kTokens);
  const std::size_t end = body.find(']', begin);
  if (begin == body.npos || end == body.npos) throw std::runtime_error(body_file + ": no tokens");
  const AppConfig& app = config.apps.at(0);
  auth::Bearer bearer =
      auth::Bearer::make(auth::load_key(app).value(), base::SystemClock{}.wall()).value();
  return {.prefix = body.substr(0, begin + kTokens.size()),
          .suffix = body.substr(end),
          .path = fmt::format("/v3/{}/messages:send", app.project_id),
          .authority = fmt::format("{}:{}", config.endpoint.host, config.endpoint.port),
          .authorization = std::string(bearer.header(base::SystemClock{}.wall()))};
}

std::vector<std::unique_ptr<batch::Batch>> form_batches() {
  const std::vector<std::string> tokens = make_tokens(kInFlight * batch::kTokensMax);
  std::vector<std::unique_ptr<batch::Batch>> batches;
  for (std::size_t i = 0; i < tokens.size(); ++i) {
    if (i % batch::kTokensMax == 0) batches.push_back(std::make_unique<batch::Batch>());
    batches.back()->append(tokens[i], false, i, static_cast<std::uint32_t>(i % batch::kTokensMax));
  }
  return batches;
}

class Sending final : private transport::Connection::Owner {
 public:
  Sending(transport::IoLoop& loop, transport::StreamFactory& factory, const Shared& shared,
          std::uint64_t warm_up, std::uint64_t requests)
      : loop_(loop),
        shared_(shared),
        batches_(form_batches()),
        warm_up_(warm_up),
        total_(warm_up + requests) {
    for (const auto& batch : batches_) idle_.push_back(batch.get());
    transport::Connection::Owner& owner = *this;  // a private base: make_unique does not see it
    for (std::size_t i = 0; i < kConnections; ++i) {
      connections_.push_back(std::make_unique<transport::Connection>(owner, factory, loop, clock_,
                                                                     transport::Timing{}));
    }
  }

  bool right() const { return failure_.empty() && answered_ == total_; }
  const std::string& failure() const { return failure_; }
  const Cost& start() const { return start_; }
  const Cost& end() const { return end_; }

 private:
  void on_ended(transport::Connection&, void* tag, const transport::Ended& ended) override {
    if (ended.how != transport::End::answered || ended.status != 200 ||
        ended.body.find("\"80000000\"") == ended.body.npos) {
      return fail(fmt::format("an answer of status {}", ended.status));
    }
    idle_.push_back(static_cast<batch::Batch*>(tag));
    if (++answered_ == warm_up_) start_ = cost_so_far();
    if (answered_ < total_) return;
    end_ = cost_so_far();
    loop_.stop();
  }
  void on_capacity(transport::Connection&) override {
    if (scheduled_) return;
    scheduled_ = true;
    loop_.post([this] { turn(); });
  }
  void on_closed(transport::Connection&, const Error& error, bool) override {
    fail("a connection closed: " + error.what);
  }
  void fail(std::string what) {
    failure_ = std::move(what);
    loop_.stop();
  }

  void turn() {
    scheduled_ = false;
    for (const auto& connection : connections_) {
      while (sent_ < total_ && !idle_.empty() && connection->can_take()) submit(*connection);
      connection->flush();
    }
  }
  void submit(transport::Connection& connection) {
    batch::Batch* const next = idle_.back();
    idle_.pop_back();
    ++sent_;
    connection.submit({.path = shared_.path,
                       .authority = shared_.authority,
                       .authorization = shared_.authorization,
                       .push_type = "0",
                       .body = {shared_.prefix, next->wire(), shared_.suffix}},
                      next);
  }

  const base::SystemClock clock_;
  transport::IoLoop& loop_;
  const Shared& shared_;
  const std::vector<std::unique_ptr<batch::Batch>> batches_;
  std::vector<batch::Batch*> idle_;  // the last one back goes first: it is in the cache
  const std::uint64_t warm_up_;
  const std::uint64_t total_;
  std::uint64_t sent_ = 0;
  std::uint64_t answered_ = 0;
  bool scheduled_ = false;
  Cost start_;
  Cost end_;
  std::string failure_;
  std::vector<std::unique_ptr<transport::Connection>> connections_;
};

int run(const std::string& config_file, const std::string& body_file, std::uint64_t warm_up,
        std::uint64_t requests) {
  const Config config = Config::load(config_file).value();
  const Shared shared = read_shared(config, body_file);
  const base::SystemClock clock;
  transport::IoLoop loop(clock);
  const auto factory = transport::make_tls_factory(loop, config.endpoint).value();
  Sending sending(loop, *factory, shared, warm_up, requests);
  loop.run();
  if (!sending.right()) {
    fmt::print(stderr, "send_path: {}\n", sending.failure());
    return 1;
  }
  const std::chrono::duration<double> seconds = sending.end().when - sending.start().when;
  fmt::print("{{\"requests\":{},\"accepted\":{},\"seconds\":{:.9f},\"cpu_seconds\":{:.4f}}}\n",
             requests, requests * batch::kTokensMax, seconds.count(),
             sending.end().cpu_seconds - sending.start().cpu_seconds);
  return 0;
}

}  // namespace
}  // namespace herald::bench

int main(int argc, char** argv) {
  CLI::App app{"Sends formed batches over four connections and prints what that cost."};
  std::string config = "conf/herald.toml";
  std::string body;
  std::uint64_t requests = 10'000;
  std::uint64_t warm_up = 128;
  app.add_option("--config", config, "endpoint, and an app for its key");
  app.add_option("--body", body, "of a request")->required();
  app.add_option("--requests", requests, "after the warm-up")
      ->check(CLI::Range(1UL, 100'000'000UL));
  app.add_option("--warm-up", warm_up, "requests before")->check(CLI::Range(1UL, 1'000'000UL));
  CLI11_PARSE(app, argc, argv);
  try {
    return herald::bench::run(config, body, warm_up, requests);
  } catch (const std::exception& failed) {
    fmt::print(stderr, "send_path: {}\n", failed.what());
    return 2;
  }
}
