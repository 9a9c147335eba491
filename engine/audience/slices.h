// A big plain file of lines is cut into slices, each of whole lines, so that several threads read
// it at once (design, decision 12).
//
// The cut depends on the file's size and content alone, and is kept with the campaign: whoever
// reads the audience again reads the same slices, with however many threads.
#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <vector>

#include "engine/audience/reader.h"
#include "engine/audience/source.h"
#include "herald/job.h"
#include "herald/result.h"

namespace herald::audience {

inline constexpr std::uint64_t kSlicesMax = 64;

// Fills `into` from there; fewer bytes only where the content ends. Errors: the caller's own.
using ReadAt = std::function<Result<std::size_t>(std::uint64_t offset, std::span<std::byte> into)>;

// Where the slices of `size` bytes begin: the first at 0, every other behind a newline. As many as
// `slice_bytes` goes into the size, at most kSlicesMax, all about as long; fewer where lines are so
// long that there is no cut. Errors: of `read_at`.
Result<std::vector<std::uint64_t>> cut_into_slices(std::uint64_t size, std::uint64_t slice_bytes,
                                                   const ReadAt& read_at);

// What the whole contained: the digest of its slices' digests, or the digest of the one there is.
std::uint64_t digest_of_slices(std::span<const std::uint64_t> digests);

class SlicedFile {  // any thread
 public:
  // Null: it is nothing that can be cut (not a regular file, packed, no lines). Errors: audience.
  static Result<std::unique_ptr<const SlicedFile>> open(const AudienceSpec& spec,
                                                        std::uint64_t slice_bytes);
  // As it was cut before. Errors: audience.
  static Result<std::unique_ptr<const SlicedFile>> open_again(const AudienceSpec& spec,
                                                              std::vector<std::uint64_t> begins);

  const std::vector<std::uint64_t>& begins() const { return begins_; }
  std::uint64_t bytes() const { return file_->size(); }
  // Errors: audience.
  Result<std::unique_ptr<RecordReader>> reader(std::size_t slice) const;

 private:
  SlicedFile(std::unique_ptr<FileSource> file, std::vector<std::uint64_t> begins)
      : file_(std::move(file)), begins_(std::move(begins)) {}

  std::unique_ptr<const FileSource> file_;
  std::vector<std::uint64_t> begins_;
};

}  // namespace herald::audience
