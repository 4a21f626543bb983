// What validation layers say of themselves, told from what they find.
#pragma once

#include <algorithm>
#include <iterator>
#include <string_view>

namespace asg::vulkan {

/// A message that is no finding: its id, and what its text says after the call's name. One id serves
/// for all that the layer has to say of its settings, also that it leaves checks out: so the text
/// counts, too.
struct LayerMessage {
  std::string_view id, text;
};

inline constexpr LayerMessage layer_messages[] = {
    // GPU-assisted validation writes its own descriptors and counters beside a program's. It lowers
    // limits to what its tables hold; we see the lowered ones.
    {"WARNING-GPU-Assisted-Validation", "Internal Warning: Setting VkPhysicalDevice"},
    // It turns features on that its code in our shaders needs; we neither need nor forbid them.
    {"WARNING-GPU-Assisted-Validation", "Internal Warning: Forcing "},
    // It leaves out the checks of ray queries where the device has none; our shaders have none.
    {"WARNING-GPU-Assisted-Validation", "Internal Warning: Ray Query validation option "},
};

/// Whether a message is of that kind.
inline bool about_the_layer(std::string_view id, std::string_view text) {
  // "vkCreateDevice(): Internal Warning: ..."
  constexpr std::string_view after_call = "(): ";
  if (const std::size_t end = text.find(after_call); end != std::string_view::npos)
    text.remove_prefix(end + after_call.size());
  return std::any_of(
      std::begin(layer_messages), std::end(layer_messages),
      [&](const LayerMessage& known) { return id == known.id && text.starts_with(known.text); });
}

}  // namespace asg::vulkan
