#include "outreach/outreach.h"

#include <atomic>
#include <mutex>
#include <thread>

#include "base/bounded_queue.h"
#include "base/log.h"
#include "outreach/requests.h"

namespace burin {

struct Outreach::Impl {
  explicit Impl(OutreachOptions o) : options(std::move(o)), queue(options.queue) {}

  void run();
  void perform(const NetworkAction& action);

  const OutreachOptions options;
  BoundedQueue<NetworkAction> queue;
  std::once_flag started;
  std::thread thread;
  std::atomic<bool> stopping{false};
  std::atomic<std::uint64_t> done{0}, failed{0}, dropped{0}, refused{0};
};

Outreach::Outreach() = default;
Outreach::~Outreach() {
  stop();
}

Result<std::unique_ptr<Outreach>> Outreach::start(OutreachOptions options) {
  TRY_OK(check_dns_server(options.dns_server));
  std::unique_ptr<Outreach> self(new Outreach());
  self->impl_ = std::make_unique<Impl>(std::move(options));
  return self;
}

bool Outreach::submit(const NetworkAction& action) {
  Impl& d = *impl_;
  if (!d.options.allowed) {
    ++d.refused;
    return false;
  }
  std::call_once(d.started, [&d] { d.thread = std::thread([&d] { d.run(); }); });
  if (d.queue.try_push(NetworkAction(action))) return true;
  ++d.dropped;
  return false;
}

void Outreach::stop() {
  impl_->stopping = true;
  impl_->queue.close();
  if (impl_->thread.joinable()) impl_->thread.join();
}

OutreachCounters Outreach::counters() const {
  return {impl_->done, impl_->failed, impl_->dropped, impl_->refused};
}

void Outreach::Impl::run() {
  while (!queue.finished())
    for (const auto& action : queue.pop_all(std::chrono::milliseconds(1000))) {
      if (stopping)
        ++dropped;
      else
        perform(action);
    }
}

void Outreach::Impl::perform(const NetworkAction& action) {
  const auto result = action.kind == ActionKind::GetUrl
                          ? get_url(action.target, options.timeout)
                          : dns_lookup(action.target, options.dns_server, options.timeout);
  if (result) {
    ++done;
    return;
  }
  ++failed;
  log(LogLevel::Debug, "outreach", std::string(to_string(action.kind)) + " " + result.error().text());
}

}  // namespace burin
