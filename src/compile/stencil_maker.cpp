// Where the values of macros went, found by compiling with different ones.
#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cctype>
#include <random>
#include <set>
#include <string_view>

#include "compile/stencil.h"

namespace burin {
namespace {

// Draws that may come out in another shape (see same_shape_trials): more of them, and the text itself asks for values.
constexpr std::size_t kTrials = 4, kChecks = 6, kOddOnes = 2;
// Offsets of real structures and contexts lie in this range; the numbers must not be so small that the compiler finds
// a special case in them, nor leave the 16 bits of an instruction's offset when two are added.
constexpr std::int64_t kSmallest = 128, kLargest = 8192, kStep = 8;

// Headers may ask for the version: it is drawn from 4.14 up to about 7.8.
constexpr std::string_view kVersionMacro = "LINUX_VERSION_CODE";
constexpr std::int64_t kOldestKernel = (4 << 16) + (14 << 8), kVersionStep = 32;

using Assignment = std::vector<std::int64_t>;        // one number a hole
using Observed = std::array<std::int64_t, kTrials>;  // what one place held in each trial
struct Trial {
  Assignment numbers;
  ProgramImage image;
};
using Term = StencilPlace::Term;

Assignment draw(std::size_t holes, std::mt19937& random) {
  std::set<std::int64_t> used;
  Assignment out;
  while (out.size() < holes) {
    const std::int64_t number =
        kSmallest + static_cast<std::int64_t>(random() % ((kLargest - kSmallest) / kStep)) * kStep;
    if (used.insert(number).second) out.push_back(number);
  }
  return out;
}

ProgramSource with(const ProgramSource& source, const std::vector<std::string>& holes, const Assignment& numbers) {
  ProgramSource out = source;
  for (std::size_t i = 0; i < holes.size(); ++i)
    out.defines.emplace_back(
        holes[i], std::to_string(holes[i] == kVersionMacro ? kOldestKernel + numbers[i] * kVersionStep : numbers[i]));
  return out;
}

/// What must not depend on a hole at all: everything but the numbers in instructions and the version that fill() knows.
ProgramImage shape_of(ProgramImage image) {
  constexpr std::uint64_t kCodeAndRegisters = 0xffff;
  for (auto& program : image.programs) {
    program.kern_version = 0;
    for (auto& insn : program.insns) insn &= kCodeAndRegisters;
  }
  return image;
}

/// Where two shapes part, for the message.
std::string difference(const ProgramImage& a, const ProgramImage& b) {
  for (std::size_t p = 0; p < std::min(a.programs.size(), b.programs.size()); ++p) {
    const auto& one = a.programs[p];
    const auto& other = b.programs[p];
    const auto at = std::ranges::mismatch(one.insns, other.insns).in1 - one.insns.begin();
    if (one.insns != other.insns) return fmt::format("{} from instruction {} on", one.function, at);
    if (one != other) return one.function + " (what stands beside its instructions)";
  }
  return "maps or types";
}

std::int64_t offset_in(std::uint64_t insn) {
  return static_cast<std::int16_t>(insn >> 16);
}
std::int64_t immediate_in(std::uint64_t insn) {
  return static_cast<std::int32_t>(insn >> 32);
}

/// Sums of at most three holes: the text adds offsets (of a member in a member in a member), and the compiler takes the
/// difference of two such sums where it has one address in a register already.
class Solver {
 public:
  explicit Solver(const std::vector<Trial>& trials) : trials_(trials) {}

  bool solve(const Observed& seen, StencilPlace& place) {
    for (std::size_t terms = 1; terms <= 3; ++terms) {
      chosen_.clear();
      if (extend(seen, terms, 0)) {
        place.terms = chosen_;
        place.addend = addend_;
        return true;
      }
    }
    return false;
  }

 private:
  /// Takes `left` more holes from `from` on; true when what remains is the same in every trial.
  bool extend(const Observed& rest, std::size_t left, std::size_t from) {
    if (left == 0) {
      addend_ = rest[0];
      return std::ranges::all_of(rest, [&](std::int64_t r) { return r == addend_; });
    }
    for (std::size_t hole = from; hole < trials_[0].numbers.size(); ++hole)
      for (const bool minus : {false, true}) {
        Observed next = rest;
        for (std::size_t t = 0; t < kTrials; ++t)
          next[t] -= minus ? -trials_[t].numbers[hole] : trials_[t].numbers[hole];
        chosen_.push_back({minus, static_cast<std::uint32_t>(hole)});
        if (extend(next, left - 1, hole)) return true;  // the same hole again: twice its value
        chosen_.pop_back();
      }
    return false;
  }

  const std::vector<Trial>& trials_;
  std::vector<Term> chosen_;
  std::int64_t addend_ = 0;
};

bool is_word(char c) {
  return std::isalnum(static_cast<unsigned char>(c)) != 0 || c == '_';
}

/// A conditional of the preprocessor that asks for the value of a hole, and not only whether there is one; drawn values
/// might never take its other branch. Empty when there is none.
std::string asked_for(const std::string& text, const std::vector<std::string>& holes) {
  const std::set<std::string_view> names(holes.begin(), holes.end());
  bool conditional = false;
  for (std::string_view rest = text; !rest.empty();) {
    const std::size_t end = rest.find('\n');
    const std::string_view line = rest.substr(0, end);
    rest = end == std::string_view::npos ? std::string_view{} : rest.substr(end + 1);
    conditional = conditional || line.starts_with("#if ") || line.starts_with("#elif ");
    for (std::size_t at = 0; conditional && at < line.size(); ++at) {
      const std::size_t from = at;
      while (at < line.size() && is_word(line[at])) ++at;
      if (names.contains(line.substr(from, at - from)) && !line.substr(0, from).ends_with("defined("))
        return std::string(line);
    }
    conditional = conditional && line.ends_with("\\");
  }
  return {};
}

/// Trials whose programs differ in numbers only. Where a number happens to be a power of two the compiler shifts
/// instead of multiplying: such a draw is left out, since multiplying is right for all numbers.
template <class Compile>
Result<std::vector<Trial>> same_shape_trials(const ProgramSource& source, const Compile& compile, std::size_t& odd) {
  std::vector<std::pair<ProgramImage, std::vector<Trial>>> groups;
  for (std::size_t t = 0; t < kTrials + kOddOnes; ++t) {
    TRY(Trial trial, compile());
    ProgramImage shape = shape_of(trial.image);
    auto group = std::ranges::find_if(groups, [&](const auto& g) { return g.first == shape; });
    if (group == groups.end()) group = groups.insert(groups.end(), {std::move(shape), {}});
    group->second.push_back(std::move(trial));
    odd = t + 1 - group->second.size();
    if (group->second.size() == kTrials) return std::move(group->second);
  }
  return fail(ErrorCode::Internal, source.name + ": the shape of the programs depends on the macros' values: " +
                                       difference(groups[0].first, groups[1].first));
}

Result<Stencil> stencil_of(const ProgramSource& source, const std::vector<std::string>& holes,
                           const std::vector<Trial>& trials) {
  Stencil out{source, holes, trials[0].image, {}};
  out.source.origins.clear();
  Solver solver(trials);
  for (std::uint32_t p = 0; p < out.image.programs.size(); ++p) {
    ProgramDef& program = out.image.programs[p];
    program.kern_version = 0;
    for (std::uint32_t i = 0; i < program.insns.size(); ++i) {
      for (const auto part : {StencilPlace::Part::Offset, StencilPlace::Part::Immediate}) {
        Observed seen{};
        for (std::size_t t = 0; t < kTrials; ++t) {
          const std::uint64_t insn = trials[t].image.programs[p].insns[i];
          seen[t] = part == StencilPlace::Part::Offset ? offset_in(insn) : immediate_in(insn);
        }
        if (std::ranges::all_of(seen, [&](std::int64_t s) { return s == seen[0]; })) continue;
        StencilPlace place{p, i, part, 0, {}};
        if (!solver.solve(seen, place))
          return fail(ErrorCode::Internal, fmt::format("{}: instruction {} of {} is no sum of macros ({})", source.name,
                                                       i, program.function, fmt::join(seen, ", ")));
        program.insns[i] &= part == StencilPlace::Part::Offset ? ~0xffff0000ULL : 0xffffffffULL;
        out.places.push_back(std::move(place));
      }
    }
  }
  return out;
}

}  // namespace

Result<Stencil> make_stencil(const ProgramSource& source, const std::vector<std::string>& holes,
                             const std::function<Result<ProgramImage>(const ProgramSource&)>& compile) {
  if (const std::string line = asked_for(source.text, holes); !line.empty())
    return fail(ErrorCode::Internal, source.name + ": the text asks for a macro's value: " + line);
  std::mt19937 random(20'261'127);  // any number; the same one for all builds
  const auto compiled = [&]() -> Result<Trial> {
    Trial trial{draw(holes.size(), random), {}};
    TRY(trial.image, compile(with(source, holes, trial.numbers)));
    return trial;
  };
  std::size_t odd = 0;
  TRY(const std::vector<Trial> trials, same_shape_trials(source, compiled, odd));
  TRY(Stencil out, stencil_of(source, holes, trials));
  const ProgramImage shape = shape_of(trials[0].image);
  for (std::size_t checked = 0; checked < kChecks;) {
    TRY(Trial trial, compiled());
    if (shape_of(trial.image) != shape && odd++ < kOddOnes) continue;
    const auto filled = fill(out, with(source, holes, trial.numbers));
    if (!filled || *filled != trial.image)
      return fail(ErrorCode::Internal, source.name + ": filled in, the programs are not what the compiler makes");
    ++checked;
  }
  return out;
}

}  // namespace burin
