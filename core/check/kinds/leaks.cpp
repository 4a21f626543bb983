// A thousand times the same: memory, descriptors and threads of the process stay what they are.
#include <malloc.h>
#include <unistd.h>

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <fstream>
#include <functional>
#include <limits>
#include <locale>
#include <string>

#include <fmt/format.h>

#include "check/kind.hpp"
#include "check/offer.hpp"
#include "check/session.hpp"
#include "check/verdict.hpp"
#include "runtime/plugin_call.hpp"

namespace asg::proof {
namespace {

namespace fs = std::filesystem;

struct Resources {
  std::int64_t heap, resident, descriptors, threads;

  static std::int64_t entries_of(const char* folder) {
    std::error_code error;
    return std::distance(fs::directory_iterator(folder, error), fs::directory_iterator());
  }
  static Resources now() {
    const struct mallinfo2 info = ::mallinfo2();
    std::ifstream file("/proc/self/statm");
    file.imbue(std::locale::classic());
    std::int64_t pages = 0, resident = 0;
    file >> pages >> resident;
    return {static_cast<std::int64_t>(info.uordblks + info.hblkhd),
            resident * ::sysconf(_SC_PAGESIZE), entries_of("/proc/self/fd"),
            entries_of("/proc/self/task")};
  }
};

// One number over several parts of the repetitions. A leak goes on, and by the same in each part;
// caches and what drivers keep fill up.
class Growth {
 public:
  void take(std::int64_t by) {
    least_ = std::min(least_, by);
    most_ = std::max(most_, by);
    last_ = by;
  }
  /// By how much it grows in every part; 0 when it does not go on.
  [[nodiscard]] std::int64_t steady() const { return 4 * last_ >= 3 * most_ ? least_ : 0; }

 private:
  std::int64_t least_ = std::numeric_limits<std::int64_t>::max(), most_ = 0, last_ = 0;
};

constexpr std::uint64_t parts = 4;

void repeat_and_look(Session& session, const char* what, std::uint64_t times,
                     const std::function<void()>& work) {
  session.attempt(fmt::format("{} times: {}", times, what), [&] {
    const std::uint64_t each = std::max<std::uint64_t>(times / parts, 1);
    for (std::uint64_t i = 0; i < each / 2 + 1; ++i) work();
    Growth heap, resident, descriptors, threads;
    Resources before = Resources::now();
    for (std::uint64_t part = 0; part < parts; ++part) {
      for (std::uint64_t i = 0; i < each; ++i) work();
      const Resources after = Resources::now();
      heap.take(after.heap - before.heap);
      resident.take(after.resident - before.resident);
      descriptors.take(after.descriptors - before.descriptors);
      threads.take(after.threads - before.threads);
      before = after;
    }
    const auto n = static_cast<std::int64_t>(each);
    const auto leaks = [&](const std::string& lost) {
      session.wrong(fmt::format("it leaks with every {}", what), lost);
    };
    // The smallest block that malloc gives has 16 bytes and its head.
    if (heap.steady() >= 16 * n) leaks(fmt::format("{} bytes of memory", heap.steady() / n));
    // Memory that comes from elsewhere: whole pages.
    else if (resident.steady() >= std::max(1024 * n, std::int64_t{1} << 20))
      leaks(fmt::format("{} bytes of resident memory", resident.steady() / n));
    if (descriptors.steady() > 0)
      leaks(fmt::format("{} file descriptors in {}", descriptors.steady(), n));
    if (threads.steady() > 0) leaks(fmt::format("{} threads in {}", threads.steady(), n));
  });
}

// y = x, of a type that goes through regions.
struct CopyProgram {
  Case c;
  bool possible = false;
  explicit CopyProgram(const BareDevice& device) {
    for (const std::uint32_t dtype : region_dtypes()) {
      if (possible || !can_load(device, dtype)) continue;
      possible = true;
      Random random(1);
      const ValueId x = c.input(random, dtype, {300}), y = c.output(dtype, {300});
      RegionBuilder& r = c.program.region({300});
      r.store(r.load(x), y);
    }
  }
};

void check_leaks_of_all(Session& session) {
  const BareDevice& device = session.bare();
  CopyProgram copy(device);
  const std::uint64_t many = session.effort(1000, 400);
  repeat_and_look(session, "buffer", many, [&] {
    const BareBuffer buffer(device, 1000);
    char bytes[100] = {};
    buffer.upload(3, bytes, sizeof bytes);
    buffer.download(3, bytes, sizeof bytes);
  });
  if (copy.possible) {
    GuardedRun run(device, copy.c.program.build());
    const std::vector<asg_binding>& bindings = run.bindings();
    repeat_and_look(session, "run", many, [&] { run.executable().execute(bindings); });
    repeat_and_look(session, "compiled program", many / 4,
                    [&] { const BareExecutable made(device, copy.c.program.build()); });
  }
  ProgramBuilder unknown;
  unknown.step(1000, "tomorrow", {unknown.input(ASG_F32, {3})}, {unknown.output(ASG_F32, {3})});
  const asg_program& program = unknown.build();
  repeat_and_look(session, "refused program", many, [&] {
    try {
      const BareExecutable made(device, program);
    } catch (const loader::PluginFailure&) {
      return;
    }
  });
  repeat_and_look(session, "device that is opened", 80,
                  [&] { static_cast<void>(session.open_bare()); });
}

}  // namespace

Kind check_leaks() {
  return {"memory, descriptors and threads over a thousand runs", Kind::Phase::behaviour,
          check_leaks_of_all};
}

}  // namespace asg::proof
