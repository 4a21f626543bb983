// A backend of one kernel, written against the installed SDK alone.
#include <asg/sdk/host_backend.hpp>

namespace {

namespace sdk = asg::sdk;

void matmul(const sdk::Call& call) {
  const sdk::Tensor a = call.input(0), b = call.input(1), c = call.output(0);
  for (int64_t i = 0; i < c.size(0); ++i)
    for (int64_t j = 0; j < c.size(1); ++j) {
      float sum = 0;
      for (int64_t k = 0; k < a.size(1); ++k)
        sum += a.as<float>()[i * a.stride(0) + k * a.stride(1)] *
               b.as<float>()[k * b.stride(0) + j * b.stride(1)];
      c.as<float>()[i * c.stride(0) + j * c.stride(1)] = sum;
    }
}

class Toy final : public sdk::HostBackend {
 public:
  static const asg_backend_info info;

  explicit Toy(const asg_host&)
      : HostBackend({sdk::plain_kernel(
            {ASG_OP_MATMUL, ASG_CAP_STRIDED, 2, {sdk::dtype_mask({ASG_F32})}}, matmul)}) {}
};

const asg_backend_info Toy::info =
    sdk::backend_info("toy", "1.0.0", "the consumer test", "multiplies float32 matrices");

}  // namespace

ASG_BACKEND(Toy)
