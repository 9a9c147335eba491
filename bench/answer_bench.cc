// Reading an answer about 1000 tokens, and deciding what it proves: all accepted, ten refused, and
// all of them listed, in the order they were sent and in the opposite one.
//   answer_bench [--repetitions=N]    (default: 5)
#include <benchmark/benchmark.h>

#include <algorithm>
#include <string>
#include <vector>

#include "bench/support.h"
#include "bench/tokens.h"
#include "engine/base/escape.h"
#include "engine/dispatch/answer.h"
#include "engine/dispatch/table_p.h"

namespace herald::bench {
namespace {

using batch::kTokensMax;
using dispatch::Row;
using Tokens = std::vector<std::string>;

// 80100000 that lists these.
std::string refusal(const Tokens& listed) {
  std::string list = "{\"success\":" + std::to_string(kTokensMax - listed.size()) +
                     ",\"failure\":" + std::to_string(listed.size()) +
                     ",\"illegalTokens\":{\"tokenFormatError\":[";
  for (const std::string& token : listed) list += '"' + token + "\",";
  list.back() = ']';
  std::string body = R"({"code":"80100000","requestId":"157440955549500001002006","msg":)";
  base::append_json(body, list + "}}");
  return body + '}';
}

void read(benchmark::State& state, const batch::Batch& batch, const std::string& body, Row row,
          std::size_t listed) {
  dispatch::AnswerReader reader;
  const auto& first = reader.read(200, body, false, batch);
  check(first.listed.size() == listed, "tokens that are listed were not found");
  check(dispatch::rule(transport::End::answered, true, first).row == row, "the wrong row");
  for (auto _ : state) {
    const dispatch::Answer& answer = reader.read(200, body, false, batch);
    benchmark::DoNotOptimize(dispatch::rule(transport::End::answered, true, answer));
  }
  state.counters["request"] = time_each(1);
}

int run(const Options& options) {
  Tokens tokens = make_tokens(kTokensMax);
  batch::Batch batch;
  for (std::uint32_t i = 0; i < kTokensMax; ++i) batch.append(tokens[i], false, i + 1, i);
  const std::string success =
      R"({"code":"80000000","msg":"Success","requestId":"157440955549500001002006"})";
  const std::string ten = refusal({tokens.begin(), tokens.begin() + 10});
  const std::string all = refusal(tokens);
  std::reverse(tokens.begin(), tokens.end());
  const std::string backwards = refusal(tokens);
  const auto add = [&](const char* name, const std::string& body, Row row, std::size_t listed) {
    add_case(name, options,
             [&, row, listed](benchmark::State& state) { read(state, batch, body, row, listed); });
  };
  add("accepted", success, Row::accepted, 0);
  add("ten_listed", ten, Row::partly, 10);
  add("all_listed", all, Row::partly, kTokensMax);
  add("all_listed_backwards", backwards, Row::partly, kTokensMax);
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}

}  // namespace
}  // namespace herald::bench

int main(int argc, char** argv) { return herald::bench::run(herald::bench::parse(argc, argv, 1)); }
