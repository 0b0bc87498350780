#include "control/follow_up.h"

#include <cstring>

#include "control/mapped_file.h"

namespace burin {

void FollowUp::add_hook(const HookInfo& hook) {
  user_stacks_.erase(hook.id);
  if (hook.user_stack < hook.record.fields.size()) user_stacks_[hook.id] = hook.record.fields[hook.user_stack].offset;
}

void FollowUp::arrived(std::span<std::byte> record) {
  wire::Head head;
  wire::wvar stack;
  if (record.size() < sizeof head) return;
  std::memcpy(&head, record.data(), sizeof head);
  if (head.hook == kHookLoad) return complete_build_id(record, "/proc");
  const auto hook = user_stacks_.find(head.hook);
  if (hook == user_stacks_.end() || hook->second + sizeof stack > record.size()) return;
  std::memcpy(&stack, record.data() + hook->second, sizeof stack);
  if (stack.len > 0) world_.remember(head.tgid, head.exec_ktime);
}

bool FollowUp::perform(const std::vector<std::vector<NetworkAction>>& by_selector, const Event& event) {
  bool all = true;
  if (event.selector < by_selector.size())
    for (const auto& action : by_selector[event.selector]) all = world_.perform(action) && all;
  return all;
}

bool FollowUp::finish(Event& event) {
  if (!event.hook) return true;
  if (!event.kernel_stack.empty()) world_.name_kernel(event.kernel_stack);
  if (event.process && !event.user_stack.empty())
    world_.name_user(event.process->pid, event.process->exec_ktime, event.user_stack);
  if (!expose_addresses_)
    for (auto* stack : {&event.kernel_stack, &event.user_stack})
      for (auto& frame : *stack) frame.address = 0;
  bool all = perform(event.hook->network, event);
  if (event.return_action != 0) all = perform(event.hook->return_network, event) && all;
  if (!all) event.head_flags |= kHeadActionOff;
  return (event.head_flags & kHeadSilent) == 0;
}

}  // namespace burin
