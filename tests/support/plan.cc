#include "tests/support/plan.h"

#include <fmt/format.h>

#include "engine/base/escape.h"

namespace herald::test {
namespace {

using Tokens = std::vector<std::string>;

std::string in_json(std::string_view text) {
  std::string out;
  base::append_json(out, text);
  return out;
}

std::string body(std::string_view code, std::string_view message) {
  return fmt::format(R"({{"code":"{}","msg":{},"requestId":"157466878305200052000701"}})", code,
                     in_json(message));
}

std::string list(const Tokens& listed, std::string_view reason, std::string_view counts) {
  std::string out = fmt::format(R"({{"illegalTokens":{{{}:[)", in_json(reason));
  for (const std::string& token : listed) {
    if (out.back() != '[') out += ',';
    base::append_json(out, token);
  }
  return out + "]}" + std::string{counts} + "}";
}

std::string counts(std::size_t success, std::size_t failure) {
  return fmt::format(R"(,"success":{},"failure":{})", success, failure);
}

Replies same(int status, std::string text, bool takes) {
  return [status, text = std::move(text), takes](const Tokens& tokens) {
    return Reply{status, text, std::vector<bool>(tokens.size(), takes)};
  };
}

}  // namespace

Replies accepted() { return same(200, body("80000000", "Success"), true); }

Replies partly(std::vector<std::size_t> refused, std::string reason) {
  return [refused = std::move(refused), reason = std::move(reason)](const Tokens& tokens) {
    std::vector<bool> taken(tokens.size(), true);
    Tokens listed;
    for (const std::size_t at : refused) {
      if (at >= tokens.size()) continue;
      taken[at] = false;
      listed.push_back(tokens[at]);
    }
    if (listed.empty()) return Reply{200, body("80000000", "Success"), taken};
    const std::string text =
        list(listed, reason, counts(tokens.size() - listed.size(), listed.size()));
    return Reply{200, body("80100000", text), taken};
  };
}

Replies partly_outside() {
  return [](const Tokens& tokens) {
    const std::string text = list({"not-of-this-batch"}, "noRight", counts(tokens.size() - 1, 1));
    return Reply{200, body("80100000", text), std::vector<bool>(tokens.size(), true)};
  };
}

Replies partly_wrong_counts() {
  return [](const Tokens& tokens) {
    std::vector<bool> taken(tokens.size(), true);
    taken[0] = false;
    const std::string text = list({tokens[0]}, "tokenFormatError", counts(tokens.size(), 0));
    return Reply{200, body("80100000", text), taken};
  };
}

Replies partly_unreadable() { return same(200, body("80100000", "some were not taken"), true); }

Replies all_invalid(std::string reason) {
  return [reason = std::move(reason)](const Tokens& tokens) {
    const std::string text = list(tokens, reason, fmt::format(R"(,"failure":{})", tokens.size()));
    return Reply{200, body("80300007", text), std::vector<bool>(tokens.size(), false)};
  };
}

Replies coded(int status, std::string_view code, std::string_view message) {
  return same(status, body(code, message), false);
}
Replies bare(int status, bool takes) { return same(status, "", takes); }
Replies html(int status) { return same(status, "<html><body>hello</body></html>", true); }
Replies bad_json() { return same(200, R"({"code":"80000000","msg":)", true); }
Replies duplicate_code() {
  return same(200, R"({"code":"80100001","code":"80000000","msg":"x"})", true);
}
Replies coded_and_taken(int status, std::string_view code) {
  return same(status, body(code, "as told"), true);
}
Replies sized(std::size_t bytes) {
  std::string text = body("80000000", "Success");
  text.resize(std::max(bytes, text.size()), ' ');
  return same(200, text, true);
}

Plan answers(Replies reply) { return {.reply = std::move(reply)}; }
Plan answers_late(Duration delay, Replies reply) {
  return {.reply = std::move(reply), .delay = delay};
}
Plan processes_late(Duration queued, Replies reply) {
  return {.reply = std::move(reply), .queued = queued};
}
Plan on_wire(Plan::Wire wire, Replies reply) { return {.wire = wire, .reply = std::move(reply)}; }
Plan in_form(Plan::Form form, Replies reply) { return {.reply = std::move(reply), .form = form}; }
Plan resets(std::uint32_t code, Replies reply) {
  return {.wire = Plan::Wire::reset, .reply = std::move(reply), .reset_code = code};
}

}  // namespace herald::test
