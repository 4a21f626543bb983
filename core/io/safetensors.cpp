#include <asg/io/safetensors.hpp>

#include <algorithm>
#include <cstring>
#include <vector>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

#include <asg/graph/error.hpp>
#include <asg/io/file.hpp>

namespace asg::io {
namespace {

using Json = nlohmann::ordered_json;

constexpr std::uint64_t longest_header = 100'000'000;  // the format's limit

// In the order in which the format's own writer sorts them: wide types first stay aligned.
constexpr std::pair<DType, std::string_view> names[] = {
    {boolean, "BOOL"}, {i32, "I32"}, {u32, "U32"}, {f32, "F32"}, {f64, "F64"}, {i64, "I64"}};

std::string_view format_name(DType dtype) {
  for (const auto& [known, text] : names)
    if (known == dtype) return text;
  return "";
}

struct Range {
  std::uint64_t begin, end;
  std::string tensor;
};

class Parser {
 public:
  Parser(std::string_view bytes, const std::string& name) : bytes_(bytes), name_(name) {}

  TensorFile run() {
    if (bytes_.size() < 8) fail("it has no header: fewer than 8 bytes");
    std::uint64_t length = 0;
    for (int i = 7; i >= 0; --i)
      length = length << 8 | static_cast<unsigned char>(bytes_[static_cast<std::size_t>(i)]);
    if (length > longest_header)
      fail(fmt::format(
          "a header of {} bytes is beyond the format's 100 MB; it may be no safetensors file",
          length));
    if (length > bytes_.size() - 8)
      fail(fmt::format("its header should have {} bytes, the file ends after {}", length,
                       bytes_.size() - 8));
    const std::string_view header = bytes_.substr(8, length);
    if (header.empty() || header[0] != '{') fail("its header is not a JSON object");
    // Seen before the parser merges them: a repeated name could hide a tensor.
    std::vector<std::vector<std::string>> keys;
    const Json::parser_callback_t no_repeats = [&](int, Json::parse_event_t event, Json& value) {
      if (event == Json::parse_event_t::object_start) keys.emplace_back();
      if (event == Json::parse_event_t::object_end) keys.pop_back();
      if (event == Json::parse_event_t::key) {
        const auto key = value.get<std::string>();
        if (std::find(keys.back().begin(), keys.back().end(), key) != keys.back().end())
          fail(fmt::format("its header has '{}' twice", key));
        keys.back().push_back(key);
      }
      return true;
    };
    Json json;
    try {
      json = Json::parse(header, no_repeats);
    } catch (const Json::exception& error) {
      fail(fmt::format("its header is damaged: {}", error.what()));
    }
    data_ = bytes_.substr(8 + length);
    for (const auto& [key, value] : json.items())
      key == "__metadata__" ? metadata(value) : tensor(key, value);
    check_ranges();
    return std::move(file_);
  }

 private:
  [[noreturn]] void fail(const std::string& why) const {
    throw FormatError(fmt::format("{}: {}", name_, why));
  }

  void metadata(const Json& value) {
    if (!value.is_object()) fail("__metadata__ is not an object");
    for (const auto& [key, text] : value.items()) {
      if (!text.is_string()) fail(fmt::format("__metadata__ '{}' is not a text", key));
      file_.metadata[key] = text.get<std::string>();
    }
  }

  void tensor(const std::string& key, const Json& value) {
    const auto broken = [&](const std::string& why) {
      fail(fmt::format("tensor '{}': {}", key, why));
    };
    if (!value.is_object() || !value.contains("dtype") || !value.contains("shape") ||
        !value.contains("data_offsets") || !value["dtype"].is_string() ||
        !value["shape"].is_array() || !value["data_offsets"].is_array() ||
        value["data_offsets"].size() != 2)
      broken("it needs dtype, shape and data_offsets");
    const auto type_name = value["dtype"].get<std::string>();
    const auto* known = std::find_if(std::begin(names), std::end(names),
                                     [&](const auto& entry) { return entry.second == type_name; });
    if (known == std::end(names))
      broken(fmt::format("elements of type {} are not supported; convert them to F32", type_name));
    const auto sizes = value["shape"];
    if (sizes.size() > static_cast<std::size_t>(max_rank))
      broken(fmt::format("{} axes are more than {}", sizes.size(), max_rank));
    Shape shape;
    std::uint64_t bytes = size_of(known->first);
    for (const Json& size : sizes) {
      if (!size.is_number_unsigned()) broken("a size is not a natural number");
      const auto n = size.get<std::uint64_t>();
      if (n > INT64_MAX || (n != 0 && bytes > UINT64_MAX / n)) broken("its size overflows");
      bytes *= n;
      shape.push_back(static_cast<std::int64_t>(n));
    }
    std::uint64_t offsets[2];
    for (std::size_t i = 0; i < 2; ++i) {
      if (!value["data_offsets"][i].is_number_unsigned())
        broken("an offset is not a natural number");
      offsets[i] = value["data_offsets"][i].get<std::uint64_t>();
    }
    if (offsets[0] > offsets[1] || offsets[1] > data_.size())
      broken(fmt::format("its bytes {} to {} are outside of the {} that the file has", offsets[0],
                         offsets[1], data_.size()));
    if (offsets[1] - offsets[0] != bytes)
      broken(fmt::format("{} of {} need {} bytes, it has {}", to_string(shape), type_name, bytes,
                         offsets[1] - offsets[0]));
    Array array(known->first, shape);
    if (bytes > 0) std::memcpy(array.bytes(), data_.data() + offsets[0], bytes);
    file_.tensors.emplace(key, std::move(array));
    ranges_.push_back({offsets[0], offsets[1], key});
  }

  void check_ranges() {
    std::sort(ranges_.begin(), ranges_.end(), [](const Range& a, const Range& b) {
      return std::pair(a.begin, a.end) < std::pair(b.begin, b.end);
    });
    std::uint64_t expected = 0;
    for (const Range& range : ranges_) {
      if (range.begin != expected)
        fail(fmt::format(
            "tensor '{}' begins at byte {} where {} was expected: tensors overlap or leave a hole",
            range.tensor, range.begin, expected));
      expected = range.end;
    }
    if (expected != data_.size())
      fail(fmt::format("its tensors end at byte {}, the data has {}", expected, data_.size()));
  }

  std::string_view bytes_;
  const std::string& name_;
  std::string_view data_;
  TensorFile file_;
  std::vector<Range> ranges_;
};

}  // namespace

TensorFile parse_safetensors(std::string_view bytes, const std::string& name) {
  return Parser(bytes, name).run();
}

TensorFile load_safetensors(const std::filesystem::path& path) {
  return parse_safetensors(read_file(path), path.string());
}

std::string serialize_safetensors(const TensorFile& file) {
  std::vector<const std::pair<const std::string, Array>*> order;
  for (const auto& entry : file.tensors) order.push_back(&entry);
  const auto rank = [](DType dtype) {
    return std::find_if(std::begin(names), std::end(names),
                        [&](const auto& n) { return n.first == dtype; });
  };
  std::stable_sort(order.begin(), order.end(), [&](const auto* a, const auto* b) {
    return rank(a->second.dtype()) > rank(b->second.dtype());
  });
  Json header = Json::object();
  if (!file.metadata.empty()) header["__metadata__"] = file.metadata;
  std::uint64_t offset = 0;
  for (const auto* entry : order) {
    const Array& array = entry->second;
    header[entry->first] = {{"dtype", format_name(array.dtype())},
                            {"shape", array.shape().to_vector()},
                            {"data_offsets", {offset, offset + array.size_bytes()}}};
    offset += array.size_bytes();
  }
  std::string text = header.dump();
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
