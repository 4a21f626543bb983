// Text: characters, vocabularies, windows, and what of them is refused.
#include <random>

#include <boost/test/unit_test.hpp>

#include <asg/data/random.hpp>
#include <asg/data/text.hpp>
#include <asg/graph/error.hpp>

#include "io/folder.hpp"

using namespace asg;
using namespace io_tests;

BOOST_AUTO_TEST_SUITE(text)

BOOST_AUTO_TEST_CASE(every_text_comes_back_from_its_tokens) {
  std::minstd_rand random(3);
  for (int i = 0; i < 200; ++i) {
    std::string text = "aä€😀";
    for (int n = 0; n < 50; ++n) text.push_back(static_cast<char>(random() % 256));
    const data::CharTokenizer tokenizer(text);
    BOOST_TEST((tokenizer.decode(tokenizer.encode(text)) == text));
    const data::CharTokenizer again(tokenizer.vocabulary());
    BOOST_TEST((again.encode(text) == tokenizer.encode(text)));
  }
}

BOOST_AUTO_TEST_CASE(bytes_that_are_no_utf8_are_characters_of_their_own) {
  // Overlong, a surrogate, beyond the last code point, cut off.
  for (const char* text : {"\xc0\xaf", "\xed\xa0\x80", "\xf5\x80\x80\x80", "\xe2\x82"}) {
    const data::CharTokenizer tokenizer((std::string_view(text)));
    for (const std::string& character : tokenizer.vocabulary()) BOOST_TEST(character.size() == 1u);
  }
  BOOST_TEST(data::CharTokenizer(std::string_view("äää")).size() == 1);
}

BOOST_AUTO_TEST_CASE(what_the_vocabulary_lacks_is_an_error_of_asg) {
  const data::CharTokenizer tokenizer(std::string_view("abc"));
  BOOST_CHECK_EXCEPTION(static_cast<void>(tokenizer.encode("abd")), FormatError, says("'d'"));
  BOOST_CHECK_EXCEPTION(static_cast<void>(tokenizer.encode("\xff")), FormatError, says("'\\xff'"));
  for (const std::int32_t token : {-1, 3, INT32_MAX, INT32_MIN})
    BOOST_CHECK_THROW(static_cast<void>(tokenizer.decode({0, token})), FormatError);
  BOOST_CHECK_EXCEPTION(data::CharTokenizer(std::vector<std::string>{"b", "a", "b"}), FormatError,
                        says("'b'", "twice"));
}

BOOST_AUTO_TEST_CASE(folders_are_read_in_the_order_of_their_names_and_files_once) {
  const Folder folder;
  fs::create_directory(folder / "all");
  folder.write("all/b", "2");
  folder.write("all/a", "1");
  fs::create_symlink("a", folder / "all/c");
  BOOST_TEST(data::read_text({folder / "all"}) == "12");
  BOOST_TEST(data::read_text({folder / "all/b", folder / "all"}) == "21");
  fs::create_directory(folder / "empty");
  BOOST_CHECK_EXCEPTION(static_cast<void>(data::read_text({folder / "empty"})), FormatError,
                        says("/empty"));
  BOOST_CHECK_EXCEPTION(static_cast<void>(data::read_text({folder / "nosuch"})), FormatError,
                        says("/nosuch"));
  BOOST_CHECK_THROW(static_cast<void>(data::read_text({})), FormatError);
  if (!write_sparse(folder / "huge", "text", std::uintmax_t{1} << 40)) return;
  BOOST_CHECK_EXCEPTION(static_cast<void>(data::read_text({folder / "huge"})), FormatError,
                        says("/huge", "memory"));
}

BOOST_AUTO_TEST_CASE(windows_are_neighbours_in_the_text) {
  std::vector<std::int32_t> tokens(100);
  for (std::size_t i = 0; i < tokens.size(); ++i) tokens[i] = static_cast<std::int32_t>(i);
  const data::TokenBatches batches(tokens, 8, 4, 1);
  const auto [inputs, targets] = batches.batch(3);
  for (std::int64_t i = 0; i < inputs.numel(); ++i) BOOST_TEST(targets.get(i) == inputs.get(i) + 1);
  BOOST_CHECK_THROW(data::TokenBatches(tokens, 100, 4, 1), FormatError);
  BOOST_CHECK_THROW(data::TokenBatches(tokens, 0, 4, 1), FormatError);
  BOOST_CHECK_THROW(data::TokenBatches(tokens, -1, 4, 1), FormatError);
  BOOST_CHECK_THROW(data::TokenBatches(tokens, 8, 0, 1), FormatError);
}

BOOST_AUTO_TEST_CASE(a_place_is_drawn_among_more_than_32_bits_can_count) {
  data::Random random(5);
  for (const std::uint64_t bound :
       {(std::uint64_t{1} << 32) + 1, std::uint64_t{3} << 32, UINT64_MAX}) {
    int in_upper_half = 0;
    for (int i = 0; i < 1'000; ++i) {
      const std::uint64_t drawn = random.below(bound);
      BOOST_TEST(drawn < bound);
      in_upper_half += drawn >= bound / 2 ? 1 : 0;
    }
    BOOST_TEST(in_upper_half > 400);
    BOOST_TEST(in_upper_half < 600);
  }
}

BOOST_AUTO_TEST_CASE(smaller_draws_are_what_they_always_were) {
  data::Random random(1, 2);
  const std::uint64_t bounds[] = {10, 213588, UINT32_MAX};
  std::vector<std::uint64_t> drawn;
  for (const std::uint64_t bound : bounds) drawn.push_back(random.below(bound));
  const std::vector<std::uint64_t> expected{6, 94685, 1860457385};
  BOOST_TEST(drawn == expected, boost::test_tools::per_element());
}

BOOST_AUTO_TEST_SUITE_END()
