// Records out of an audience, whatever its format: a block at a time, each a view of what was read.
//
// The records do not depend on the pieces in which the source gives its bytes, and memory does not
// depend on the length of a record.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>

#include "engine/audience/digest.h"
#include "engine/audience/token.h"
#include "engine/base/record_fields.h"
#include "herald/result.h"

namespace herald::audience {

inline constexpr std::size_t kRecordsPerBlock = 1024;

// Valid until the next block is read.
struct Block {
  std::span<const Record> records;  // at most kRecordsPerBlock; none: the end of the audience
  // One for each record, or none at all: the format has only tokens.
  std::span<const base::RecordFields> fields;
};

class RecordReader {  // one thread
 public:
  virtual ~RecordReader() = default;

  // Errors: audience, with the record that could not be read, again at every further call.
  virtual Result<Block> next() = 0;

  virtual std::uint64_t records() const = 0;  // given out so far
  virtual std::uint64_t bytes() const = 0;    // of the source read so far, ahead of the records
  virtual std::uint64_t size() const = 0;     // of the source, in the same bytes; 0: not known
  virtual const ContentDigest& digest() const = 0;  // of the content read so far, unpacked
};

}  // namespace herald::audience
