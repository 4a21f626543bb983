// What only shows when a program runs, an index out of range, is an error with its step, after
// which everything works as before.
#include <cstdint>
#include <string>
#include <vector>

#include <fmt/format.h>

#include <asg/sdk/program.hpp>

#include "check/kind.hpp"
#include "check/offer.hpp"
#include "check/session.hpp"
#include "check/verdict.hpp"
#include "runtime/plugin_call.hpp"

namespace asg::proof {
namespace {

// Two steps: what they give in their second is out of range when an index is.
struct IndexedProgram {
  static constexpr std::int64_t extent = 7, count = 40;
  ProgramBuilder p;
  ValueId x, good, indices, updates, y;
  std::uint32_t step;

  IndexedProgram(std::uint32_t op, std::uint32_t dtype, std::uint32_t index)
      : x(p.input(dtype, {extent})),
        good(p.input(index, {2})),
        indices(p.input(index, {count})),
        updates(p.input(dtype, {count})),
        y(p.output(dtype, {op == ASG_OP_GATHER ? count : extent})) {
    Attrs attrs;
    attrs.set("axis", 0).set("batch_dims", 0);
    p.step(ASG_OP_GATHER, "gather", {x, good}, {p.output(dtype, {2})}, attrs);
    step = op == ASG_OP_GATHER
               ? p.step(op, "gather", {x, indices}, {y}, attrs)
               : p.step(op, "scatter", {x, indices, updates}, {y}, attrs.set("mode", "set"));
  }
};

Bytes index_bytes(std::uint32_t dtype, std::int64_t count, std::int64_t bad) {
  Bytes data(static_cast<std::size_t>(count) * sdk::dtype_size(dtype));
  for (std::int64_t i = 0; i < count; ++i) put_integer(data, dtype, i, i % 3);
  if (bad != 0) put_integer(data, dtype, count - 3, bad);
  return data;
}

void try_index(Session& session, std::uint32_t op, std::uint32_t dtype, std::uint32_t index,
               std::int64_t bad) {
  IndexedProgram program(op, dtype, index);
  GuardedRun run(session.bare(), program.p.build());
  const auto set = [&](ValueId id, Bytes data) { run.set(program.p.slot_of(id), std::move(data)); };
  set(program.x, Bytes(program.p.slot(program.p.slot_of(program.x)).size, 1));
  set(program.updates, Bytes(program.p.slot(program.p.slot_of(program.updates)).size, 1));
  set(program.good, index_bytes(index, 2, 0));
  set(program.indices, index_bytes(index, IndexedProgram::count, bad));
  try {
    run.execute();
    session.wrong("an index out of range is no error",
                  fmt::format("index {} of {}", bad, IndexedProgram::extent));
  } catch (const loader::PluginFailure& failure) {
    if (failure.code != ASG_INVALID_ARGUMENT)
      session.wrong("an index out of range is an error, but not ASG_INVALID_ARGUMENT",
                    fmt::format("{}: {}", loader::status_text(failure.code), failure.message));
    else if (failure.step != program.step)
      session.wrong("an index out of range is reported of another step",
                    fmt::format("step {} in place of {}", failure.step, program.step));
    else if (failure.message.find(std::to_string(bad)) == std::string::npos ||
             failure.message.find(std::to_string(IndexedProgram::extent)) == std::string::npos)
      session.wrong("the message of an index out of range lacks the index or the extent",
                    failure.message);
  }
  if (const std::string damage = run.damage(); !damage.empty())
    session.wrong("an index out of range writes into memory of others", damage);
  set(program.indices, index_bytes(index, IndexedProgram::count, 0));
  try {
    run.execute();
  } catch (const loader::PluginFailure& failure) {
    session.wrong("after a run that failed the program cannot be run again", failure.message);
  }
}

void check_failed_runs(Session& session) {
  for (const std::uint32_t op : {ASG_OP_GATHER, ASG_OP_SCATTER})
    for (const std::uint32_t index : {ASG_I32, ASG_I64}) {
      const std::uint32_t dtype = ASG_F32;
      const std::vector<std::uint32_t> gather = {dtype, index, dtype},
                                       scatter = {dtype, index, dtype, dtype};
      if (!has_kernel(session.bare(), ASG_OP_GATHER, gather) ||
          (op == ASG_OP_SCATTER && !has_kernel(session.bare(), op, scatter))) {
        session.refused();
        continue;
      }
      for (const std::int64_t bad : {std::int64_t{7}, std::int64_t{-1}, std::int64_t{-2147483647}})
        session.attempt(
            fmt::format("{} with the {} index {} of 7", op == ASG_OP_GATHER ? "gather" : "scatter",
                        sdk::dtype_name(index), bad),
            [&] { try_index(session, op, dtype, index, bad); });
    }
}

}  // namespace

Kind check_failures() {
  return {"runs that fail say so, and do no harm", Kind::Phase::behaviour, check_failed_runs};
}

}  // namespace asg::proof
