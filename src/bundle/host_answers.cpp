#include "bundle/host_answers.h"

#include <utility>

namespace burin {
namespace {

std::string_view name_of(AttachSpec::Kind kind) {
  switch (kind) {
    case AttachSpec::Kind::Fentry: return "fentry";
    case AttachSpec::Kind::Fexit: return "fexit";
    case AttachSpec::Kind::FmodRet: return "fmod_ret";
    case AttachSpec::Kind::Lsm: return "lsm";
    default: return "other";
  }
}

std::string trampoline_key(AttachSpec::Kind kind, std::string_view function) {
  return std::string(name_of(kind)) + " " + std::string(function);
}

std::string place_key(const Hook& hook) {
  std::string key = std::string(to_string(hook.kind)) + " " + hook.path + " " + hook.subsystem + ":" + hook.call;
  for (const auto& symbol : hook.symbols) key += " " + symbol.value;
  for (const auto& offset : hook.offsets) key += " +" + std::to_string(offset.value);
  for (const auto& address : hook.addrs) key += " @" + std::to_string(address.value);
  for (const auto offset : hook.ref_ctr_offsets) key += " #" + std::to_string(offset);
  for (const auto& digest : hook.digests) key += " " + digest.value;
  return key;
}

std::string path_key(const BtfQuestion& q) {
  return std::to_string(static_cast<int>(q.from)) + " " + q.name + " " + std::to_string(q.index) + " " + q.module +
         " " + q.file + " " + q.path;
}

/// Notes an answer, or that there is none.
template <class T>
void note(const Result<T>& answer, std::map<std::string, T>& where, const std::string& kind, const std::string& key,
          HostAnswers& notes) {
  if (answer)
    where.insert_or_assign(key, *answer);
  else
    notes.failures.insert_or_assign(kind + " " + key, answer.error());
}

template <class T>
Result<T> recall(const std::map<std::string, T>& where, const std::string& kind, const std::string& key,
                 const HostAnswers& answers) {
  if (const auto known = where.find(key); known != where.end()) return known->second;
  if (const auto failed = answers.failures.find(kind + " " + key); failed != answers.failures.end())
    return tl::unexpected(failed->second);
  return fail(ErrorCode::Unsupported, kNotAsked);
}

}  // namespace

HostQuestions noting(const HostQuestions& questions, HostAnswers& notes) {
  HostQuestions out;
  if (questions.kprobe)
    out.kprobe = [ask = questions.kprobe, &notes](std::string_view function) {
      return notes.kprobes.insert_or_assign(std::string(function), ask(function)).first->second;
    };
  if (questions.trampoline)
    out.trampoline = [ask = questions.trampoline, &notes](AttachSpec::Kind kind, std::string_view function) {
      return notes.trampolines.insert_or_assign(trampoline_key(kind, function), ask(kind, function)).first->second;
    };
  if (questions.syscalls)
    out.syscalls = [ask = questions.syscalls, &notes] {
      if (!notes.syscalls) notes.syscalls = ask();
      return *notes.syscalls;
    };
  if (questions.functions)
    out.functions = [ask = questions.functions, &notes](std::string_view pattern) {
      auto found = ask(pattern);
      note(found, notes.functions, "functions", std::string(pattern), notes);
      return found;
    };
  if (questions.places)
    out.places = [ask = questions.places, &notes](const Hook& hook) {
      auto found = ask(hook);
      note(found, notes.places, "places", place_key(hook), notes);
      return found;
    };
  if (questions.mappings)
    out.mappings = [ask = questions.mappings, &notes] {
      notes.mappings = ask();
      return *notes.mappings;
    };
  if (questions.path)
    out.path = [ask = questions.path, &notes](const BtfQuestion& question) {
      auto found = ask(question);
      note(found, notes.paths, "path", path_key(question), notes);
      return found;
    };
  return out;
}

HostQuestions answered_from(const HostAnswers& answers, bool assume_kprobes) {
  HostQuestions out;
  out.kprobe = [&answers, assume_kprobes](std::string_view function) {
    const auto known = answers.kprobes.find(std::string(function));
    if (known != answers.kprobes.end()) return known->second;
    return Trial{assume_kprobes, assume_kprobes ? "" : kNotAsked};
  };
  out.trampoline = [&answers](AttachSpec::Kind kind, std::string_view function) {
    const auto known = answers.trampolines.find(trampoline_key(kind, function));
    return known != answers.trampolines.end() ? known->second : Trial{false, kNotAsked};
  };
  out.syscalls = [&answers] { return answers.syscalls.value_or(std::vector<std::string>{}); };
  out.functions = [&answers](std::string_view pattern) {
    return recall(answers.functions, "functions", std::string(pattern), answers);
  };
  out.places = [&answers](const Hook& hook) { return recall(answers.places, "places", place_key(hook), answers); };
  out.mappings = [&answers] { return answers.mappings.value_or(kNotAsked); };
  out.path = [&answers](const BtfQuestion& question) {
    return recall(answers.paths, "path", path_key(question), answers);
  };
  return out;
}

}  // namespace burin
