// zlib and libzstd behind one face.
#include <zlib.h>
#include <zstd.h>

#include <algorithm>
#include <limits>
#include <new>

#include "engine/audience/unpack.h"

namespace herald::audience {
namespace {

class GzipUnpacker final : public Unpacker {
 public:
  GzipUnpacker() {
    constexpr int kGzipOnly = 16 + MAX_WBITS;  // zlib.h, inflateInit2
    if (inflateInit2(&stream_, kGzipOnly) != Z_OK) throw std::bad_alloc{};
  }
  ~GzipUnpacker() override { inflateEnd(&stream_); }
  GzipUnpacker(const GzipUnpacker&) = delete;
  GzipUnpacker& operator=(const GzipUnpacker&) = delete;

  State step(std::span<const std::byte>& packed, std::span<std::byte>& content) override {
    constexpr std::size_t kMax = std::numeric_limits<uInt>::max();
    const auto taken = std::min(packed.size(), kMax);
    const auto room = std::min(content.size(), kMax);
    stream_.next_in = reinterpret_cast<Bytef*>(const_cast<std::byte*>(packed.data()));
    stream_.avail_in = static_cast<uInt>(taken);
    stream_.next_out = reinterpret_cast<Bytef*>(content.data());
    stream_.avail_out = static_cast<uInt>(room);
    const int result = inflate(&stream_, Z_NO_FLUSH);
    packed = packed.subspan(taken - stream_.avail_in);
    content = content.subspan(room - stream_.avail_out);
    switch (result) {
      case Z_OK:
      case Z_BUF_ERROR:  // it needs more
        return State::more;
      case Z_STREAM_END:
        inflateReset(&stream_);
        return State::end_of_part;
      default:
        return State::damaged;
    }
  }
  std::string trouble() const override {
    return stream_.msg == nullptr ? "it cannot be read" : stream_.msg;
  }

 private:
  z_stream stream_{};
};

class ZstdUnpacker final : public Unpacker {
 public:
  ZstdUnpacker() : context_(ZSTD_createDCtx()) {
    if (context_ == nullptr) throw std::bad_alloc{};
    ZSTD_DCtx_setParameter(context_, ZSTD_d_windowLogMax, kZstdWindowLogMax);
    wanted_ = ZSTD_initDStream(context_);
  }
  ~ZstdUnpacker() override { ZSTD_freeDCtx(context_); }
  ZstdUnpacker(const ZstdUnpacker&) = delete;
  ZstdUnpacker& operator=(const ZstdUnpacker&) = delete;

  // A block a call, which is what the last one asked for: an error hides what the same call has
  // unpacked, so that blocks in front of the damaged one would be lost.
  State step(std::span<const std::byte>& packed, std::span<std::byte>& content) override {
    ZSTD_inBuffer in{packed.data(), std::min(packed.size(), std::max(wanted_, std::size_t{1})), 0};
    ZSTD_outBuffer out{content.data(), content.size(), 0};
    const std::size_t result = ZSTD_decompressStream(context_, &out, &in);
    if (ZSTD_isError(result)) {
      trouble_ = ZSTD_getErrorName(result);
      return State::damaged;
    }
    packed = packed.subspan(in.pos);
    content = content.subspan(out.pos);
    wanted_ = result;
    return result == 0 ? State::end_of_part : State::more;
  }
  std::string trouble() const override { return trouble_; }

 private:
  ZSTD_DCtx* context_;
  std::size_t wanted_;  // packed bytes
  std::string trouble_;
};

}  // namespace

std::unique_ptr<Unpacker> make_unpacker(Packing packing) {
  if (packing == Packing::gzip) return std::make_unique<GzipUnpacker>();
  return std::make_unique<ZstdUnpacker>();
}

}  // namespace herald::audience
