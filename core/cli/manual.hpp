// The manual pages of `asg`, in the language of man(7).
#pragma once
#include <span>
#include <string>

#include "cli/command_tree.hpp"

namespace asg::cli {

/// The page of the program (the first of the tree) or of one of its commands.
[[nodiscard]] std::string manual_page(std::span<const CommandFacts> tree,
                                      const CommandFacts& subject);

}  // namespace asg::cli
