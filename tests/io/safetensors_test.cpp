// safetensors: what is saved comes back, and of files of others nothing is believed.
#include <chrono>
#include <ctime>
#include <random>

#include <boost/test/unit_test.hpp>

#include <asg/graph/error.hpp>
#include <asg/io/safetensors.hpp>

#include "io/folder.hpp"

namespace {

using namespace asg;
using namespace io_tests;

std::string little_endian(std::uint64_t number) {
  std::string bytes;
  for (int i = 0; i < 8; ++i) bytes.push_back(static_cast<char>(number >> (8 * i) & 0xff));
  return bytes;
}

std::string file_of(const std::string& header, const std::string& data = {}) {
  return little_endian(header.size()) + header + data;
}

std::string repeated(const std::string& text, std::size_t times) {
  std::string result;
  for (std::size_t i = 0; i < times; ++i) result += text;
  return result;
}

io::TensorFile parse(const std::string& bytes) {
  return io::parse_safetensors(bytes, "some.safetensors");
}

io::TensorFile one_of_each() {
  io::TensorFile file;
  file.tensors.emplace("f32", Array({2, 3}, {0.5f, -0.0f, 1e30f, 4.0f, 5.0f, 6.0f}));
  file.tensors.emplace("f64", Array({2}, {0.1, -1e300}));
  file.tensors.emplace("i32", Array({1, 1, 2}, {std::int32_t{-7}, INT32_MAX}));
  file.tensors.emplace("i64", Array(std::int64_t{INT64_MIN}));
  file.tensors.emplace("u32", Array({1}, {UINT32_MAX}));
  file.tensors.emplace("bool", Array({3}, {true, false, true}));
  file.tensors.emplace("none", Array(f32, {0, 5}));
  file.metadata = {{"step", "12"}, {"text", "\"\\\n\x01 ä €"}};
  return file;
}

void check_equal(const io::TensorFile& a, const io::TensorFile& b) {
  BOOST_TEST((a.metadata == b.metadata));
  BOOST_TEST_REQUIRE(a.tensors.size() == b.tensors.size());
  for (const auto& [name, array] : a.tensors) {
    BOOST_TEST_REQUIRE(b.tensors.contains(name), name);
    BOOST_TEST(identical(array, b.tensors.at(name)), name);
  }
}

std::string many_tensors(int count) {
  io::TensorFile file;
  for (int i = 0; i < count; ++i) file.tensors.emplace("layer." + std::to_string(i), Array(1.0f));
  return io::serialize_safetensors(file);
}

double seconds_to_parse(const std::string& bytes) {
  double least = 1e9;
  for (int i = 0; i < 3; ++i) {
    const std::clock_t begin = std::clock();
    static_cast<void>(parse(bytes));
    least = std::min(least, static_cast<double>(std::clock() - begin) / CLOCKS_PER_SEC);
  }
  return least;
}

}  // namespace

BOOST_AUTO_TEST_SUITE(safetensors)

BOOST_AUTO_TEST_CASE(what_is_saved_comes_back_bit_for_bit) {
  const Folder folder;
  const io::TensorFile file = one_of_each();
  check_equal(parse(io::serialize_safetensors(file)), file);
  io::save_safetensors(folder / "file", file);
  check_equal(io::load_safetensors(folder / "file"), file);
  check_equal(parse(io::serialize_safetensors({})), {});
}

BOOST_AUTO_TEST_CASE(every_name_that_is_utf8_comes_back) {
  io::TensorFile file;
  for (const std::string& name :
       {std::string(), std::string("\0x", 2), std::string("\x1b[2J\"\\/\n"), std::string("ü€😀"),
        std::string("__metadata"), std::string("{}"), std::string(10'000, 'n')})
    file.tensors.emplace(name, Array(1.0f));
  check_equal(parse(io::serialize_safetensors(file)), file);
}

BOOST_AUTO_TEST_CASE(what_could_not_be_read_again_is_not_written) {
  const Folder folder;
  io::TensorFile reserved = one_of_each(), bytes = one_of_each(), text = one_of_each(),
                 declared = one_of_each();
  reserved.tensors.emplace("__metadata__", Array(1.0f));
  bytes.tensors.emplace("w\xff\x1b", Array(1.0f));
  text.metadata.emplace("key", "\xc3");
  declared.tensors.emplace("empty", Array());
  folder.write("file", "old");
  const fs::path path = folder / "file";
  BOOST_CHECK_EXCEPTION(io::save_safetensors(path, reserved), WriteError, says("__metadata__"));
  BOOST_CHECK_EXCEPTION(io::save_safetensors(path, bytes), WriteError, says("'w\\xff\\x1b'"));
  BOOST_CHECK_EXCEPTION(io::save_safetensors(path, text), WriteError, says("'key'", "UTF-8"));
  BOOST_CHECK_EXCEPTION(io::save_safetensors(path, declared), WriteError, says("'empty'"));
  BOOST_TEST(content(path) == "old");
  BOOST_TEST(folder.entries() == 1u);
}

BOOST_AUTO_TEST_CASE(nesting_without_end_is_refused_wherever_it_is) {
  for (const std::size_t depth : {100u, 100'000u, 1'000'000u}) {
    const std::string arrays = repeated("[", depth) + repeated("]", depth);
    const std::string objects = repeated("{\"a\":", depth) + "1" + repeated("}", depth);
    const std::string rest = R"(,"data_offsets":[0,4]})";
    for (const std::string& header :
         {R"({"w":{"dtype":"F32","shape":)" + arrays + rest + "}",
          R"({"w":{"dtype":"F32","shape":[1],"more":)" + objects + rest + "}",
          R"({"__metadata__":)" + arrays + "}", R"({"__metadata__":)" + objects + "}",
          "{\"w\":" + repeated("[", depth), repeated("{\"a\":", depth)}) {
      BOOST_CHECK_EXCEPTION(parse(file_of(header, "1234")), FormatError,
                            says("some.safetensors", "nested deeper"));
    }
  }
}

BOOST_AUTO_TEST_CASE(the_time_grows_as_the_number_of_tensors) {
  // A parser that compares each name with all before takes 64 times as long for 8 times as many.
  const double few = seconds_to_parse(many_tensors(8'000)),
               many = seconds_to_parse(many_tensors(64'000));
  BOOST_TEST(many < 24 * std::max(few, 0.005));
}

BOOST_AUTO_TEST_CASE(other_bytes_of_bool_than_0_are_true) {
  const std::string header = R"({"b":{"dtype":"BOOL","shape":[6],"data_offsets":[0,6]}})";
  const Array b = parse(file_of(header, std::string("\0\1\2\x80\xff\0", 6))).tensors.at("b");
  BOOST_TEST(identical(b, Array({6}, {false, true, true, true, true, false})));
  BOOST_TEST(identical(b.to(f32), Array({6}, {0.0f, 1.0f, 1.0f, 1.0f, 1.0f, 0.0f})));
}

BOOST_AUTO_TEST_CASE(a_header_is_judged_before_what_follows_it_is_read) {
  const Folder folder;
  constexpr std::uintmax_t huge = std::uintmax_t{1} << 40;
  const std::string tensor = R"({"w":{"dtype":"F32","shape":[4],"data_offsets":[0,16]}})";
  const std::string all =
      R"({"w":{"dtype":"F32","shape":[274877906944],"data_offsets":[0,1099511627776]}})";
  const auto refused = [&](const std::string& begin, std::uintmax_t size, const char* why) {
    if (!write_sparse(folder / "huge", begin, size)) return;
    BOOST_CHECK_EXCEPTION(static_cast<void>(io::load_safetensors(folder / "huge")), FormatError,
                          says("/huge", why));
  };
  refused("", huge, "not a JSON object");
  refused(little_endian(100'000'000), huge, "not a JSON object");
  refused(little_endian(100'000'001), huge, "100 MB");
  refused(little_endian(UINT64_MAX), huge, "100 MB");
  refused(file_of(tensor), huge, "end at byte 16");
  refused(file_of(all), 8 + all.size() + huge, "memory");
  BOOST_CHECK_EXCEPTION(static_cast<void>(io::load_safetensors(folder / "nosuch")), FormatError,
                        says("/nosuch"));
}

BOOST_AUTO_TEST_CASE(each_damage_is_named) {
  const std::pair<const char*, const char*> cases[] = {
      {"", "not a JSON object"},
      {"[]", "not a JSON object"},
      {"{", "damaged JSON"},
      {"{}x", "damaged JSON"},
      {"{\"w\xff\":1}", "damaged JSON"},
      {R"({"w":1e999})", "damaged JSON"},
      {R"({"w":1})", "tensor 'w'"},
      {R"({"w":{}})", "needs dtype"},
      {R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},"w":{}})", "'w' twice"},
      {R"({"w":{"dtype":"F32","dtype":"I32","shape":[1],"data_offsets":[0,4]}})", "'dtype' twice"},
      {R"({"w":{"dtype":1,"shape":[1],"data_offsets":[0,4]}})", "needs dtype"},
      {R"({"w":{"dtype":"F32","shape":1,"data_offsets":[0,4]}})", "needs dtype"},
      {R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0]}})", "needs dtype"},
      {R"({"w":{"dtype":"BF16","shape":[2],"data_offsets":[0,4]}})", "BF16"},
      {R"({"w":{"dtype":"F32","shape":[-1],"data_offsets":[0,4]}})", "a size"},
      {R"({"w":{"dtype":"F32","shape":[1.0],"data_offsets":[0,4]}})", "a size"},
      {R"({"w":{"dtype":"F32","shape":["1"],"data_offsets":[0,4]}})", "a size"},
      {R"({"w":{"dtype":"F32","shape":[[1]],"data_offsets":[0,4]}})", "a size"},
      {R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[null,4]}})", "an offset"},
      {R"({"w":{"dtype":"F32","shape":[1,1,1,1,1,1,1,1,1],"data_offsets":[0,4]}})", "9 axes"},
      {R"({"w":{"dtype":"F32","shape":[4611686018427387905],"data_offsets":[0,4]}})", "overflows"},
      {R"({"w":{"dtype":"F32","shape":[18446744073709551615],"data_offsets":[0,4]}})", "overflows"},
      {R"({"w":{"dtype":"F32","shape":[4294967296,4294967296],"data_offsets":[0,4]}})",
       "overflows"},
      {R"({"w":{"dtype":"F32","shape":[2],"data_offsets":[0,4]}})", "need 8 bytes"},
      {R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[4,0]}})", "outside"},
      {R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,400]}})", "outside"},
      {R"({"w":{"dtype":"F32","shape":[0],"data_offsets":[4,4]}})", "begins at byte 4"},
      {R"({"w":{"dtype":"F32","shape":[1],"data_offsets":[0,4]},)"
       R"("v":{"dtype":"F32","shape":[1],"data_offsets":[0,4]}})",
       "overlap"},
      {"{}", "end at byte 0"},
      {R"({"__metadata__":[]})", "not an object"},
      {R"({"__metadata__":{"a":1}})", "not a text"}};
  for (const auto& [header, why] : cases)
    BOOST_CHECK_EXCEPTION(parse(file_of(header, "1234")), FormatError,
                          says("some.safetensors", why));
  // However long a name is, and whatever a terminal would make of it.
  const std::string name = "\x1b[2J" + std::string(1'000'000, 'n');
  try {
    parse(file_of("{\"\\u001b[2J" + name.substr(4) + "\":1}"));
    BOOST_ERROR("a number is no tensor");
  } catch (const FormatError& error) {
    BOOST_TEST(std::string(error.what()).size() < 1000u);
    BOOST_TEST(std::string(error.what()).find('\x1b') == std::string::npos);
  }
}

BOOST_AUTO_TEST_CASE(a_file_cut_off_anywhere_is_refused) {
  const std::string bytes = io::serialize_safetensors(one_of_each());
  for (std::size_t size = 0; size < bytes.size(); ++size)
    BOOST_CHECK_THROW(parse(bytes.substr(0, size)), FormatError);
  BOOST_CHECK_THROW(parse(bytes + "x"), FormatError);
}

BOOST_AUTO_TEST_CASE(of_changed_bytes_nothing_but_format_errors_comes) {
  const std::string bytes = io::serialize_safetensors(one_of_each());
  std::minstd_rand random(7);
  int refused = 0;
  for (int i = 0; i < 20'000; ++i) {
    std::string changed = bytes;
    for (std::uint_fast32_t n = 1 + random() % 4; n > 0; --n)
      changed[random() % changed.size()] = static_cast<char>(random() % 256);
    try {
      static_cast<void>(parse(changed));
    } catch (const FormatError&) {
      ++refused;
    }
  }
  BOOST_TEST(refused > 5'000);
}

BOOST_AUTO_TEST_SUITE_END()
