// What the service said about one request (the service's pages: responses 1 to 3), read strictly:
// what cannot be believed is not.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "engine/batch/batch.h"
#include "herald/outcome.h"

namespace herald::dispatch {

// Business codes that this version knows (responses 3).
enum class Code : std::uint32_t {
  none = 0,  // no body, not strict JSON, no `code`, or one that is not known
  success = 80000000,
  partial = 80100000,
  parameter_error = 80100001,
  illegal_payload = 80100003,
  illegal_expiry = 80100004,
  image_not_verified = 80100022,
  authentication = 80200001,
  token_expired = 80200005,
  no_permission = 80300002,
  all_invalid = 80300007,
  too_long = 80300008,
  token_count = 80300010,
  test_too_fast = 80300029,
  test_token_count = 80300030,
  jwt_too_long = 80300036,
  penalty = 80300037,
  inner_error = 81000001,
};

struct Listed {
  std::uint32_t index;  // in the batch
  Reason reason;
};

struct Answer {
  int status = 0;
  Code code = Code::none;
  bool has_code = false;  // strict JSON with a `code`, known or not
  std::string message;    // `msg` for people: at most 200 printable bytes
  std::string request_id;

  // Of Code::partial and Code::all_invalid, whose msg is a JSON document in a string.
  bool list_readable = false;
  bool list_within = false;    // each listed token is in the batch, once
  bool counts_agree = false;   // success + failure = tokens sent, failure = tokens listed
  bool app_reason = false;     // a reason that is about the app, not the token (responses 1.3)
  std::vector<Listed> listed;  // those that are in the batch
  std::string other_reason;    // the service's word where Reason is `other`
};

// One thread. Keeps its buffers from answer to answer.
class AnswerReader {
 public:
  AnswerReader();
  ~AnswerReader();
  // Valid until the next call.
  const Answer& read(int status, std::string_view body, bool oversize, const batch::Batch& batch);

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace herald::dispatch
