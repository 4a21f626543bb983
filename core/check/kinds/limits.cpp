// What a device says of its limits: what reaches them has to work.
#include <algorithm>
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

constexpr std::uint64_t mebibyte = std::uint64_t{1} << 20;

// A type that regions add in, small integers where there are any.
std::uint32_t added_type(const BareDevice& device) {
  for (const std::uint32_t dtype : {ASG_I32, ASG_F32, ASG_I64, ASG_F64, ASG_U32, ASG_I8, ASG_U8})
    if (can_load(device, dtype) && has_instruction(device, ASG_EW_ADD, dtype)) return dtype;
  return 0;
}

// Of numbers whose sums are exact.
ValueId small_input(Case& c, std::uint32_t dtype, const Shape& shape) {
  Random random(1);
  const ValueId id = c.program.input(dtype, shape);
  c.inputs.emplace_back(id,
                        small_data(random, dtype, sdk::element_count(c.program.value(id)), false));
  return id;
}

// A refusal of what is within the limits is a lie about them.
void judge_limit(Session& session, const std::string& what, Case& c) {
  session.attempt(what, [&] {
    try {
      judge_case(session, c, what);
    } catch (const loader::PluginFailure& failure) {
      session.wrong("it lies about its limits: what is within them is refused",
                    fmt::format("{} ({})", failure.message, loader::status_text(failure.code)));
    }
  });
}

void try_instructions_limit(Session& session, std::uint32_t dtype) {
  const std::uint32_t most = session.bare().facts().limits.max_region_insts;
  const std::uint32_t count = most == 0 ? 400 : most;
  if (count < 2) return;
  Case c;
  const ValueId x = small_input(c, dtype, {37}), y = c.output(dtype, {37});
  RegionBuilder& r = c.program.region({37});
  const Register first = r.load(x);
  Register sum = first;
  for (std::uint32_t i = 1; i < count; ++i) sum = r.op(ASG_EW_ADD, sum, first);
  r.store(sum, y);
  judge_limit(session,
              fmt::format("a region of {} instructions (max_region_insts is {})", count, most), c);
}

void try_buffers_limit(Session& session, std::uint32_t dtype) {
  const DeviceLimits& limits = session.bare().facts().limits;
  std::uint32_t count = limits.max_region_buffers == 0 ? 40 : limits.max_region_buffers;
  // Each is loaded and added.
  if (limits.max_region_insts != 0) count = std::min(count, limits.max_region_insts / 2 + 1);
  if (count < 2) return;
  Case c;
  std::vector<ValueId> inputs;
  for (std::uint32_t i = 0; i + 1 < count; ++i) inputs.push_back(small_input(c, dtype, {21}));
  const ValueId y = c.output(dtype, {21});
  RegionBuilder& r = c.program.region({21});
  Register sum = r.load(inputs[0]);
  for (std::size_t i = 1; i < inputs.size(); ++i) sum = r.op(ASG_EW_ADD, sum, r.load(inputs[i]));
  r.store(sum, y);
  judge_limit(session,
              fmt::format("a region of {} values (max_region_buffers is {})", count,
                          limits.max_region_buffers),
              c);
}

void try_rank_limit(Session& session, std::uint32_t dtype) {
  const int rank = session.bare().facts().capabilities.max_region_rank();
  Case c;
  Shape dims(static_cast<std::size_t>(rank), 2);
  if (rank > 0) dims.back() = 5;
  const ValueId x = small_input(c, dtype, dims), y = c.output(dtype, dims);
  RegionBuilder& r = c.program.region(dims);
  // Turned round, so that its axes cannot be joined to one.
  Shape strides = row_major_strides(dims);
  std::int64_t stride = 1;
  for (std::size_t d = 0; d < dims.size(); stride *= dims[d++]) strides[d] = stride;
  r.store(r.load(x, {strides}), y);
  judge_limit(session, fmt::format("a region of {} axes", rank), c);
}

void try_range_limit(Session& session, std::uint32_t dtype) {
  const DeviceLimits& limits = session.bare().facts().limits;
  std::uint64_t bytes = session.effort(64 * mebibyte, 8 * mebibyte);
  for (const std::uint64_t most : {limits.max_value_range, limits.max_buffer_size / 2})
    if (most != 0) bytes = std::min(bytes, most);
  Case c;
  const auto count = static_cast<std::int64_t>(bytes / sdk::dtype_size(dtype));
  const ValueId x = small_input(c, dtype, {count}), y = c.output(dtype, {count});
  RegionBuilder& r = c.program.region({count});
  r.store(r.load(x), y);
  judge_limit(session,
              fmt::format("values of {} bytes (max_value_range is {})",
                          count * sdk::dtype_size(dtype), limits.max_value_range),
              c);
}

void try_alignment(Session& session, std::uint32_t dtype) {
  const std::uint64_t alignment = std::max<std::uint64_t>(
      session.bare().facts().limits.offset_alignment, sdk::dtype_size(dtype));
  for (const std::uint64_t times : {1u, 3u, 7u}) {
    Case c;
    const ValueId x = small_input(c, dtype, {19}), y = c.output(dtype, {19});
    // The value moves into a slot that begins before it.
    asg_value& value = c.program.value(x);
    value.offset = value.extent_begin = alignment * times;
    value.extent_end += alignment * times;
    c.program.slot(c.program.slot_of(x)).size = value.extent_end;
    Bytes& data = c.inputs[0].second;
    data.insert(data.begin(), alignment * times, 0x5a);
    RegionBuilder& r = c.program.region({19});
    r.store(r.load(x), y);
    judge_limit(session,
                fmt::format("a value at byte {} of its slot (offset_alignment is {})",
                            alignment * times, session.bare().facts().limits.offset_alignment),
                c);
  }
}

void try_buffer(Session& session) {
  const DeviceLimits& limits = session.bare().facts().limits;
  std::uint64_t size = session.effort(256 * mebibyte, 16 * mebibyte);
  if (limits.max_buffer_size != 0) size = std::min(size, limits.max_buffer_size);
  session.attempt(
      fmt::format("a buffer of {} bytes (max_buffer_size is {})", size, limits.max_buffer_size),
      [&] {
        const BareBuffer buffer(session.bare(), size);
        const Bytes sent = {1, 2, 3, 4, 5};
        const std::uint64_t at = size > 5 ? size - 5 : 0;
        Bytes back(std::min<std::uint64_t>(size, 5));
        buffer.upload(at, sent.data(), back.size());
        buffer.download(at, back.data(), back.size());
        if (!std::equal(back.begin(), back.end(), sent.begin()))
          session.wrong("the end of a buffer does not hold what was uploaded");
      });
}

void check_declared_limits(Session& session) {
  try_buffer(session);
  const std::uint32_t dtype = added_type(session.bare());
  if (dtype == 0) return session.note("it has no regions that add");
  try_instructions_limit(session, dtype);
  try_buffers_limit(session, dtype);
  try_rank_limit(session, dtype);
  try_range_limit(session, dtype);
  try_alignment(session, dtype);
}

}  // namespace

Kind check_limits() {
  return {"what reaches the limits that a device declares works", Kind::Phase::behaviour,
          check_declared_limits};
}

}  // namespace asg::proof
