# Prints each class of the library that has the name of another one in the same namespace, as FILE:LINE: RULE.
# The linker takes one of their functions for both, without a word. What is in unnamed namespaces has no such name.
FNR == 1 { depth = 0 }
/^(inline )?namespace [A-Za-z_:]* *\{/ {
  name = $0
  sub(/^(inline )?namespace /, "", name)
  sub(/ *\{.*/, "", name)
  open[++depth] = name
  next
}
/^namespace \{/ { open[++depth] = ""; next }
/^\}  \/\/ namespace/ { if (depth > 0) --depth; next }
/^(struct|class) [A-Za-z_0-9]+( final)?( :.*)?( \{.*)?$/ {
  scope = ""
  for (i = 1; i <= depth; ++i) {
    if (open[i] == "") next
    scope = scope open[i] "::"
  }
  full = scope $2
  if (full in first && first[full] != FILENAME) {
    print FILENAME ":" FNR ": " full " is also in " first[full] ": a name in a namespace means one thing"
    found = 1
  } else {
    first[full] = FILENAME
  }
}
END { exit found }
