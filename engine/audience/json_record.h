// One record of JSON Lines taken apart: the token, and what differs from device to device.
#pragma once

#include <memory>
#include <memory_resource>
#include <string_view>
#include <vector>

#include "engine/base/record_fields.h"
#include "herald/outcome.h"

namespace herald::audience {

// {"token": "…", "formId": 1, "formData": {…}, "activityId": 1, "profileId": "…", "version": 1,
//  "vars": {"name": "…", "count": 3, "new": true}}
//
// Only the token is required. profileId is a string, formData an object. formId is an integer from
// 0 to 2^63-1, activityId one of 32 bits, version one from 0 to 2^31-1 (api.md 12 and 15.1), all
// written as integers. A variable is a string, or a number or boolean, which stands for its text as
// it is written. JSON is RFC 8259, with no member twice in any object, no lone surrogate, and
// nesting up to kJsonDepthMax.
inline constexpr int kJsonDepthMax = 64;

struct JsonRecord {
  std::string_view token;  // unescaped
  base::RecordFields fields;
};

class JsonRecordParser {  // one thread
 public:
  // The array of variables lies in `memory`.
  explicit JsonRecordParser(std::pmr::memory_resource& memory);
  ~JsonRecordParser();
  JsonRecordParser(const JsonRecordParser&) = delete;
  JsonRecordParser& operator=(const JsonRecordParser&) = delete;

  // Unescapes and compacts in place, so the views in `record` are of the text, which is not JSON
  // any more. `padding`: bytes behind the text that may be read, at least 64.
  // Reason::none, or the first thing that is wrong: what makes it no JSON at all, then from the
  // left.
  Reason parse(char* text, std::size_t size, std::size_t padding, JsonRecord& record);

 private:
  struct Parser;
  std::unique_ptr<Parser> parser_;
};

}  // namespace herald::audience
