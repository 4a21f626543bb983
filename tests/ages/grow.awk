# The headers of the ABI as a later version may have them: every struct but the two that stand inside
# others has one more field at its end, the table one more function; the minor version and the opset are higher.
/^#define ASG_ASSERT_LAYOUT/ { print "#define ASG_ASSERT_LAYOUT(c) static_assert(1, \"\")"; next }
/^#define ASG_ABI_MINOR/ { sub(/ [0-9]+u/, " 1u") }
/^#define ASG_OPSET/ { sub(/ [0-9]+u/, " 2u") }
/^} asg_[a-z_]+;/ && !/^} asg_(span|room);/ { print "  uint64_t of_tomorrow;" }
{ print }
