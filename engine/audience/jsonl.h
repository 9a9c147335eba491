// Reads an audience in JSON Lines: an object a line, with the token and what differs from device to
// device; json_record.h says which members there are.
//
// Lines end as those of lines.h do. A token is unescaped, and then held to the rules of every other
// token.
#pragma once

#include <memory_resource>

#include "engine/audience/json_record.h"
#include "engine/audience/piecewise.h"

namespace herald::audience {

class JsonLinesReader final : public PiecewiseReader {  // one thread
 public:
  explicit JsonLinesReader(std::unique_ptr<ByteSource> source);

 private:
  bool take() override;
  void begin_block() override { variables_.release(); }
  std::span<const base::RecordFields> fields(std::size_t size) const override {
    return {fields_->data(), size};
  }

  // The variables of a block; a block is of one piece, so there are no more than fit in that.
  std::pmr::monotonic_buffer_resource variables_;
  JsonRecordParser parser_;
  std::unique_ptr<std::array<base::RecordFields, kRecordsPerBlock>> fields_;
};

}  // namespace herald::audience
