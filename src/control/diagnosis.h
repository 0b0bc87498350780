// `burin doctor`: everything that was tried on this host, what came back, what it means, and what cures it.
#pragma once
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "compile/compiler.h"
#include "control/layout_ladder.h"
#include "host/rights.h"
#include "model/host_facts.h"

namespace burin {

enum class Verdict {
  Good,
  Weak,    ///< burin runs, and does without: the meaning says what is missing then
  Broken,  ///< burin cannot run, or not as it should
};
std::string_view to_string(Verdict verdict);

struct Finding {
  std::string id;  ///< stable, for scripts: "kprobes", "headers:/lib/modules/6.1.0/build"
  Verdict verdict = Verdict::Good;
  std::string what;     ///< "kprobes"
  std::string found;    ///< what was tried and what came back
  std::string meaning;  ///< for events and fields; empty where `found` says it all
  std::string cure;     ///< a command or a step; empty when there is none
};

struct DiagnosisOptions {
  LayoutOptions layout;
  CompilerOptions compiler;
  std::filesystem::path cache_dir;
};

/// What this process may not do and should: one finding, good when nothing is missing.
Finding diagnose_rights(const Rights& rights);
/// What the facts alone say, for the log of a start as well: lockdown and kptr_restrict, good or not.
std::vector<Finding> diagnose_settings(const HostFacts& host);

/// Looks and tries; loads small programs and takes them away again. Needs no privileges, but says less without. Nothing
/// of the host is changed, except that tracefs is mounted if it is not and we may.
std::vector<Finding> diagnose(const DiagnosisOptions& options);

// The parts, in this order. `host` has what read_host and try_kernel found.
void diagnose_process(const HostFacts& host, const DiagnosisOptions& options, std::vector<Finding>& out);
/// `no_tracefs`: why there is none, where there is none.
void diagnose_kernel(const HostFacts& host, const std::string& no_tracefs, std::vector<Finding>& out);
void diagnose_layouts(const HostFacts& host, const DiagnosisOptions& options, LayoutTable& layout,
                      std::vector<Finding>& out);
void diagnose_compiler(const HostFacts& host, const DiagnosisOptions& options, std::vector<Finding>& out);
/// By which rung each event of the shipped probes comes, and how each weak field of exec and exit is had.
void diagnose_events(const HostFacts& host, const LayoutTable& layout, std::vector<Finding>& out);

/// The worst verdict.
Verdict verdict_of(const std::vector<Finding>& findings);
/// {"verdict":"weak","findings":[...]}
std::string diagnosis_json(const HostFacts& host, const std::vector<Finding>& findings);

}  // namespace burin
