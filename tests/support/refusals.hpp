// What tests ask of a refusal.
#pragma once
#include <functional>
#include <string>
#include <vector>

#include <boost/test/unit_test.hpp>

#include "support/messages.hpp"

namespace test_support {

/// Checks that the call throws an E whose message has all of the parts.
template <class E>
void refuses(const std::function<void()>& call, const std::vector<std::string>& parts) {
  const std::string message = message_of<E>(call);
  for (const std::string& part : parts)
    BOOST_TEST(contains(message, part), "'" << part << "' is missing in: " << message);
}

}  // namespace test_support
