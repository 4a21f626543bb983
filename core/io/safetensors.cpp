#include <asg/io/safetensors.hpp>

#include <algorithm>
#include <new>
#include <vector>

#include <fmt/format.h>
#include <fmt/ranges.h>
#include <nlohmann/json.hpp>

#include <asg/graph/error.hpp>
#include <asg/io/file.hpp>

#include "graph/booleans.hpp"
#include "graph/utf8.hpp"
#include "io/input.hpp"
#include "io/json.hpp"

namespace asg::io {
namespace {

constexpr const char* metadata_key = "__metadata__";
constexpr std::uint64_t longest_header = 100'000'000;  // the format's limit

// In the order in which the format's own writer sorts them: wide types first stay aligned.
constexpr std::pair<DType, std::string_view> names[] = {
    {boolean, "BOOL"}, {i32, "I32"}, {u32, "U32"}, {f32, "F32"}, {f64, "F64"}, {i64, "I64"}};

std::string_view format_name(DType dtype) {
  for (const auto& [known, text] : names)
    if (known == dtype) return text;
  return "";
}

struct HeaderEntry {
  std::string name;
  DType dtype;
  Shape shape;
  std::uint64_t begin, end;  // of its bytes, from the end of the header on
};

// Judges all that the header says before it takes memory for any of it.
class Reader {
 public:
  explicit Reader(const Input& input) : input_(input) {}

  TensorFile run() {
    const auto header = parse_json<nlohmann::json>(read_header(), input_.name());
    for (const auto& [key, value] : header.items())
      key == metadata_key ? metadata(value) : tensor(key, value);
    check_ranges();
    input_.check_room(data_size_);
    for (const HeaderEntry& tensor : tensors_) file_.tensors.emplace(tensor.name, read(tensor));
    return std::move(file_);
  }

 private:
  [[noreturn]] void fail(const std::string& why) const {
    throw FormatError(fmt::format("{}: {}", input_.name(), why));
  }
  [[noreturn]] void fail(const std::string& tensor, const std::string& why) const {
    fail(fmt::format("tensor '{}': {}", shown(tensor), why));
  }

  std::string read_header() {
    if (input_.size() < 8) fail("it has no header: fewer than 8 bytes");
    unsigned char bytes[8];
    input_.read(bytes, 0, sizeof bytes);
    std::uint64_t length = 0;
    for (int i = 7; i >= 0; --i) length = length << 8 | bytes[i];
    if (length > longest_header)
      fail(fmt::format(
          "a header of {} bytes is beyond the format's 100 MB; it may be no safetensors file",
          length));
    if (length > input_.size() - 8)
      fail(fmt::format("its header should have {} bytes, the file ends after {}", length,
                       input_.size() - 8));
    std::string header = input_.text(8, length);
    if (header.empty() || header[0] != '{') fail("its header is not a JSON object");
    data_begin_ = 8 + length;
    data_size_ = input_.size() - data_begin_;
    return header;
  }

  void metadata(const nlohmann::json& value) {
    if (!value.is_object()) fail(fmt::format("{} is not an object", metadata_key));
    for (const auto& [key, text] : value.items()) {
      if (!text.is_string()) fail(fmt::format("{} '{}' is not a text", metadata_key, shown(key)));
      file_.metadata[key] = text.get<std::string>();
    }
  }

  void tensor(const std::string& key, const nlohmann::json& value) {
    const auto has = [&](const char* part, auto is) {
      const auto found = value.find(part);
      return found != value.end() && is(*found);
    };
    const auto is_array = [](const nlohmann::json& part) { return part.is_array(); };
    if (!value.is_object() || !has("shape", is_array) || !has("data_offsets", is_array) ||
        !has("dtype", [](const nlohmann::json& part) { return part.is_string(); }) ||
        value["data_offsets"].size() != 2)
      fail(key, "it needs dtype, shape and data_offsets");
    const auto& type_name = value["dtype"].get_ref<const std::string&>();
    const auto* known = std::find_if(std::begin(names), std::end(names),
                                     [&](const auto& entry) { return entry.second == type_name; });
    if (known == std::end(names))
      fail(key, fmt::format("elements of type {} are not supported; convert them to F32",
                            shown(type_name)));
    HeaderEntry tensor{key, known->first, {}, 0, 0};
    const std::uint64_t bytes = size_of(known->first) * read_shape(key, value["shape"], tensor);
    tensor.begin = natural(key, value["data_offsets"][0], "an offset");
    tensor.end = natural(key, value["data_offsets"][1], "an offset");
    if (tensor.begin > tensor.end || tensor.end > data_size_)
      fail(key, fmt::format("its bytes {} to {} are outside of the {} that the file has",
                            tensor.begin, tensor.end, data_size_));
    if (tensor.end - tensor.begin != bytes)
      fail(key, fmt::format("{} of {} need {} bytes, it has {}", to_string(tensor.shape), type_name,
                            bytes, tensor.end - tensor.begin));
    tensors_.push_back(std::move(tensor));
  }

  // Returns how many elements there are.
  std::uint64_t read_shape(const std::string& key, const nlohmann::json& sizes,
                           HeaderEntry& tensor) {
    if (sizes.size() > static_cast<std::size_t>(max_rank))
      fail(key, fmt::format("{} axes are more than {}", sizes.size(), max_rank));
    for (const nlohmann::json& size : sizes) {
      const std::uint64_t n = natural(key, size, "a size");
      if (n > INT64_MAX) fail(key, "its size overflows");
      tensor.shape.push_back(static_cast<std::int64_t>(n));
    }
    std::uint64_t count = 1, bytes = size_of(tensor.dtype);
    for (const std::int64_t n : tensor.shape) {
      if (n != 0 && bytes > INT64_MAX / static_cast<std::uint64_t>(n))
        fail(key, "its size overflows");
      count *= static_cast<std::uint64_t>(n);
      bytes *= static_cast<std::uint64_t>(n);
    }
    return count;
  }

  std::uint64_t natural(const std::string& key, const nlohmann::json& value, const char* what) {
    if (!value.is_number_unsigned()) fail(key, fmt::format("{} is not a natural number", what));
    return value.get<std::uint64_t>();
  }

  void check_ranges() {
    std::sort(tensors_.begin(), tensors_.end(), [](const HeaderEntry& a, const HeaderEntry& b) {
      return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
    });
    std::uint64_t expected = 0;
    for (const HeaderEntry& tensor : tensors_) {
      if (tensor.begin != expected)
        fail(tensor.name, fmt::format("it begins at byte {} where {} was expected: tensors overlap "
                                      "or leave a hole",
                                      tensor.begin, expected));
      expected = tensor.end;
    }
    if (expected != data_size_)
      fail(fmt::format("its tensors end at byte {}, the data has {}", expected, data_size_));
  }

  [[nodiscard]] Array read(const HeaderEntry& tensor) const {
    try {
      Array array(tensor.dtype, tensor.shape);
      input_.read(array.bytes(), data_begin_ + tensor.begin, tensor.end - tensor.begin);
      return with_clean_booleans(array);
    } catch (const std::bad_alloc&) {
      fail(tensor.name,
           fmt::format("there is no memory for its {} bytes", tensor.end - tensor.begin));
    }
  }

  const Input& input_;
  std::uint64_t data_begin_ = 0, data_size_ = 0;
  TensorFile file_;
  std::vector<HeaderEntry> tensors_;
};

[[noreturn]] void fail_saving(const std::string& why) {
  throw WriteError(fmt::format("cannot save as safetensors: {}", why));
}

// What could not be read again is not written.
void check_can_be_read(const TensorFile& file) {
  for (const auto& [name, array] : file.tensors) {
    if (name == metadata_key)
      fail_saving(
          fmt::format("no tensor can have the name '{}', which the format keeps for texts; "
                      "rename it",
                      name));
    if (!is_utf8(name))
      fail_saving(fmt::format("the name '{}' is no UTF-8; rename the tensor", shown(name)));
    if (array.bytes() == nullptr)
      fail_saving(
          fmt::format("the tensor '{}' was only declared, it has no elements", shown(name)));
  }
  for (const auto& [key, text] : file.metadata)
    if (!is_utf8(key) || !is_utf8(text))
      fail_saving(fmt::format("the metadata '{}' is no UTF-8", shown(key)));
}

std::string quoted(const std::string& text) { return nlohmann::json(text).dump(); }

}  // namespace

TensorFile parse_safetensors(std::string_view bytes, const std::string& name) {
  return Reader(Input(bytes, name)).run();
}

TensorFile load_safetensors(const std::filesystem::path& path) { return Reader(Input(path)).run(); }

std::string serialize_safetensors(const TensorFile& file) {
  check_can_be_read(file);
  std::vector<const std::pair<const std::string, Array>*> order;
  for (const auto& entry : file.tensors) order.push_back(&entry);
  const auto rank = [](DType dtype) {
    return std::find_if(std::begin(names), std::end(names),
                        [&](const auto& n) { return n.first == dtype; });
  };
  std::stable_sort(order.begin(), order.end(), [&](const auto* a, const auto* b) {
    return rank(a->second.dtype()) > rank(b->second.dtype());
  });
  std::string text = "{";
  if (!file.metadata.empty())
    text += fmt::format("{}:{}", quoted(metadata_key), nlohmann::json(file.metadata).dump());
  std::uint64_t offset = 0;
  for (const auto* entry : order) {
    const Array& array = entry->second;
    const std::uint64_t end = offset + array.size_bytes();
    text += fmt::format(R"({}{}:{{"dtype":"{}","shape":[{}],"data_offsets":[{},{}]}})",
                        text.size() > 1 ? "," : "", quoted(entry->first),
                        format_name(array.dtype()), fmt::join(array.shape(), ","), offset, end);
    offset = end;
  }
  text += "}";
  if (text.size() > longest_header)
    fail_saving(fmt::format("{} tensors have a header of {} bytes, beyond the format's 100 MB",
                            order.size(), text.size()));
  text.append((8 - text.size() % 8) % 8, ' ');
  std::string bytes;
  bytes.reserve(8 + text.size() + offset);
  for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<char>(text.size() >> (8 * i) & 0xff));
  bytes += text;
  for (const auto* entry : order)
    bytes.append(reinterpret_cast<const char*>(entry->second.bytes()), entry->second.size_bytes());
  return bytes;
}

void save_safetensors(const std::filesystem::path& path, const TensorFile& file) {
  write_file(path, serialize_safetensors(file));
}

}  // namespace asg::io
