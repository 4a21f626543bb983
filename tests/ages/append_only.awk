# What a recorded header says must stand in today's in the same order: append_only.awk RECORDED TODAY.
# Comments may change, and lines may be added. (That fields are added at the ends of structs only,
# the program built from the recorded headers finds: it compares where each field lies.)
function code(line) {
  gsub(/\/\*.*\*\//, "", line)
  if (in_comment) { if (line !~ /\*\//) return ""; sub(/.*\*\//, "", line); in_comment = 0 }
  if (line ~ /\/\*/) { sub(/\/\*.*/, "", line); in_comment = 1 }
  gsub(/[ \t]+/, " ", line)
  gsub(/^ | $/, "", line)
  # These numbers grow, and the sizes that are asserted with them.
  if (line ~ /^#define ASG_(ABI_MINOR|OPSET) |^ASG_ASSERT_LAYOUT/) return ""
  return line
}
FNR == 1 { in_comment = 0; ++file }
{ text = code($0) }
text == "" { next }
file == 1 { old[++count] = text; where[count] = FNR }
file == 2 && at < count && text == old[at + 1] { ++at }
END {
  if (count == 0) { print "nothing is recorded"; exit 1 }
  if (at == count) exit 0
  printf "line %d of the recorded header is changed, moved or gone: %s\n", where[at + 1], old[at + 1]
  exit 1
}
