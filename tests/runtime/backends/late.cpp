// The reference backend with a queue: what it is asked for is done by a thread of its own, after
// the call has returned. So that tests see the order and no clock, an execution begins when the
// next one has been submitted, or when somebody waits for it or for what comes after it. With the
// option stall=1 no execution ever ends.
#include <asg/sdk/host_backend.hpp>

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>

#include "kernels.hpp"

namespace asg::late {
namespace {

class Queue {
 public:
  Queue(const sdk::Host& host, bool stalls)
      : host_(host), stalls_(stalls), thread_([this] { work(); }) {}
  ~Queue() {
    {
      const std::lock_guard lock(mutex_);
      ends_ = true;
    }
    changed_.notify_all();
    if (stalls_)
      thread_.detach();
    else
      thread_.join();
  }

  // The number of the task.
  uint64_t add(std::function<void()> task, bool execution) {
    const std::lock_guard lock(mutex_);
    tasks_.push_back({std::move(task), execution});
    if (execution) ++executions_;
    host_.log(ASG_LOG_DEBUG,
              (execution ? "execution " : "transfer ") + std::to_string(added_) + " submitted");
    changed_.notify_all();
    return added_++;
  }

  bool wait(uint64_t number, uint64_t timeout_ns) {
    std::unique_lock lock(mutex_);
    wanted_ = std::max(wanted_, number + 1);
    changed_.notify_all();
    const auto over = [&] { return done_ > number; };
    if (timeout_ns > uint64_t{1} << 50)
      changed_.wait(lock, over);
    else if (!changed_.wait_for(lock, std::chrono::nanoseconds(timeout_ns), over))
      return false;
    for (const auto& [failed, error] : errors_)
      if (failed == number) throw sdk::Error(error);
    return true;
  }

 private:
  struct Task {
    std::function<void()> run;
    bool execution;
  };

  void work() {
    std::unique_lock lock(mutex_);
    for (;;) {
      changed_.wait(lock, [&] { return ends_ || may_begin(); });
      if (tasks_.empty() || !may_begin()) return;
      const Task task = std::move(tasks_.front());
      tasks_.pop_front();
      if (task.execution) --executions_;
      while (stalls_ && task.execution) changed_.wait(lock);
      lock.unlock();
      std::optional<sdk::Error> error;
      try {
        task.run();
      } catch (const sdk::Error& e) {
        error = e;
      }
      lock.lock();
      if (error) errors_.emplace_back(done_, *error);
      host_.log(ASG_LOG_DEBUG,
                (task.execution ? "execution " : "transfer ") + std::to_string(done_) + " done");
      ++done_;
      changed_.notify_all();
    }
  }
  bool may_begin() const {
    return !tasks_.empty() && (!tasks_.front().execution || executions_ > 1 || wanted_ > done_);
  }

  sdk::Host host_;
  const bool stalls_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Task> tasks_;
  std::vector<std::pair<uint64_t, sdk::Error>> errors_;
  uint64_t added_ = 0, done_ = 0, wanted_ = 0, executions_ = 0;
  bool ends_ = false;
  std::thread thread_;  // last: it uses all the others
};

class LateEvent final : public sdk::Event {
 public:
  LateEvent(Queue& queue, uint64_t number) : queue_(queue), number_(number) {}
  bool wait(uint64_t timeout_ns) override { return queue_.wait(number_, timeout_ns); }

 private:
  Queue& queue_;
  uint64_t number_;
};

class LateBuffer final : public sdk::Buffer {
 public:
  LateBuffer(Queue& queue, uint64_t size) : queue_(queue), inner(size) {}
  std::unique_ptr<sdk::Event> upload(uint64_t offset, const void* from, uint64_t size) override {
    inner.range(offset, size);
    return later([=, this] { static_cast<void>(inner.upload(offset, from, size)); });
  }
  std::unique_ptr<sdk::Event> download(uint64_t offset, void* to, uint64_t size) override {
    inner.range(offset, size);
    return later([=, this] { static_cast<void>(inner.download(offset, to, size)); });
  }

 private:
  std::unique_ptr<sdk::Event> later(std::function<void()> task) {
    return std::make_unique<LateEvent>(queue_, queue_.add(std::move(task), false));
  }
  Queue& queue_;

 public:
  sdk::HostBuffer inner;
};

class LateExecutable final : public sdk::Executable {
 public:
  LateExecutable(Queue& queue, const asg_program& program, const std::vector<sdk::Kernel>& kernels)
      : queue_(queue), inner_(program, kernels) {}
  std::unique_ptr<sdk::Event> execute(const sdk::ExecArgs& args) override {
    // The arguments live for the call only.
    std::vector<asg_binding> bindings;
    for (const asg_binding& binding : sdk::Span<asg_binding>(args.bindings)) {
      bindings.push_back(binding);
      if (binding.buffer == nullptr) continue;
      sdk::Buffer* inner = &static_cast<LateBuffer*>(sdk::buffer_of(binding))->inner;
      bindings.back().buffer = reinterpret_cast<asg_buffer*>(inner);
    }
    const auto run = [this, bindings, flags = args.flags] {
      asg_exec_args again{};
      again.struct_size = sizeof again;
      again.flags = flags;
      again.bindings = {bindings.data(), static_cast<uint32_t>(bindings.size()),
                        sizeof(asg_binding)};
      static_cast<void>(inner_.execute(again));
    };
    return std::make_unique<LateEvent>(queue_, queue_.add(run, true));
  }

 private:
  Queue& queue_;
  sdk::HostExecutable inner_;
};

class LateDevice final : public sdk::Device {
 public:
  LateDevice(const sdk::Host& host, const std::vector<sdk::Kernel>& kernels, bool stalls)
      : queue_(host, stalls), kernels_(kernels) {}
  std::unique_ptr<sdk::Buffer> create_buffer(uint64_t size) override {
    return std::make_unique<LateBuffer>(queue_, size);
  }
  std::unique_ptr<sdk::Executable> compile(const asg_program& program) override {
    return std::make_unique<LateExecutable>(queue_, program, kernels_);
  }

 private:
  Queue queue_;
  const std::vector<sdk::Kernel>& kernels_;
};

class LateBackend final : public sdk::HostBackend {
 public:
  static constexpr asg_option_info options[] = {{"stall", "0", "1: no execution ever ends"}};
  static const asg_backend_info info;

  explicit LateBackend(const asg_host& host) : HostBackend(reference::all_kernels()), host_(host) {}
  std::unique_ptr<sdk::Device> open(uint32_t, const sdk::Options& given) override {
    const char* const stall = given.find("stall");
    return std::make_unique<LateDevice>(host_, kernels(), stall != nullptr && *stall == '1');
  }

 private:
  sdk::Host host_;
};

const asg_backend_info LateBackend::info =
    sdk::backend_info("late", "0.1.0", "asg", "the reference backend, later", LateBackend::options);

}  // namespace
}  // namespace asg::late

ASG_BACKEND(asg::late::LateBackend)
