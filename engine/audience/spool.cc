#include "engine/audience/spool.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zstd.h>

#include <algorithm>
#include <array>
#include <cassert>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <memory>
#include <new>
#include <system_error>

#include "engine/audience/source.h"

namespace herald::audience {
namespace {

constexpr std::string_view kFolder = "spool";
constexpr std::string_view kExtension = ".zst";
constexpr int kLevel = 1;  // tokens are random text: higher ones cost more and save nothing

Error disk_error(const std::filesystem::path& path, std::string_view what, int error) {
  return {Errc::disk, fmt::format("{}: {} ({}): an audience that cannot be read twice is written "
                                  "down before it is sent; make room or repair the disk",
                                  path.string(), what, std::generic_category().message(error))};
}

Result<void> sync_directory(const std::filesystem::path& directory) {
  const int fd = ::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  const bool synced = fd >= 0 && ::fsync(fd) == 0;
  const int error = errno;
  if (fd >= 0) ::close(fd);
  if (!synced) return disk_error(directory, "cannot sync the directory", error);
  return {};
}

// Of a name that spool_file() gives.
std::optional<std::uint64_t> campaign_of(const std::string& name) {
  const std::string_view view = name;
  if (!view.ends_with(kExtension)) return std::nullopt;
  const char* const end = view.data() + view.size() - kExtension.size();
  std::uint64_t campaign = 0;
  const auto [at, failed] = std::from_chars(view.data(), end, campaign);
  return failed == std::errc{} && at == end ? std::optional(campaign) : std::nullopt;
}

}  // namespace

std::filesystem::path spool_file(const std::filesystem::path& data_dir, std::uint64_t campaign) {
  return data_dir / kFolder / fmt::format("{}{}", campaign, kExtension);
}

Result<void> check_spool(const std::filesystem::path& spool) {
  auto file = FileSource::open(spool);
  if (!file) return file.error();
  const std::unique_ptr<ZSTD_DCtx, decltype(&ZSTD_freeDCtx)> context{ZSTD_createDCtx(),
                                                                     &ZSTD_freeDCtx};
  if (context == nullptr) throw std::bad_alloc();
  const std::size_t size = ZSTD_DStreamInSize();
  const auto packed = std::make_unique<std::byte[]>(size);
  const auto content = std::make_unique<std::byte[]>(ZSTD_DStreamOutSize());
  for (;;) {
    const auto got = (*file)->read({packed.get(), size});
    if (!got) return got.error();
    if (*got == 0) return {};
    ZSTD_inBuffer in{packed.get(), *got, 0};
    for (bool full = true; in.pos < in.size || full;) {
      ZSTD_outBuffer out{content.get(), ZSTD_DStreamOutSize(), 0};
      const std::size_t left = ZSTD_decompressStream(context.get(), &out, &in);
      if (ZSTD_isError(left)) {
        return Error{Errc::audience,
                     fmt::format("{}: the copy of the audience is damaged ({}): restore it from a "
                                 "copy, or cancel the campaign",
                                 spool.string(), ZSTD_getErrorName(left))};
      }
      full = out.pos == out.size && left != 0;  // there may be more without another byte
    }
  }
}

Result<void> remove_spools(const std::filesystem::path& data_dir,
                           const std::function<bool(std::uint64_t campaign)>& keep) {
  const std::filesystem::path folder = data_dir / kFolder;
  std::error_code failed;
  if (!std::filesystem::exists(folder, failed)) return {};
  for (std::filesystem::directory_iterator at(folder, failed), end; !failed && at != end;
       at.increment(failed)) {
    const auto campaign = campaign_of(at->path().filename().string());
    if (!campaign || keep(*campaign)) continue;
    if (::unlink(at->path().c_str()) != 0) return disk_error(at->path(), "cannot remove", errno);
  }
  if (failed) return disk_error(folder, "cannot list", failed.value());
  return {};
}

// --- the file ---

class SpoolingSource::File {
 public:
  File(int fd, std::filesystem::path path, bool sync)
      : fd_(fd), path_(std::move(path)), sync_(sync), context_(ZSTD_createCCtx()) {
    if (context_ == nullptr) throw std::bad_alloc{};
    ZSTD_CCtx_setParameter(context_, ZSTD_c_compressionLevel, kLevel);
    ZSTD_CCtx_setParameter(context_, ZSTD_c_checksumFlag, 1);
  }
  ~File() {
    ZSTD_freeCCtx(context_);
    ::close(fd_);
  }
  File(const File&) = delete;
  File& operator=(const File&) = delete;

  // When it returns, what was appended can be read from the disk.
  Result<void> append(std::span<const std::byte> content, bool last) {
    ZSTD_inBuffer in{content.data(), content.size(), 0};
    std::size_t left = 0;
    do {
      ZSTD_outBuffer out{packed_.data(), packed_.size(), 0};
      left = ZSTD_compressStream2(context_, &out, &in, last ? ZSTD_e_end : ZSTD_e_flush);
      assert(!ZSTD_isError(left));
      if (auto written = write({packed_.data(), out.pos}); !written) return written;
    } while (left != 0);
    if (sync_ && ::fdatasync(fd_) != 0) return disk_error(path_, "cannot sync", errno);
    return {};
  }

 private:
  Result<void> write(std::span<const std::byte> bytes) {
    while (!bytes.empty()) {
      const ssize_t written = ::write(fd_, bytes.data(), bytes.size());
      if (written < 0 && errno == EINTR) continue;
      if (written < 0) return disk_error(path_, "cannot write", errno);
      bytes = bytes.subspan(static_cast<std::size_t>(written));
    }
    return {};
  }

  const int fd_;
  const std::filesystem::path path_;
  const bool sync_;
  ZSTD_CCtx* const context_;
  std::array<std::byte, 128 << 10> packed_;
};

// --- SpoolingSource ---

Result<std::unique_ptr<SpoolingSource>> SpoolingSource::create(std::unique_ptr<LiveSource> source,
                                                               const std::filesystem::path& file,
                                                               bool sync) {
  const std::filesystem::path folder = file.parent_path();
  const bool made = ::mkdir(folder.c_str(), 0700) == 0;
  if (!made && errno != EEXIST) return disk_error(folder, "cannot make the directory", errno);
  // Left over from a campaign that was never in the store.
  if (::unlink(file.c_str()) != 0 && errno != ENOENT) {
    return disk_error(file, "cannot be replaced", errno);
  }
  const int fd = ::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (fd < 0) return disk_error(file, "cannot make the file", errno);
  auto spool = std::make_unique<File>(fd, file, sync);
  if (sync) {
    if (auto synced = sync_directory(folder); !synced) return synced.error();
    if (auto synced = sync_directory(folder.parent_path()); made && !synced) return synced.error();
  }
  return std::unique_ptr<SpoolingSource>(new SpoolingSource(std::move(source), std::move(spool)));
}

SpoolingSource::SpoolingSource(std::unique_ptr<LiveSource> source, std::unique_ptr<File> file)
    : source_(std::move(source)), file_(std::move(file)), buffer_(new std::byte[kStepBytesMax]) {}

SpoolingSource::~SpoolingSource() = default;

Result<std::size_t> SpoolingSource::read(std::span<std::byte> into) {
  if (ready_.empty() && !ended_ && !error_) step();
  if (ready_.empty() && error_) return *error_;
  const std::size_t size = std::min(into.size(), ready_.size());
  std::copy_n(ready_.begin(), size, into.begin());
  ready_ = ready_.subspan(size);
  return size;
}

// Waits for something to come, and writes down all that has come.
void SpoolingSource::step() {
  if (on_wait_ && !source_->ready(kPatience)) on_wait_();
  std::size_t size = 0;
  do {
    const auto got = source_->read({buffer_.get() + size, kStepBytesMax - size});
    if (!got) error_ = got.error();
    if (!got || *got == 0) {
      ended_ = got.has_value();
      break;
    }
    size += *got;
  } while (size < kStepBytesMax && source_->ready(std::chrono::milliseconds{0}));
  if (size == 0 && !ended_) return;
  if (auto kept = file_->append({buffer_.get(), size}, ended_); !kept) {
    error_ = kept.error();
    return;
  }
  ready_ = {buffer_.get(), size};
}

}  // namespace herald::audience
