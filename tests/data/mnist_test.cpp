// MNIST's files: what they hold, and what is refused before it is read.
#include <random>

#include <boost/test/unit_test.hpp>

#include <asg/data/images.hpp>
#include <asg/graph/error.hpp>

#include "io/folder.hpp"

namespace {

using namespace asg;
using namespace io_tests;

std::string big_endian(std::initializer_list<std::uint32_t> numbers) {
  std::string bytes;
  for (const std::uint32_t number : numbers)
    for (int shift = 24; shift >= 0; shift -= 8)
      bytes.push_back(static_cast<char>(number >> shift & 0xff));
  return bytes;
}

constexpr std::size_t pixels = 28 * 28;

std::string images_of(std::uint32_t count) {
  std::string bytes = big_endian({0x803, count, 28, 28});
  for (std::size_t i = 0; i < count * pixels; ++i) bytes.push_back(static_cast<char>(i % 251));
  return bytes;
}

std::string labels_of(const std::string& labels) {
  return big_endian({0x801, static_cast<std::uint32_t>(labels.size())}) + labels;
}

class Mnist {
 public:
  Mnist(const std::string& images, const std::string& labels) {
    folder_.write("train-images-idx3-ubyte", images);
    folder_.write("train-labels-idx1-ubyte", labels);
  }
  [[nodiscard]] data::LabelledImages load() const { return data::load_mnist(folder_ / "", true); }
  [[nodiscard]] const Folder& folder() const { return folder_; }

 private:
  Folder folder_;
};

void check_refused(const std::string& images, const std::string& labels, const char* file,
                   const char* why) {
  const Mnist mnist(images, labels);
  BOOST_CHECK_EXCEPTION(static_cast<void>(mnist.load()), FormatError, says(file, why));
}

}  // namespace

BOOST_AUTO_TEST_SUITE(mnist)

BOOST_AUTO_TEST_CASE(pixels_and_labels_are_those_of_the_files) {
  const auto [images, labels] = Mnist(images_of(3), labels_of({0, 9, 5})).load();
  BOOST_TEST((images.shape() == Shape{3, 1, 28, 28}));
  BOOST_TEST(identical(labels, Array({3}, std::vector<std::int32_t>{0, 9, 5})));
  for (const std::size_t i : {std::size_t{0}, std::size_t{1}, pixels, 3 * pixels - 1})
    BOOST_TEST(images.data<float>()[i] == static_cast<float>(i % 251) / 255);
  BOOST_TEST((Mnist(images_of(0), labels_of("")).load().images.shape() == Shape{0, 1, 28, 28}));
}

BOOST_AUTO_TEST_CASE(labels_from_10_on_are_refused_when_they_are_loaded) {
  for (const char label : {'\x0a', '\x7f', '\xff'})
    check_refused(images_of(2), labels_of({3, label}), "labels-idx1", "label 1");
}

BOOST_AUTO_TEST_CASE(images_of_another_size_are_refused_when_they_are_loaded) {
  const std::string data(4 * pixels, 'x');
  const std::pair<std::uint32_t, std::uint32_t> sizes[] = {{28, 56}, {56, 28}, {56, 56}, {1, 3136}};
  for (const auto& [rows, columns] : sizes) {
    const std::uint32_t count = static_cast<std::uint32_t>(data.size()) / rows / columns;
    check_refused(big_endian({0x803, count, rows, columns}) + data,
                  labels_of(std::string(count, '\1')), "images-idx3", "28x28");
  }
}

BOOST_AUTO_TEST_CASE(each_damage_is_named) {
  const std::string images = images_of(2), labels = labels_of({1, 2});
  check_refused("", labels, "images-idx3", "cut off");
  check_refused(images.substr(0, 15), labels, "images-idx3", "cut off");
  check_refused(images.substr(0, images.size() - 1), labels, "images-idx3", "promises");
  check_refused(images + "x", labels, "images-idx3", "should have");
  check_refused(images, labels.substr(0, 5), "labels-idx1", "cut off");
  check_refused(images, labels.substr(0, 9), "labels-idx1", "promises");
  check_refused(images, images, "labels-idx1", "not an IDX");
  check_refused("\x1f\x8b" + images.substr(2), labels, "images-idx3", "compressed");
  check_refused(images, labels_of({1, 2, 3}), "images-idx3", "3 labels");
  // Sizes whose product wraps around to what the file has.
  check_refused(big_endian({0x803, 0x80000000, 0x80000000, 4}), labels, "images-idx3", "promises");
  check_refused(big_endian({0x803, UINT32_MAX, UINT32_MAX, UINT32_MAX}), labels, "images-idx3",
                "promises");
  const Mnist mnist(images, labels);
  BOOST_CHECK_EXCEPTION(static_cast<void>(data::load_mnist(mnist.folder() / "", false)),
                        FormatError, says("t10k-images-idx3-ubyte"));
}

BOOST_AUTO_TEST_CASE(a_header_is_judged_before_what_follows_it_is_read) {
  const Mnist mnist("", labels_of({1, 2}));
  const fs::path images = mnist.folder() / "train-images-idx3-ubyte";
  constexpr std::uintmax_t huge = std::uintmax_t{1} << 40;
  if (!write_sparse(images, images_of(2), huge)) return;
  BOOST_CHECK_EXCEPTION(static_cast<void>(mnist.load()), FormatError,
                        says("images-idx3", "should have 1584 bytes", "1099511627776"));
  write_sparse(images, "", huge);
  BOOST_CHECK_EXCEPTION(static_cast<void>(mnist.load()), FormatError, says("not an IDX"));
  // As many images as 32 bits count, and labels for them: more than memory, with right headers.
  constexpr std::uint32_t count = UINT32_MAX;
  write_sparse(images, big_endian({0x803, count, 28, 28}), 16 + std::uintmax_t{count} * pixels);
  write_sparse(mnist.folder() / "train-labels-idx1-ubyte", big_endian({0x801, count}),
               8 + std::uintmax_t{count});
  BOOST_CHECK_EXCEPTION(static_cast<void>(mnist.load()), FormatError,
                        says("images-idx3", "memory"));
}

BOOST_AUTO_TEST_CASE(of_changed_bytes_nothing_but_format_errors_comes) {
  const std::string images = images_of(2), labels = labels_of({1, 2});
  std::minstd_rand random(7);
  for (int i = 0; i < 400; ++i) {
    std::string a = images, b = labels;
    a[random() % 20] = static_cast<char>(random() % 256);
    if (random() % 2 == 0) b[random() % b.size()] = static_cast<char>(random() % 256);
    try {
      const auto loaded = Mnist(a, b).load();
      BOOST_TEST((loaded.images.shape() == Shape{2, 1, 28, 28}));
    } catch (const FormatError&) {
    }
  }
}

BOOST_AUTO_TEST_CASE(batches_refuse_what_does_not_belong_together) {
  const Array images = Array::zeros(f32, {4, 1, 28, 28});
  BOOST_CHECK_THROW(data::ImageBatches({images, Array::zeros(i32, {5})}, 2, 1), FormatError);
  BOOST_CHECK_THROW(data::ImageBatches({images, Array::zeros(i64, {4})}, 2, 1), FormatError);
  BOOST_CHECK_THROW(data::ImageBatches({images, Array()}, 1, 1), FormatError);
  BOOST_CHECK_THROW(data::ImageBatches({images, Array::zeros(i32, {4})}, 5, 1), FormatError);
  data::ImageBatches batches({images, Array::zeros(i32, {4})}, 2, 1);
  BOOST_CHECK_THROW(static_cast<void>(batches.batch(-1)), FormatError);
  BOOST_TEST((batches.batch(5).images.shape() == Shape{2, 1, 28, 28}));
}

BOOST_AUTO_TEST_SUITE_END()
