// PERF_RECORD_MMAP2 and PERF_RECORD_COMM, read at the offsets that perf_event_open(2) gives. The ring is the kernel's,
// but a record is trusted only after its size was checked, as everywhere.
#include "kernel/mapping_record.h"

#include <linux/perf_event.h>

#include <algorithm>
#include <cstring>
#include <string_view>

#include "model/record.h"

namespace burin {
namespace {

// Newer than the headers of some build machines.
constexpr std::uint16_t kMiscBuildId = 1u << 14;   // PERF_RECORD_MISC_MMAP_BUILD_ID
constexpr std::uint16_t kMiscCommExec = 1u << 13;  // PERF_RECORD_MISC_COMM_EXEC

/// Behind every record because of sample_id_all: u32 pid, tid; u64 time; u32 cpu, reserved.
constexpr std::size_t kSampleId = 24;
/// Of PERF_RECORD_MMAP2: header; pid, tid; address, length, offset; inode or build id; protection, flags; name.
constexpr std::size_t kPid = 8, kTid = 12, kAddress = 16, kLength = 24, kFile = 40, kInode = 48, kName = 72;
/// Within the 24 bytes of kFile, when they hold a build id: u8 size, 3 bytes of nothing, the id.
constexpr std::size_t kBuildId = 4, kBuildIdMax = 20;

/// What the kernel writes for a file whose path it could not tell: too deep for a page, or no memory for it.
bool is_untold(std::string_view name) {
  return name == "//toolong" || name == "//enomem";
}

template <class T>
T at(std::span<const std::byte> bytes, std::size_t offset) {
  T value;
  std::memcpy(&value, bytes.data() + offset, sizeof value);
  return value;
}

wire::Head head_of(HookId hook, std::span<const std::byte> record) {
  wire::Head head;
  head.hook = hook;
  head.size = sizeof head;
  head.tgid = at<std::uint32_t>(record, kPid);
  head.tid = at<std::uint32_t>(record, kTid);
  head.ktime = at<std::uint64_t>(record, record.size() - kSampleId + 8);
  return head;
}

void append(std::vector<std::byte>& out, const void* bytes, std::size_t size) {
  const auto* first = static_cast<const std::byte*>(bytes);
  out.insert(out.end(), first, first + size);
}

MappingRecord read_mmap2(std::span<const std::byte> record, std::uint16_t misc, std::vector<std::byte>& out) {
  if (record.size() <= kName + kSampleId) return MappingRecord::Damaged;
  const auto field = record.subspan(kName, record.size() - kName - kSampleId);
  const auto end = std::ranges::find(field, std::byte{0});
  if (end == field.end()) return MappingRecord::Damaged;
  std::string_view name(reinterpret_cast<const char*>(field.data()), static_cast<std::size_t>(end - field.begin()));

  wire::Load load;
  load.head = head_of(kHookLoad, record);
  load.address = at<std::uint64_t>(record, kAddress);
  load.length = at<std::uint64_t>(record, kLength);
  if ((misc & kMiscBuildId) != 0) {
    load.build_id_len = at<std::uint8_t>(record, kFile);
    if (load.build_id_len > kBuildIdMax) return MappingRecord::Damaged;
    std::memcpy(load.build_id, record.data() + kFile + kBuildId, load.build_id_len);
  } else {
    load.inode = at<std::uint64_t>(record, kInode);
  }
  // The name alone does not tell: a file may have any. Without a file there is neither inode nor build id.
  if (load.inode == 0 && load.build_id_len == 0 && !is_untold(name)) return MappingRecord::NoFile;
  if (is_untold(name)) name = {};
  load.path = {sizeof load, static_cast<std::uint16_t>(name.size())};
  load.head.size = static_cast<std::uint32_t>(sizeof load + name.size());
  append(out, &load, sizeof load);
  append(out, name.data(), name.size());
  return MappingRecord::File;
}

}  // namespace

MappingRecord read_mapping(std::span<const std::byte> record, std::vector<std::byte>& out) {
  perf_event_header header;
  if (record.size() < sizeof header) return MappingRecord::Damaged;
  std::memcpy(&header, record.data(), sizeof header);
  if (header.size != record.size()) return MappingRecord::Damaged;
  if (header.type == PERF_RECORD_MMAP2) return read_mmap2(record, header.misc, out);
  if (header.type != PERF_RECORD_COMM || (header.misc & kMiscCommExec) == 0) return MappingRecord::Ignored;
  if (record.size() < kAddress + kSampleId) return MappingRecord::Damaged;
  const wire::Head head = head_of(kHookImage, record);
  append(out, &head, sizeof head);
  return MappingRecord::ImageBegins;
}

}  // namespace burin
