#include "engine/batch/batch.h"

#include <cassert>
#include <cstdlib>
#include <new>

namespace herald::batch {
namespace {

constexpr std::size_t kPage = 4096;
constexpr std::size_t kFirstBytes = 4 * kPage;

}  // namespace

WireBuffer::~WireBuffer() { std::free(data_); }

void WireBuffer::grow(std::size_t needed) {
  std::size_t capacity = capacity_ == 0 ? kFirstBytes : 2 * capacity_;
  while (capacity < needed) capacity *= 2;
  char* data = static_cast<char*>(std::aligned_alloc(kPage, capacity));
  if (data == nullptr) throw std::bad_alloc{};
  if (size_ > 0) std::memcpy(data, data_, size_);
  std::free(data_);
  data_ = data;
  capacity_ = capacity;
}

Batch::Batch() { entries_.reserve(kTokensMax); }

char* Batch::escaped(char* to, std::string_view token) {
  for (const char c : token) {
    if (c == '"' || c == '\\') *to++ = '\\';
    *to++ = c;
  }
  return to;
}

std::string Batch::token(std::size_t i) const {
  std::string_view inner = quoted(i);
  inner = inner.substr(1, inner.size() - 2);
  std::string token;
  token.reserve(inner.size());
  for (std::size_t at = 0; at < inner.size(); ++at) {
    if (inner[at] == '\\') ++at;
    token += inner[at];
  }
  return token;
}

void Batch::compact(std::span<const Fate> fates) {
  assert(fates.size() == entries_.size());
  // In place: what stays moves only towards the front.
  char* const base = wire_.reserve(0) - wire_.size();
  std::size_t kept = 0;
  std::size_t at = 0;
  for (std::size_t i = 0; i < entries_.size(); ++i) {
    const std::string_view item = quoted(i);
    if (!fates[i].kept) {
      drops_.push_back({entries_[i].record, fates[i].outcome, fates[i].reason});
      continue;
    }
    const std::size_t size = item.size();
    const Entry entry{entries_[i].fingerprint, entries_[i].record, static_cast<std::uint32_t>(at)};
    std::memmove(base + at, item.data(), size);
    // quoted(i + 1) reads offsets behind i only, so this write is safe at kept <= i.
    entries_[kept++] = entry;
    at += size;
    base[at++] = ',';
  }
  entries_.resize(kept);
  wire_.resize_down(at);
}

void Batch::reset() {
  entries_.clear();
  drops_.clear();
  wire_.resize_down(0);
  first_record = 0;
  records = 0;
  slice = 0;
  last = false;
  mark_records = 0;
  mark_digest = 0;
  resends = Reason::none;
  days = {};
  marketing = false;
  test = false;
  surface = {};
  prefix.clear();
  campaign = nullptr;
  id = 0;
  sequence = 0;
  again = false;
  generation = 0;
  attempts = 0;
  waits = 0;
  refused_streams = 0;
  refused_since = 0;
}

std::size_t Batch::bytes() const {
  return sizeof(Batch) + entries_.capacity() * sizeof(Entry) + drops_.capacity() * sizeof(Drop) +
         wire_.capacity() + prefix.capacity();
}

}  // namespace herald::batch
