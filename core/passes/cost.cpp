#include <asg/passes/cost.hpp>

#include <algorithm>
#include <map>

#include <asg/graph/op.hpp>

namespace asg {
namespace {

double as_double(std::int64_t number) { return static_cast<double>(number); }

// Elements that a map reaches when no two points but those along axes without stride meet.
double distinct(const Shape& dims, const Shape& strides) {
  double count = 1;
  for (int d = 0; d < dims.rank(); ++d)
    if (strides[d] != 0 || dims[d] == 0) count *= as_double(dims[d]);
  return count;
}

double extent(const Placed& value) {
  return static_cast<double>(value.extent_end - value.extent_begin);
}

double bytes_of(const Placed& value) {
  return std::min(distinct(value.shape, value.strides) * as_double(size_of(value.dtype)),
                  extent(value));
}

bool same_map(const Access& a, const Access& b) {
  const auto same_bound = [](const Bound& x, const Bound& y) {
    return x.base == y.base && x.extent == y.extent && x.coef == y.coef;
  };
  return a.offset == b.offset && a.strides == b.strides &&
         std::equal(a.bounds.begin(), a.bounds.end(), b.bounds.begin(), b.bounds.end(), same_bound);
}

// What accesses touch, value by value: a map counts once, and no value for more than it has.
class Touched {
 public:
  explicit Touched(const Program& program) : program_(program) {}
  void add(std::uint32_t value, double elements, const Access* map) {
    Entry& entry = entries_[value];
    for (const Access* known : entry.maps)
      if (same_map(*known, *map)) return;
    entry.maps.push_back(map);
    entry.bytes += elements * as_double(size_of(program_.values[value].dtype));
  }
  [[nodiscard]] double bytes() const {
    double sum = 0;
    for (const auto& [value, entry] : entries_)
      sum += std::min(entry.bytes, extent(program_.values[value]));
    return sum;
  }

 private:
  struct Entry {
    double bytes = 0;
    std::vector<const Access*> maps;
  };
  const Program& program_;
  std::map<std::uint32_t, Entry> entries_;
};

bool is_arithmetic(const asg_inst& inst) { return inst.op >= ASG_EW_NEG; }

Cost cost_of_region(const Program& program, const Region& region) {
  Touched read(program), written(program);
  const auto touch = [&](Touched& touched, std::uint32_t access) {
    const Access& map = region.accesses[access];
    if (region.instances.empty()) touched.add(map.value, distinct(region.dims, map.strides), &map);
    for (const Instance& instance : region.instances)
      touched.add(instance.values[access], distinct({instance.length}, map.strides), &map);
  };
  for (const asg_inst& inst : region.insts)
    if (inst.op == ASG_EW_LOAD) touch(read, inst.a);
  for (const asg_store& store : region.stores) touch(written, store.access);

  double points = region.instances.empty() ? as_double(region.dims.numel()) : 0;
  for (const Instance& instance : region.instances) points += as_double(instance.length);
  const auto arithmetic = std::count_if(region.insts.begin(), region.insts.end(), is_arithmetic) +
                          std::ssize(region.reductions);
  return {points * as_double(arithmetic), read.bytes(), written.bytes()};
}

double product_flops(const Shape& a, const Shape& result) {
  return 2 * as_double(result.numel()) * as_double(a.at(-1));
}

// Of one primitive, or of the body of a composite. Bodies hold other composites, but not deep.
double flops_of(const Graph& graph, const Node& node) {
  const auto elements = [&](std::size_t operand) {
    return as_double(graph.type(node.operands[operand]).shape.numel());
  };
  const bool computes = node.op.lowering.instruction >= ASG_EW_NEG;
  if (node.op.is_composite() && !computes) {
    Graph body;
    Tensors inputs;
    for (const Value operand : node.operands) {
      const TensorType& type = graph.type(operand);
      inputs.push_back(body.input(std::to_string(inputs.size()), type.dtype, type.shape));
    }
    static_cast<void>(body_of(node.op, {inputs, node.attributes}, node.outputs, node.origin));
    double sum = 0;
    for (NodeId id = 0; id < body.size(); ++id) sum += flops_of(body, body.node(id));
    return sum;
  }
  if (computes) return as_double(node.outputs[0].shape.numel());
  if (node.op.lowering.role == Lowering::Role::reduce) return elements(0);
  switch (node.op.lowering.kernel) {
    case ASG_OP_CUMULATIVE:
    case ASG_OP_FOLD:
      return elements(0);
    case ASG_OP_SCATTER:
      return elements(2);
    case ASG_OP_MATMUL:
      return product_flops(graph.type(node.operands[0]).shape, node.outputs[0].shape);
    default:
      return 0;
  }
}

// 0 for a composite of a program's own, whose body only that program knows.
double claimed_flops(const Program& program, const Step& step) {
  const OpDef* op = known_op(step.name);
  if (op == nullptr) return 0;
  Graph graph;
  Tensors inputs;
  for (const std::uint32_t v : step.inputs) {
    const Placed& value = program.values[v];
    inputs.push_back(graph.input(std::to_string(inputs.size()), value.dtype, value.shape));
  }
  const Tensors results = graph.add(*op, inputs, step.attributes);
  return flops_of(graph, graph.node(results[0].value().node));
}

// Gathers read the rows they take and scatters those they change, not the whole table.
Cost cost_of_kernel(const Program& program, const Step& step) {
  Cost cost;
  for (const std::uint32_t v : step.inputs) cost.bytes_read += bytes_of(program.values[v]);
  for (const std::uint32_t v : step.outputs) cost.bytes_written += bytes_of(program.values[v]);
  const auto elements = [&](std::size_t input) {
    return as_double(program.values[step.inputs[input]].shape.numel());
  };
  switch (step.op) {
    case ASG_OP_GATHER:
      cost.bytes_read -= std::max(0.0, bytes_of(program.values[step.inputs[0]]) -
                                           bytes_of(program.values[step.outputs[0]]));
      break;
    case ASG_OP_SCATTER: {
      cost.flops = elements(2);
      const Placed &from = program.values[step.inputs[0]], &to = program.values[step.outputs[0]];
      if (from.slot != to.slot || from.offset != to.offset) break;
      const double kept = std::max(0.0, bytes_of(to) - bytes_of(program.values[step.inputs[2]]));
      cost.bytes_read -= kept;
      cost.bytes_written -= kept;
      break;
    }
    case ASG_OP_FOLD:
    case ASG_OP_CUMULATIVE:
      cost.flops = elements(0);
      break;
    case ASG_OP_CLAIMED:
      cost.flops = claimed_flops(program, step);
      break;
    default:
      break;
  }
  return cost;
}

Cost cost_of_matmul(const Program& program, const Step& step) {
  const Placed &a = program.values[step.inputs[0]], &b = program.values[step.inputs[1]];
  Shape product = a.shape;
  product[product.rank() - 1] = b.shape.at(-1);
  Cost cost{product_flops(a.shape, product), bytes_of(a) + bytes_of(b), 0};
  if (step.region >= 0)
    cost += cost_of_region(program, program.regions[static_cast<std::size_t>(step.region)]);
  else
    cost.bytes_written = bytes_of(program.values[step.outputs[0]]);
  return cost;
}

}  // namespace

Cost& Cost::operator+=(const Cost& other) {
  flops += other.flops;
  bytes_read += other.bytes_read;
  bytes_written += other.bytes_written;
  return *this;
}

Cost cost_of(const Program& program, const Step& step) {
  if (step.op == ASG_OP_MATMUL) return cost_of_matmul(program, step);
  if (step.region >= 0)
    return cost_of_region(program, program.regions[static_cast<std::size_t>(step.region)]);
  return cost_of_kernel(program, step);
}

Cost cost_of(const Program& program) {
  Cost cost;
  for (const Step& step : program.steps) cost += cost_of(program, step);
  return cost;
}

}  // namespace asg
