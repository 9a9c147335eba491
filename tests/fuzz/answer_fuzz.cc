// Whatever answers, or does not: only tokens of the batch are believed, what has a code is JSON for
// another parser too, and a charge is given back only where Table P says so.
//
// Input: a byte of how the request ended, two of the status, the body; or, if a bit says so, the
// document that stands in the body's msg.
#include <boost/json.hpp>

#include "engine/base/escape.h"
#include "engine/dispatch/answer.h"
#include "engine/dispatch/table_p.h"
#include "tests/fuzz/fuzz.h"

namespace herald::dispatch {
namespace {

namespace json = boost::json;
using fuzz::require;
using transport::End;

const batch::Batch& batch() {
  static const auto* const kBatch = [] {
    auto* const batch = new batch::Batch;  // for as long as the program runs
    for (const std::string_view token : {"one", "two", "qu\"ote", "back\\slash", "tr\\\"icky"}) {
      const bool escape = token.find_first_of("\"\\") != std::string_view::npos;
      batch->append(token, escape, batch->size() + 1, batch->size());
    }
    return batch;
  }();
  return *kBatch;
}

void require_believable(const Answer& answer, std::string_view body) {
  std::vector<bool> seen(batch().size());
  for (const Listed& listed : answer.listed) {
    require(listed.index < seen.size() && !seen[listed.index], "listed: in the batch, and once");
    seen[listed.index] = true;
  }
  require(answer.message.size() <= 200 && answer.request_id.size() <= 64, "texts are short");
  if (!answer.message.empty()) fuzz::require_one_line(answer.message);
  if (!answer.request_id.empty()) fuzz::require_one_line(answer.request_id);
  if (!answer.other_reason.empty()) fuzz::require_one_line(answer.other_reason);
  require(answer.has_code || (answer.code == Code::none && answer.listed.empty()), "no code");
  if (!answer.has_code) return;
  json::error_code failed;
  const json::value parsed = json::parse({body.data(), body.size()}, failed);
  require(!failed && parsed.is_object(), "what has a code is a JSON object");
  require(parsed.as_object().at("code").is_string(), "with a code");
}

// Of an answer: its row in Table P gives charges back, told from the codes and statuses alone.
bool refused_before_processing(const Answer& answer) {
  const int status = answer.status;
  if (status == 408 || (status / 100 == 5 && status != 503)) return false;
  if (!answer.has_code) return status == 400 || status == 403 || status == 404 || status == 413;
  switch (answer.code) {
    case Code::success:
    case Code::partial:
    case Code::authentication:
    case Code::token_expired:
    case Code::test_too_fast:
    case Code::inner_error:
      return false;
    case Code::all_invalid:
      return answer.list_readable && answer.list_within && answer.counts_agree;
    case Code::none:  // one that is not known
      return status == 403 || status == 404 || status == 413;
    default:
      return true;
  }
}

void require_table_p(End how, bool may_have_left, const Answer& answer) {
  const Ruling ruling = rule(how, may_have_left, answer);
  const bool refused = how == End::answered && refused_before_processing(answer);
  require((ruling.charge == Charge::release) == refused, "released: if and only if refused");
  const bool taken = answer.code == Code::success || answer.code == Code::partial;
  if (ruling.charge == Charge::final || ruling.outcome == Outcome::accepted || ruling.positive) {
    require(how == End::answered && taken, "accepted only by an answer that says so");
  }
  const bool lists = answer.code == Code::partial || answer.code == Code::all_invalid;
  if (ruling.list_decides) require(how == End::answered && lists, "a list of an answer with one");
  const bool unknown = how != End::answered && how != End::refused && may_have_left;
  if (unknown) require(ruling.charge == Charge::stays, "what may have left stays charged");
  if (ruling.next != Next::settle && ruling.next != Next::to_lane) {
    require(ruling.charge == Charge::keep, "sent again under the same reservation");
  }
}

void run(std::uint8_t how, int status, std::string_view body) {
  static AnswerReader reader;
  const bool oversize = (how & 64) != 0;
  const Answer& answer = reader.read(status, body, oversize, batch());
  require_believable(answer, body);
  require(!oversize || !answer.has_code, "nothing of what is too long is believed");
  require_table_p(static_cast<End>(how % 5), (how & 128) != 0, answer);
}

}  // namespace
}  // namespace herald::dispatch

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  herald::fuzz::Input input(data, size);
  const std::uint8_t how = input.byte();
  const int status = input.byte() * 256 + input.byte();
  std::string body(input.rest());
  if ((how & 32) != 0) {
    body = (how & 16) != 0 ? R"({"code":"80100000","msg":)" : R"({"code":"80300007","msg":)";
    herald::base::append_json(body, input.rest());
    body += '}';
  }
  herald::dispatch::run(how, status, body);
  return 0;
}
