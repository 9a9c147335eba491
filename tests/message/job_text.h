// Jobs as people hand them in.
#pragma once

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <string>

#include "herald/job.h"

namespace herald {

// A valid job; parts are replaced by the tests. One member a line, so that lines are easy to tell.
struct JobText {
  std::string id = R"("sale-1")";
  std::string app = R"("demo")";
  std::string push_type = "0";
  std::string notification =
      R"("category": "EXPRESS", "title": "T", "body": "B", "clickAction": {"actionType": 0})";
  std::string options;   // a whole member with its comma
  std::string audience;  // the same
  std::string policy;    // the members of policy
  std::string more;      // further members

  std::string text() const {
    return fmt::format(R"({{
"id": {},
"app": {},
"pushType": {},
"payload": {{"notification": {{{}}}}},
{}{}"policy": {{{}}}{}
}})",
                       id, app, push_type, notification, options, audience, policy, more);
  }
};

inline Result<Job> parse(const JobText& job) { return Job::parse(job.text(), "dir/job.json"); }

inline std::string error_of(const JobText& job, Errc code = Errc::job) {
  const auto result = parse(job);
  if (result.has_value()) return "no error";
  EXPECT_EQ(result.error().code, code) << result.error().what;
  EXPECT_EQ(result.error().what.find('\n'), std::string::npos);
  return result.error().what;
}

inline std::string policy_error(const std::string& policy, Errc code = Errc::job) {
  return error_of({.policy = policy}, code);
}

inline std::string sent_options(const std::string& options) {
  return parse({.options = fmt::format("\"pushOptions\": {},", options)}).value().push_options;
}

}  // namespace herald
