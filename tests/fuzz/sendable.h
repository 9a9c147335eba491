// What must hold of every rendering that is sent, shared by the fuzzers of jobs and of records.
#pragma once

#include <string>

#include "engine/message/rules.h"
#include "engine/message/template.h"
#include "tests/fuzz/fuzz.h"

namespace herald::message {

// With one token in it the service would take it.
inline void require_sendable(const Template& made, const std::string& prefix,
                             const RulesConfig& rules) {
  const std::string body = prefix + "\"t\"" + made.suffix();
  for (const Violation& found : check_request(std::to_string(made.push_type()), body, rules)) {
    if (found.warning) continue;
    std::fprintf(stderr, "%s: %s\n", found.pointer.c_str(), to_string(found).c_str());
    fuzz::require(false, "what is rendered keeps the rules");
  }
  const std::size_t bytes = prefix.size() + made.suffix().size();
  fuzz::require(
      rules.size == MeasuredPart::payload || bytes + rules.size_margin <= kMessageBytesMax,
      "what is rendered is within the limit");
}

}  // namespace herald::message
