// The whole way: a bundle whose base image has maps of another shape is not started.
#include <stdlib.h>
#include <unistd.h>

#include <catch2/catch.hpp>
#include <filesystem>
#include <fstream>

#include "control/bundling.h"
#include "control/host_study.h"
#include "control/supervisor.h"
#include "support/skip.h"

using namespace burin;
namespace fs = std::filesystem;

namespace {

constexpr const char* kPolicy = R"(apiVersion: cilium.io/v1alpha1
kind: TracingPolicy
metadata:
  name: "shape"
spec:
  tracepoints:
  - subsystem: "sched"
    event: "sched_process_exec"
)";

struct Folder {
  fs::path path;
  Folder() {
    std::string name = (fs::temp_directory_path() / "burin-image-XXXXXX").string();
    REQUIRE(::mkdtemp(name.data()) != nullptr);
    path = name;
  }
  ~Folder() { fs::remove_all(path); }
};

/// A bundle for this host.
Bundle bundle_of(const std::string& policy) {
  auto files = read_policy_files({policy}, {});
  REQUIRE(files);
  StudyOptions study;
  study.compiler.executable = std::string(BURIN_BIN_DIR) + "/burin-compile";
  std::vector<LayoutAttempt> attempts;
  std::string rendered;
  const auto profile = study_host(*files, study, attempts, rendered, false);
  if (!profile) FAIL(profile.error().text() << rendered);
  auto made = make_bundle(*files, *profile, study.compiler, nullptr, rendered, false);
  if (!made) FAIL(made.error().text() << rendered);
  return std::move(made->bundle);
}

Result<> start(const Bundle& bundle, const fs::path& file) {
  std::ofstream(file, std::ios::binary) << encode_bundle(bundle);
  RunOptions options;
  options.bundle = file;
  options.cache_dir.clear();
  options.compiler.require_image = true;
  std::string rendered;
  auto started = Supervisor::start(options, false, rendered);
  if (!started) return tl::unexpected(std::move(started).error());
  (*started)->stop();
  return Ok{};
}

}  // namespace

TEST_CASE("a base image with maps of another shape is refused") {
  if (::geteuid() != 0) return burin_test::skip("not root");
  const Folder folder;
  const fs::path policy = folder.path / "shape.yaml";
  std::ofstream(policy) << kPolicy;
  const Bundle good = bundle_of(policy);
  if (const auto started = start(good, folder.path / "good.burin"); !started) FAIL(started.error().text());
  for (const std::string name : {"procs", "selftest"}) {
    Bundle bad = good;
    auto images = std::make_shared<ImageSet>();
    bool changed = false;
    for (CompiledUnit unit : good.images->units()) {
      if (unit.source.name == "base")
        for (auto& map : unit.image.maps)
          if (map.name == name) {
            map.value_size += 8;
            changed = true;
          }
      images->add(std::move(unit));
    }
    REQUIRE(changed);
    bad.images = images;
    const auto started = start(bad, folder.path / "bad.burin");
    REQUIRE_FALSE(started);
    INFO(started.error().text());
    CHECK(started.error().code == ErrorCode::Io);
    CHECK(started.error().text().find("has a map " + name + " with keys of 4") != std::string::npos);
  }
}
