// Processes that fork: a child of one that uses Vulkan gets an error in time, and no hang.
#include <csignal>
#include <functional>

#include <boost/test/unit_test.hpp>

#include "support.hpp"

namespace asg::testing {
namespace {

/// Runs `body` in a child, which is ended after a while; its result, or -1.
int in_child(const std::function<int()>& body) {
  const pid_t child = fork();
  if (child == 0) {
    // Boost's handlers would have the child go on as the test.
    std::signal(SIGALRM, SIG_DFL);
    alarm(120);
    int result = 99;
    try {
      result = body();
    } catch (const std::exception& e) {
      std::fprintf(stderr, "in the child: %s\n", e.what());
    }
    _exit(result);
  }
  return finish(child);
}

/// 0 when the call is refused because of the fork.
int refused(const std::function<void()>& call) {
  try {
    call();
  } catch (const Failure& e) {
    const bool named = std::string(e.what()).find("forked") != std::string::npos;
    return e.status == ASG_UNAVAILABLE && named ? 0 : 2;
  }
  return 1;
}

// The first of all cases: here nothing has started Vulkan yet.
BOOST_AUTO_TEST_CASE(a_child_may_start_vulkan_where_its_parent_has_not) {
  BOOST_TEST(in_child([] {
               return close(Model().run(LoadedBackend(ASG_TEST_VULKAN)), expected()) ? 0 : 1;
             }) == 0);
}

BOOST_AUTO_TEST_CASE(a_child_of_one_that_uses_vulkan_gets_an_error) {
  auto parent = std::make_unique<LoadedBackend>(ASG_TEST_VULKAN);
  Model model;
  Execution run(*parent, model.p.build());
  model.fill(run);
  const std::vector<float> truth = run.execute().get<float>(model.y);
  // A backend of its own, another device of the parent's, and whatever uses that one's device.
  BOOST_TEST(in_child([&] { return refused([] { LoadedBackend own(ASG_TEST_VULKAN); }); }) == 0);
  BOOST_TEST(in_child([&] {
               return refused([&] {
                 asg_device* device = nullptr;
                 checked([&](asg_error* e) {
                   asg_open_args args{};
                   args.struct_size = sizeof args;
                   return parent->api().device_open(parent->backend(), &args, &device, e);
                 });
               });
             }) == 0);
  BOOST_TEST(in_child([&] { return refused([&] { run.execute(); }); }) == 0);
  BOOST_TEST(in_child([&] { return refused([&] { (void)run.get<float>(model.y); }); }) == 0);
  BOOST_TEST(in_child([&] { return refused([&] { (void)Model().run(*parent); }); }) == 0);
  // Closing what the child has a copy of does nothing to the parent's.
  BOOST_TEST(in_child([&] { return parent.reset(), 0; }) == 0);
  BOOST_TEST((run.execute().get<float>(model.y) == truth));
  BOOST_TEST(close(Model().run(*parent), expected()));
}

}  // namespace
}  // namespace asg::testing
