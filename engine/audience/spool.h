// A copy, on disk, of an audience that cannot be read twice: compressed with zstd, one frame.
//
// Nothing is given out that is not in the copy, and synced where the engine syncs: no commit group
// can cover a record that nobody could name later. A copy whose source ended as it should is a
// whole frame; one that was cut off is not, so that it cannot be taken for all of the audience.
#pragma once

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>

#include "engine/audience/live.h"

namespace herald::audience {

std::filesystem::path spool_file(const std::filesystem::path& data_dir, std::uint64_t campaign);

// Reads a copy to its end: before any of it is sent, since its checksum stands there. One that was
// cut off, as a process that was killed leaves it, is what it is: only what is in it can be wrong.
// Errors: audience.
Result<void> check_spool(const std::filesystem::path& spool);

// Removes the copies of campaigns that `keep` does not want. Errors: disk.
Result<void> remove_spools(const std::filesystem::path& data_dir,
                           const std::function<bool(std::uint64_t campaign)>& keep);

class SpoolingSource final : public ByteSource {  // one thread
 public:
  // What has arrived is written and synced together, but no more than this at once.
  static constexpr std::size_t kStepBytesMax = 4 << 20;

  // Makes the file, 0600 in a directory 0700. Errors: disk.
  static Result<std::unique_ptr<SpoolingSource>> create(std::unique_ptr<LiveSource> source,
                                                        const std::filesystem::path& file,
                                                        bool sync);
  ~SpoolingSource() override;

  // Called before a read waits for longer than kPatience: nothing comes for now.
  static constexpr std::chrono::milliseconds kPatience{20};
  void on_wait(std::function<void()> call) { on_wait_ = std::move(call); }

  // Errors: disk, when it could not be written down: then it is not given out either; and those of
  // the source.
  Result<std::size_t> read(std::span<std::byte> into) override;
  std::uint64_t size() const override { return 0; }

 private:
  class File;
  SpoolingSource(std::unique_ptr<LiveSource> source, std::unique_ptr<File> file);
  void step();

  std::unique_ptr<LiveSource> source_;
  std::unique_ptr<File> file_;
  std::unique_ptr<std::byte[]> buffer_;
  std::span<const std::byte> ready_;  // of the buffer: written down, not yet given out
  std::function<void()> on_wait_;
  bool ended_ = false;
  std::optional<Error> error_;
};

}  // namespace herald::audience
