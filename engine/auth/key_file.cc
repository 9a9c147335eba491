#include "engine/auth/key_file.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <simdjson.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>

namespace herald::auth {
namespace {

constexpr off_t kFileMax = 64 << 10;
constexpr int kBitsMin = 2048;  // RFC 7518, 3.5

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const { return fd_; }

 private:
  int fd_;
};

// Wipes what it is given when it goes: simdjson keeps its buffers until they are reused.
class Wiper {
 public:
  Wiper(void* data, std::size_t size) : data_(data), size_(size) {}
  ~Wiper() { OPENSSL_cleanse(data_, size_); }
  Wiper(const Wiper&) = delete;
  Wiper& operator=(const Wiper&) = delete;

 private:
  void* data_;
  std::size_t size_;
};

Error refuse(const std::filesystem::path& file, std::string_view why) {
  return {Errc::key_refused, fmt::format("{}: {}", file.string(), why)};
}

Error unreadable(const std::filesystem::path& file, int error) {
  return {Errc::key_refused,
          fmt::format("cannot read {} ({})", file.string(), std::strerror(error))};
}

// Looks at the open descriptor, so that what is checked is what is read.
Result<off_t> check_file(const std::filesystem::path& file, int fd) {
  struct stat info {};
  if (fstat(fd, &info) != 0) return unreadable(file, errno);
  if (!S_ISREG(info.st_mode)) return refuse(file, "is no regular file");
  if (info.st_uid != geteuid() && info.st_uid != 0) {
    return refuse(file, fmt::format("belongs to user {}, so it may change it; chown it to {}",
                                    info.st_uid, geteuid()));
  }
  if ((info.st_mode & 077) != 0) {
    return refuse(file,
                  fmt::format("mode {:04o} lets others {} it; chmod 600 {}", info.st_mode & 07777u,
                              (info.st_mode & 044) != 0 ? "read" : "use", file.string()));
  }
  if (info.st_size > kFileMax) return refuse(file, "is too long for a service-account key");
  return info.st_size;
}

Result<void> read_exactly(const std::filesystem::path& file, int fd, char* data, std::size_t size) {
  while (size > 0) {
    const ssize_t got = read(fd, data, size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unreadable(file, errno);
    if (got == 0) return refuse(file, "changed while it was read; try again");
    data += got;
    size -= static_cast<std::size_t>(got);
  }
  return {};
}

// Without this OpenSSL would ask for a pass phrase on the terminal.
extern "C" int no_pass_phrase(char*, int, int, void*) { return -1; }

Result<PrivateKey> parse_pem(const std::filesystem::path& file, std::string_view pem) {
  struct BioDeleter {
    void operator()(BIO* bio) const noexcept { BIO_free(bio); }
  };
  const std::unique_ptr<BIO, BioDeleter> bio(
      BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  PrivateKey key(bio ? PEM_read_bio_PrivateKey(bio.get(), nullptr, no_pass_phrase, nullptr)
                     : nullptr);
  ERR_clear_error();  // its texts stay out of ours: they may quote what they read
  if (!key) return refuse(file, "private_key is no unencrypted PEM key; download it again");
  if (EVP_PKEY_get_base_id(key.get()) != EVP_PKEY_RSA) {
    return refuse(file, "private_key is no RSA key, which PS256 needs");
  }
  if (const int bits = EVP_PKEY_get_bits(key.get()); bits < kBitsMin) {
    return refuse(file,
                  fmt::format("private_key has {} bits; PS256 needs {} or more", bits, kBitsMin));
  }
  return key;
}

// These go into a JWT's JSON as they are.
bool is_plain(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return c > ' ' && c < 0x7f && c != '"' && c != '\\';
  });
}

Result<void> read_name(const std::filesystem::path& file, simdjson::ondemand::object& object,
                       std::string_view key, std::string& out) {
  std::string_view text;
  if (object.find_field_unordered(key).get_string().get(text) != simdjson::SUCCESS ||
      !is_plain(text)) {
    return refuse(file, fmt::format("{} is missing, or no plain string; download it again", key));
  }
  out = text;
  return {};
}

Result<ServiceAccount> parse_account(const std::filesystem::path& file,
                                     const simdjson::padded_string& json) {
  simdjson::ondemand::parser parser;
  simdjson::ondemand::document document;
  simdjson::ondemand::object object;
  if (parser.iterate(json).get(document) != simdjson::SUCCESS ||
      document.get_object().get(object) != simdjson::SUCCESS) {
    return refuse(file, "is no JSON object; download the service-account key again");
  }
  ServiceAccount account;
  for (const auto& [key, out] :
       {std::pair{"project_id", &account.project_id}, std::pair{"key_id", &account.key_id},
        std::pair{"sub_account", &account.sub_account}}) {
    if (const auto read = read_name(file, object, key, *out); !read) return read.error();
  }
  std::string_view pem;
  if (object.find_field_unordered("private_key").get_string().get(pem) != simdjson::SUCCESS) {
    return refuse(file, "private_key is missing, or no string; download it again");
  }
  // The view is the parser's own, writable copy of the string with its escapes undone.
  const Wiper wiper(const_cast<char*>(pem.data()), pem.size());
  auto key = parse_pem(file, pem);
  if (!key) return key.error();
  account.key = std::move(*key);
  return account;
}

}  // namespace

void KeyDeleter::operator()(EVP_PKEY* key) const noexcept { EVP_PKEY_free(key); }

Result<ServiceAccount> load_key_file(const std::filesystem::path& file) {
  // Non-blocking, so that a pipe put in its place cannot hold us.
  const Descriptor fd(open(file.c_str(), O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK));
  if (fd.get() < 0) {
    if (errno == ELOOP) return refuse(file, "is a symbolic link; name the file itself");
    return unreadable(file, errno);
  }
  const auto size = check_file(file, fd.get());
  if (!size) return size.error();
  simdjson::padded_string json(static_cast<std::size_t>(*size));
  const Wiper wiper(json.data(), json.size());
  if (const auto read = read_exactly(file, fd.get(), json.data(), json.size()); !read) {
    return read.error();
  }
  return parse_account(file, json);
}

Result<ServiceAccount> load_key(const AppConfig& app) {
  const std::string where = fmt::format("{}{}app \"{}\": ", app.key_file_at,
                                        app.key_file_at.empty() ? "" : ": ", app.name);
  auto account = load_key_file(app.key_file);
  if (!account) {
    return Error{account.error().code, fmt::format("{}key_file: {}", where, account.error().what)};
  }
  if (account->project_id != app.project_id) {
    return Error{Errc::config,
                 fmt::format("{}key_file: {} is of project {}, but project_id is {}; take the key "
                             "of that project",
                             where, app.key_file.string(), account->project_id, app.project_id)};
  }
  return account;
}

}  // namespace herald::auth
