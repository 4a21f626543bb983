// The rules of threads: devices know nothing of each other, and one device does not care which
// thread calls it.
#include <atomic>
#include <cstdint>
#include <exception>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include <fmt/format.h>

#include <asg/sdk/program.hpp>

#include "check/compare.hpp"
#include "check/kind.hpp"
#include "check/offer.hpp"
#include "check/random_region.hpp"
#include "check/session.hpp"
#include "check/verdict.hpp"

namespace asg::proof {
namespace {

struct KnownCase {
  Case c;
  std::vector<Bytes> expected;
};

// Regions with what the reference makes of them.
std::vector<std::unique_ptr<KnownCase>> known_cases(Session& session, std::size_t count) {
  std::vector<std::unique_ptr<KnownCase>> cases;
  const RegionOffer offer = common_offer(session.bare(), session.bare_reference());
  if (offer.dtypes().empty()) return cases;
  const int rank = session.bare().facts().capabilities.max_region_rank();
  for (std::uint64_t seed = 1; cases.size() < count && seed < 100 * count; ++seed) {
    auto known = std::make_unique<KnownCase>();
    Random random(seed);
    RandomRegion(random, known->c, random_dims(random, 600, std::min(rank, 4)), offer).build();
    if (!fits(session.bare(), known->c)) continue;
    known->expected = run_case(session.bare_reference(), known->c).outputs;
    cases.push_back(std::move(known));
  }
  return cases;
}

bool gives_expected(KnownCase& known, const std::vector<Bytes>& got) {
  for (std::size_t k = 0; k < got.size(); ++k)
    if (first_mismatch(known.c.program.value(known.c.outputs[k]).dtype, got[k], known.expected[k]))
      return false;
  return true;
}

// What went wrong first on any of the threads.
class Verdict {
 public:
  void set(std::string place) {
    const std::lock_guard lock(mutex_);
    if (place_.empty()) place_ = std::move(place);
  }
  void set_failure(std::exception_ptr failure) {
    const std::lock_guard lock(mutex_);
    if (!failure_) failure_ = std::move(failure);
  }
  void judge(Session& session) const {
    if (!place_.empty())
      session.wrong("devices that work at the same time disturb each other: a race", place_);
    if (failure_) std::rethrow_exception(failure_);
  }

 private:
  std::mutex mutex_;
  std::string place_;
  std::exception_ptr failure_;
};

// Every thread has a device of its own, and programs of its own on it, which it makes once and runs
// again and again.
void work_alone(Session& session, std::vector<std::unique_ptr<KnownCase>>& cases, std::size_t first,
                std::size_t step, std::uint64_t rounds, Verdict& verdict) try {
  const std::unique_ptr<BareDevice> device = session.open_bare();
  for (std::uint64_t round = 0; round < rounds; ++round)
    for (std::size_t i = first; i < cases.size(); i += step)
      if (!gives_expected(*cases[i], run_case(*device, cases[i]->c).outputs))
        return verdict.set(fmt::format("region {}, round {}", i + 1, round));
} catch (...) {
  verdict.set_failure(std::current_exception());
}

void try_devices(Session& session) {
  constexpr std::size_t threads = 4;
  auto cases = known_cases(session, session.effort(24, 12));
  static_cast<void>(session.device());  // opened here, not by whichever thread is first
  Verdict verdict;
  std::vector<std::thread> workers;
  const std::uint64_t rounds = session.effort(20, 5);
  for (std::size_t t = 0; t < threads; ++t)
    workers.emplace_back([&, t] { work_alone(session, cases, t, threads, rounds, verdict); });
  for (std::thread& worker : workers) worker.join();
  verdict.judge(session);
}

void try_affinity(Session& session) {
  for (auto& known : known_cases(session, 4)) {
    std::vector<Bytes> outputs;
    std::exception_ptr failed;
    std::unique_ptr<GuardedRun> run;
    const auto on_a_thread = [&](auto&& work) {
      std::thread([&] {
        try {
          work();
        } catch (...) {
          failed = std::current_exception();
        }
      }).join();
      if (failed) std::rethrow_exception(failed);
    };
    Case& c = known->c;
    on_a_thread([&] { run = std::make_unique<GuardedRun>(session.bare(), c.program.build()); });
    on_a_thread([&] {
      for (const ValueId id : c.outputs)
        run->set(c.program.slot_of(id), Bytes(c.program.slot(c.program.slot_of(id)).size));
      for (const auto& [id, data] : c.inputs) run->set(c.program.slot_of(id), data);
      run->execute();
    });
    on_a_thread([&] {
      for (const ValueId id : c.outputs) outputs.push_back(run->get(c.program.slot_of(id)));
    });
    on_a_thread([&] { run.reset(); });
    if (!gives_expected(*known, outputs))
      session.wrong("it matters which thread calls a device, one after the other");
  }
}

void check_threads_of_devices(Session& session) {
  session.attempt("four devices in four threads", [&] { try_devices(session); });
  session.attempt("one device, called by one thread after the other",
                  [&] { try_affinity(session); });
}

}  // namespace

Kind check_threads() {
  return {"devices in several threads, one device from several", Kind::Phase::behaviour,
          check_threads_of_devices};
}

}  // namespace asg::proof
