#include "glslang.hpp"

#include <fmt/core.h>
#include <glslang/Include/glslang_c_interface.h>
#include <glslang/Public/resource_limits_c.h>
#include <glslang/build_info.h>

#include <memory>

#include <asg/sdk/error.hpp>

namespace asg::vulkan {

std::string glslang_version() {
  return fmt::format("{}.{}.{}", GLSLANG_VERSION_MAJOR, GLSLANG_VERSION_MINOR,
                     GLSLANG_VERSION_PATCH);
}

std::vector<uint32_t> compile_glsl(const std::string& source) {
  // Its tables live as long as the process; the plugin's code stays mapped.
  static const bool ready = glslang_initialize_process() != 0;
  const auto fail = [](const char* part, const char* log) {
    throw sdk::Error(ASG_COMPILE_FAILED,
                     fmt::format("glslang refuses a generated shader ({}): {}", part, log));
  };
  if (!ready) fail("start", "it could not be initialized");

  glslang_input_t input{};
  input.language = GLSLANG_SOURCE_GLSL;
  input.stage = GLSLANG_STAGE_COMPUTE;
  input.client = GLSLANG_CLIENT_VULKAN;
  input.client_version = GLSLANG_TARGET_VULKAN_1_2;
  input.target_language = GLSLANG_TARGET_SPV;
  input.target_language_version = GLSLANG_TARGET_SPV_1_5;
  input.code = source.c_str();
  input.default_version = 450;
  input.default_profile = GLSLANG_NO_PROFILE;
  input.messages =
      static_cast<glslang_messages_t>(GLSLANG_MSG_SPV_RULES_BIT | GLSLANG_MSG_VULKAN_RULES_BIT);
  input.resource = glslang_default_resource();

  const std::unique_ptr<glslang_shader_t, void (*)(glslang_shader_t*)> shader(
      glslang_shader_create(&input), glslang_shader_delete);
  if (glslang_shader_preprocess(shader.get(), &input) == 0 ||
      glslang_shader_parse(shader.get(), &input) == 0)
    fail("parse", glslang_shader_get_info_log(shader.get()));
  const std::unique_ptr<glslang_program_t, void (*)(glslang_program_t*)> program(
      glslang_program_create(), glslang_program_delete);
  glslang_program_add_shader(program.get(), shader.get());
  if (glslang_program_link(program.get(), input.messages) == 0)
    fail("link", glslang_program_get_info_log(program.get()));
  glslang_spv_options_t options{};
  // The drivers optimise.
  options.disable_optimizer = true;
  glslang_program_SPIRV_generate_with_options(program.get(), GLSLANG_STAGE_COMPUTE, &options);
  std::vector<uint32_t> words(glslang_program_SPIRV_get_size(program.get()));
  if (words.empty()) fail("generation", "no code came out");
  glslang_program_SPIRV_get(program.get(), words.data());
  return words;
}

}  // namespace asg::vulkan
