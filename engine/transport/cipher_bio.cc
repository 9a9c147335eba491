#include "engine/transport/cipher_bio.h"

#include <openssl/bio.h>

#include <algorithm>
#include <cassert>
#include <cstring>
#include <new>

namespace herald::transport {
namespace {

constexpr std::size_t kPage = 4096;

int bio_write(BIO* bio, const char* bytes, int size) {
  auto& cipher = *static_cast<Cipher*>(BIO_get_data(bio));
  assert(cipher.out_end + static_cast<std::size_t>(size) <= kOutBytesMax);
  std::memcpy(cipher.out.get() + cipher.out_end, bytes, static_cast<std::size_t>(size));
  cipher.out_end += static_cast<std::size_t>(size);
  return size;
}

int bio_read(BIO* bio, char* into, int size) {
  auto& cipher = *static_cast<Cipher*>(BIO_get_data(bio));
  BIO_clear_retry_flags(bio);
  const std::size_t taken = std::min(static_cast<std::size_t>(size), cipher.in_end - cipher.in_at);
  if (taken == 0) {
    BIO_set_retry_read(bio);
    return -1;
  }
  std::memcpy(into, cipher.in.get() + cipher.in_at, taken);
  cipher.in_at += taken;
  return static_cast<int>(taken);
}

long bio_control(BIO*, int command, long, void*) { return command == BIO_CTRL_FLUSH ? 1 : 0; }

struct MethodDeleter {
  void operator()(BIO_METHOD* method) const { BIO_meth_free(method); }
};

BIO_METHOD* bio_method() {
  static const std::unique_ptr<BIO_METHOD, MethodDeleter> method = [] {
    std::unique_ptr<BIO_METHOD, MethodDeleter> made{
        BIO_meth_new(BIO_get_new_index() | BIO_TYPE_SOURCE_SINK, "herald cipher text")};
    BIO_meth_set_write(made.get(), bio_write);
    BIO_meth_set_read(made.get(), bio_read);
    BIO_meth_set_ctrl(made.get(), bio_control);
    return made;
  }();
  return method.get();
}

}  // namespace

Pages allocate_pages(std::size_t size) {
  auto* bytes =
      static_cast<std::uint8_t*>(std::aligned_alloc(kPage, (size + kPage - 1) / kPage * kPage));
  if (bytes == nullptr) throw std::bad_alloc{};
  return Pages{bytes};
}

BIO* make_bio(Cipher& cipher) {
  BIO* bio = BIO_new(bio_method());
  BIO_set_data(bio, &cipher);
  BIO_set_init(bio, 1);
  return bio;
}

}  // namespace herald::transport
