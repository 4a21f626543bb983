#include <cmath>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <asg/passes/cost.hpp>
#include <asg/passes/print.hpp>

#include "passes/abi_names.hpp"
#include "passes/print_parts.hpp"

namespace asg {
namespace {

using Json = nlohmann::ordered_json;

Json json_of(const Shape& shape) { return shape.to_vector(); }

// JSON has no infinities and no NaN.
Json json_of(double number) {
  return std::isfinite(number) ? Json(number) : Json(fmt::format("{}", number));
}

Json json_of(const Slot& slot, const std::string& name) {
  Json json{{"name", name}, {"bytes", slot.size_bytes}};
  if (slot.role == ASG_SLOT_ARENA) return json;
  json["tensor"] = slot.name;
  json["dtype"] = asg::name(slot.type.dtype);
  json["shape"] = json_of(slot.type.shape);
  return json;
}

Json json_of(const Placed& value) {
  return {{"dtype", asg::name(value.dtype)},
          {"shape", json_of(value.shape)},
          {"strides", json_of(value.strides)},
          {"slot", value.slot},
          {"offset", value.offset},
          {"extent", {value.extent_begin, value.extent_end}}};
}

Json json_of(const Attribute& attribute) {
  return std::visit(
      []<class T>(const T& value) -> Json {
        if constexpr (std::is_same_v<T, double>)
          return json_of(value);
        else if constexpr (std::is_same_v<T, DType> || std::is_same_v<T, Array>)
          return to_string(Attribute(value));
        else
          return value;
      },
      attribute);
}

Json json_of(const Program& program, const Step& step) {
  Json attributes = Json::object();
  for (const auto& [key, value] : step.attributes) attributes[key] = json_of(value);
  const Cost cost = cost_of(program, step);
  Json json{{"op", abi::op_name(step.op)},
            {"name", step.name},
            {"stage", step.stage},
            {"node", step.node},
            {"inputs", step.inputs},
            {"outputs", step.outputs},
            {"attributes", std::move(attributes)},
            {"flops", cost.flops},
            {"bytes_read", cost.bytes_read},
            {"bytes_written", cost.bytes_written},
            {"origin", step.origin}};
  if (step.region >= 0) json["region"] = step.region;
  if (step.scratch >= 0) json["scratch"] = step.scratch;
  return json;
}

Json json_of(const Access& access) {
  Json bounds = Json::array();
  for (const Bound& bound : access.bounds)
    bounds.push_back(
        {{"base", bound.base}, {"extent", bound.extent}, {"coefficients", json_of(bound.coef)}});
  return {{"value", access.value},
          {"offset", access.offset},
          {"strides", json_of(access.strides)},
          {"bounds", std::move(bounds)}};
}

Json json_of(const asg_inst& inst) {
  Json json{{"op", abi::instruction_name(inst.op)},
            {"dtype", asg::name(static_cast<DType>(inst.dtype))}};
  if (inst.op == ASG_EW_IMM) {
    const Array value = immediate(inst);
    json["value"] = value.dtype() == i64 ? Json(value.item<std::int64_t>()) : json_of(value.get(0));
  } else {
    json["operands"] = {inst.a, inst.b, inst.c};
  }
  if (inst.op == ASG_EW_RANDOM) json["stream"] = inst.imm;
  return json;
}

Json json_of(const Region& region) {
  Json insts = Json::array(), accesses = Json::array(), reductions = Json::array();
  Json stores = Json::array(), phases = Json::array(), instances = Json::array();
  for (const asg_inst& inst : region.insts) insts.push_back(json_of(inst));
  for (const Access& access : region.accesses) accesses.push_back(json_of(access));
  for (const asg_reduction& r : region.reductions)
    reductions.push_back({{"kind", abi::reduction_name(r.kind)},
                          {"dtype", asg::name(static_cast<DType>(r.dtype))},
                          {"source", r.source},
                          {"axes", r.axes}});
  for (const asg_store& s : region.stores)
    stores.push_back({{"of", s.kind == ASG_STORE_REDUCTION ? "reduction" : "register"},
                      {"source", s.source},
                      {"access", s.access}});
  for (const asg_phase& p : region.phases)
    phases.push_back({{"instructions_end", p.insts_end},
                      {"reductions_end", p.reductions_end},
                      {"stores_end", p.stores_end}});
  for (const Instance& instance : region.instances)
    instances.push_back({{"length", instance.length}, {"values", instance.values}});
  return {{"dims", json_of(region.dims)},     {"instructions", std::move(insts)},
          {"accesses", std::move(accesses)},  {"reductions", std::move(reductions)},
          {"stores", std::move(stores)},      {"phases", std::move(phases)},
          {"instances", std::move(instances)}};
}

}  // namespace

std::string to_json(const Program& program) {
  Json slots = Json::array(), values = Json::array(), steps = Json::array();
  Json regions = Json::array(), arena = Json::array();
  const auto push = [](Json& list, Json entry) {
    Json with_id{{"id", list.size()}};
    with_id.update(entry);
    list.push_back(std::move(with_id));
  };
  for (std::uint32_t i = 0; i < program.slots.size(); ++i)
    push(slots, json_of(program.slots[i], slot_name(program, i)));
  for (const Placed& value : program.values) push(values, json_of(value));
  for (const Step& step : program.steps) push(steps, json_of(program, step));
  for (const Region& region : program.regions) push(regions, json_of(region));
  for (const ArenaBuffer& b : program.arena)
    push(arena, {{"bytes", b.bytes},
                 {"offset", b.offset},
                 {"first", b.first},
                 {"last", b.last},
                 {"name", b.name},
                 {"origin", b.origin}});
  const Json json{
      {"format", "asg-program"},        {"version", 1},
      {"name", program.name},           {"liveness_bound_bytes", program.liveness_bound_bytes},
      {"peak_step", program.peak_step}, {"slots", std::move(slots)},
      {"values", std::move(values)},    {"steps", std::move(steps)},
      {"regions", std::move(regions)},  {"inputs", program.inputs},
      {"outputs", program.outputs},     {"arena", std::move(arena)}};
  // Names that are not UTF-8 must not make a program unprintable.
  return json.dump(-1, ' ', false, Json::error_handler_t::replace);
}

}  // namespace asg
