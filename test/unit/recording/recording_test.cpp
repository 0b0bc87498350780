// The recording's bytes: what goes in comes out, a cut tail is said, and no damage gets through or does harm.
#include <sys/resource.h>
#include <sys/stat.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <random>
#include <set>
#include <sstream>

#include "recording/file_format.h"
#include "recording/recorder.h"
#include "recording/recording_reader.h"
#include "sample_frames.h"

using namespace burin;
using namespace burin_test;

namespace {

struct Folder {
  std::string path;
  Folder() {
    char name[] = "/tmp/burin-recording.XXXXXX";
    path = ::mkdtemp(name);
  }
  ~Folder() { std::filesystem::remove_all(path); }
  std::string file(const std::string& name = "run.raw") const { return path + "/" + name; }
};

std::string read_all(const std::string& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return out.str();
}

void write_all(const std::string& path, std::string_view text) {
  std::ofstream(path, std::ios::binary) << text;
}

/// A whole recording with every kind of frame, as bytes.
std::string sample_recording(const Folder& folder) {
  auto recorder = Recorder::open(folder.file());
  REQUIRE(recorder);
  const auto frames = sample_frames();
  REQUIRE((*recorder)->begin(std::get<HeadFrame>(frames[0])));
  for (std::size_t i = 1; i < frames.size(); ++i) (*recorder)->write(frames[i]);
  REQUIRE((*recorder)->flush());
  CHECK((*recorder)->counters().records == 1);
  CHECK((*recorder)->counters().bytes == std::filesystem::file_size(folder.file()));
  return read_all(folder.file());
}

struct Outcome {
  std::vector<std::string> frames;  ///< encoded
  std::string error;
  std::uint64_t cut_off = 0;
};

Outcome read_frames(const std::string& path) {
  Outcome out;
  auto reader = RecordingReader::open(path);
  if (!reader) {
    out.error = reader.error().text();
    return out;
  }
  while (true) {
    auto frame = reader->next();
    if (!frame) {
      CHECK(frame.error().code == ErrorCode::Io);
      out.error = frame.error().text();
    }
    if (!frame || !*frame) break;
    out.frames.push_back(encode_frame(**frame));
  }
  out.cut_off = reader->cut_off();
  return out;
}

bool has(const std::string& text, const std::string& part) {
  return text.find(part) != text.npos;
}

}  // namespace

TEST_CASE("every frame survives the trip") {
  std::set<std::uint16_t> kinds;
  for (const Frame& frame : sample_frames()) {
    const std::string bytes = encode_frame(frame);
    INFO(name_of(frame));
    const auto back = decode_frame(kind_of(frame), bytes);
    REQUIRE(back);
    CHECK(back->index() == frame.index());
    CHECK(encode_frame(*back) == bytes);
    kinds.insert(kind_of(frame));
    for (std::size_t n = 0; n < bytes.size(); ++n)
      CHECK_FALSE(decode_frame(kind_of(frame), std::string_view(bytes).substr(0, n)));
    CHECK_FALSE(decode_frame(kind_of(frame), bytes + "x"));
  }
  CHECK(kinds.size() == std::variant_size_v<Frame>);  // none forgotten
  CHECK_FALSE(decode_frame(0, ""));
  CHECK_FALSE(decode_frame(std::variant_size_v<Frame> + 1, ""));
  const auto hook = decode_frame(kind_of(HookFrame{}), encode_frame(HookFrame{sample_hook(), 1}));
  REQUIRE(hook);
  const HookInfo& h = std::get<HookFrame>(*hook).hook;
  CHECK(h.record.fields.at(2).offset == sample_hook().record.fields.at(2).offset);
  CHECK(h.return_network.at(0).at(0).kind == ActionKind::DnsLookup);
  CHECK(h.args.at(0).what == "0");
}

TEST_CASE("a kind that hooks do not have is refused") {
  HookInfo hook = sample_hook();
  hook.kind = EventKind::Exit;
  CHECK_FALSE(decode_frame(kind_of(HookFrame{}), encode_frame(HookFrame{hook, 1})));
}

TEST_CASE("the file: all frames, mode 0600, begun again") {
  const Folder folder;
  const std::string bytes = sample_recording(folder);
  struct stat info {};
  REQUIRE(::stat(folder.file().c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0600);
  const Outcome all = read_frames(folder.file());
  CHECK(all.error.empty());
  CHECK(all.cut_off == 0);
  CHECK(all.frames.size() == sample_frames().size());

  // An old file that others could read becomes ours and empty.
  write_all(folder.file("old"), std::string(100000, 'x'));
  ::chmod(folder.file("old").c_str(), 0644);
  auto recorder = Recorder::open(folder.file("old"));
  REQUIRE(recorder);
  REQUIRE((*recorder)->begin({}));
  (*recorder)->write(EndFrame{1});
  REQUIRE((*recorder)->flush());
  REQUIRE((*recorder)->begin({}));
  REQUIRE((*recorder)->flush());
  CHECK(read_frames(folder.file("old")).frames.size() == 1);
  REQUIRE(::stat(folder.file("old").c_str(), &info) == 0);
  CHECK((info.st_mode & 07777) == 0600);
}

TEST_CASE("what is no file of ours is not written to") {
  const Folder folder;
  write_all(folder.file("target"), "precious");
  const auto refusal = [&](const char* name) {
    const auto recorder = Recorder::open(folder.file(name));
    REQUIRE_FALSE(recorder);
    return recorder.error().text();
  };
  std::filesystem::create_symlink(folder.file("target"), folder.file("link"));
  CHECK(has(refusal("link"), "symbolic link"));
  std::filesystem::create_hard_link(folder.file("target"), folder.file("second"));
  CHECK(has(refusal("second"), "several names"));
  REQUIRE(::mkfifo(folder.file("pipe").c_str(), 0600) == 0);
  CHECK(has(refusal("pipe"), "no regular file"));
  std::filesystem::create_directory(folder.file("folder"));
  CHECK(has(refusal("folder"), "Is a directory"));
  CHECK(has(refusal("no/where"), "No such file"));
  CHECK(read_all(folder.file("target")) == "precious");
}

TEST_CASE("a file that cannot grow: said once, counted, never thrown") {
  const Folder folder;
  auto recorder = Recorder::open(folder.file());
  REQUIRE(recorder);
  REQUIRE((*recorder)->begin({}));
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit old{};
  ::getrlimit(RLIMIT_FSIZE, &old);
  const rlimit small{4096, old.rlim_max};
  ::setrlimit(RLIMIT_FSIZE, &small);
  const RecordFrame record{0, std::vector<std::byte>(1000)};
  for (int i = 0; i < 10; ++i) (*recorder)->write(record);
  const auto first = (*recorder)->flush();
  for (int i = 0; i < 5; ++i) (*recorder)->write(record);
  const auto second = (*recorder)->flush();
  ::setrlimit(RLIMIT_FSIZE, &old);
  REQUIRE_FALSE(first);
  CHECK(has(first.error().text(), "ends after 4096 bytes"));
  CHECK(second);
  CHECK((*recorder)->counters().missing == 15);
  const Outcome rest = read_frames(folder.file());
  CHECK(rest.error.empty());
  CHECK(rest.frames.size() == 4);  // the head and three whole records
  CHECK(rest.cut_off > 0);
}

TEST_CASE("cut off anywhere: the whole frames, and how much of the next is there") {
  const Folder folder;
  const std::string bytes = sample_recording(folder);
  const Outcome all = read_frames(folder.file());
  for (std::size_t n = 0; n < bytes.size(); ++n) {
    write_all(folder.file("cut"), std::string_view(bytes).substr(0, n));
    const Outcome cut = read_frames(folder.file("cut"));
    if (n < kSignatureBytes) {
      CHECK_FALSE(cut.error.empty());
      continue;
    }
    CHECK(cut.error.empty());
    std::size_t whole = kSignatureBytes;
    for (const auto& frame : cut.frames) whole += kFrameHeaderBytes + frame.size();
    CHECK(whole + cut.cut_off == n);
    REQUIRE(cut.frames.size() < all.frames.size());
    CHECK(std::equal(cut.frames.begin(), cut.frames.end(), all.frames.begin()));
  }
  write_all(folder.file("long"), bytes + std::string(20, '\0'));
  CHECK(has(read_frames(folder.file("long")).error, "behind the recording's end"));
}

TEST_CASE("random damage is an error that names the place, and never another frame") {
  const Folder folder;
  const std::string bytes = sample_recording(folder);
  const Outcome all = read_frames(folder.file());
  std::mt19937 random(20250102);
  for (int round = 0; round < 3000; ++round) {
    std::string damaged = bytes;
    const std::size_t at = random() % damaged.size();
    const std::size_t length = 1 + random() % 8;
    bool changed = false;
    for (std::size_t i = at; i < std::min(at + length, damaged.size()); ++i) {
      const char now = static_cast<char>(random());
      changed = changed || now != damaged[i];
      damaged[i] = now;
    }
    if (!changed) continue;
    write_all(folder.file("damaged"), damaged);
    const Outcome out = read_frames(folder.file("damaged"));
    INFO("byte " << at << ", " << length << " bytes");
    CHECK_FALSE(out.error.empty());
    if (at >= kSignatureBytes) CHECK(has(out.error, folder.file("damaged") + ", byte "));
    REQUIRE(out.frames.size() < all.frames.size());
    CHECK(std::equal(out.frames.begin(), out.frames.end(), all.frames.begin()));
  }
}

TEST_CASE("a frame with a right checksum and wrong bytes is refused too") {
  std::mt19937 random(7);
  for (const Frame& frame : sample_frames()) {
    const std::string bytes = encode_frame(frame);
    for (int round = 0; round < 2000 && !bytes.empty(); ++round) {
      std::string damaged = bytes;
      for (int i = 0; i < 3; ++i) damaged[random() % damaged.size()] = static_cast<char>(random());
      const auto out = decode_frame(kind_of(frame), damaged);  // anything but a crash
      if (out) CHECK(out->index() == frame.index());
    }
  }
}

TEST_CASE("files that are no recording") {
  const Folder folder;
  write_all(folder.file("json"), "{\"process_exec\":{}}\n");
  CHECK(has(read_frames(folder.file("json")).error, "is no raw recording"));
  std::string newer = recording_signature();
  newer[kRecordingMagic.size()] = 99;
  write_all(folder.file("newer"), newer);
  CHECK(has(read_frames(folder.file("newer")).error, "has format 99"));
  CHECK(has(read_frames(folder.file("none")).error, "No such file"));
  CHECK(has(read_frames(folder.path).error, "Is a directory"));
  CHECK(crc32("123456789") == 0xCBF43926U);
}
