// Every recording of test/replay/data, replayed: its lines are those of the .ndjson file beside it, byte for byte.
// UPDATE_GOLDEN=1 rewrites these and fails. test/replay/record.py makes the recordings.
#include <unistd.h>

#include <algorithm>
#include <catch2/catch.hpp>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <random>
#include <sstream>

#include "control/replay.h"
#include "recording/recorder.h"
#include "recording/recording_reader.h"

using namespace burin;

namespace {

std::vector<std::filesystem::path> recordings() {
  std::vector<std::filesystem::path> out;
  for (const auto& entry : std::filesystem::directory_iterator(BURIN_SOURCE_DIR "/test/replay/data"))
    if (entry.path().extension() == ".raw") out.push_back(entry.path());
  std::sort(out.begin(), out.end());
  return out;
}

std::string read_all(const std::filesystem::path& path) {
  std::ostringstream out;
  out << std::ifstream(path, std::ios::binary).rdbuf();
  return out.str();
}

}  // namespace

TEST_CASE("recordings give the lines that they gave when they were made") {
  const bool update = std::getenv("UPDATE_GOLDEN") != nullptr;
  CHECK(recordings().size() >= 4);
  for (const auto& path : recordings()) {
    INFO(path);
    CHECK(std::filesystem::file_size(path) < 100'000);
    std::string lines;
    const auto done = replay(path, [&lines](const Event& event) {
      lines += event.line;
      return true;
    });
    INFO((done ? std::string() : done.error().text()));
    REQUIRE(done);
    std::filesystem::path expected = path;
    expected.replace_extension(".ndjson");
    if (update) std::ofstream(expected, std::ios::binary) << lines;
    CHECK_FALSE(update);
    CHECK(lines == read_all(expected));
  }
}

TEST_CASE("records with random bytes and right checksums: an error or other events, nothing worse") {
  char name[] = "/tmp/burin-damaged.XXXXXX";
  ::close(::mkstemp(name));
  std::mt19937 random(20250203);
  for (const auto& path : recordings()) {
    std::vector<Frame> frames;
    auto reader = RecordingReader::open(path);
    REQUIRE(reader);
    while (true) {
      auto frame = reader->next();
      REQUIRE(frame);
      if (!*frame) break;
      frames.push_back(std::move(**frame));
    }
    for (int round = 0; round < 200; ++round) {
      auto recorder = Recorder::open(name);
      REQUIRE(recorder);
      REQUIRE((*recorder)->begin(std::get<HeadFrame>(frames.front())));
      for (std::size_t i = 1; i < frames.size(); ++i) {
        Frame frame = frames[i];
        auto* record = std::get_if<RecordFrame>(&frame);
        if (record && !record->bytes.empty() && random() % 4 == 0)
          for (int n = 0; n < 3; ++n) record->bytes[random() % record->bytes.size()] = static_cast<std::byte>(random());
        if (random() % 200 == 0) continue;  // a frame that is missing
        (*recorder)->write(frame);
      }
      REQUIRE((*recorder)->flush());
      std::uint64_t events = 0;
      const auto done = replay(name, [&events](const Event& event) {
        ++events;
        return !event.line.empty();
      });
      if (done) CHECK(done->events == events);
    }
  }
  std::filesystem::remove(name);
}
