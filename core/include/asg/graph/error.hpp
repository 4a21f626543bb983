// What asg throws. Every message says what is wrong, where, and what to do about it.
#pragma once
#include <stdexcept>
#include <string>

namespace asg {

/// Base of all of asg's exceptions.
struct Error : std::runtime_error {
  using std::runtime_error::runtime_error;
};

/// Shapes that do not fit an op. Thrown at the line that adds the op to the graph.
struct ShapeError : Error {
  using Error::Error;
};
/// Element types or attributes that do not fit an op.
struct TypeError : Error {
  using Error::Error;
};
/// A gradient that does not exist or has no rule.
struct GradientError : Error {
  using Error::Error;
};
/// A backend plugin that cannot be found, loaded or used.
struct PluginError : Error {
  using Error::Error;
};
/// A device that failed: out of memory, lost, an index out of range while running.
struct DeviceError : Error {
  using Error::Error;
};
/// A NaN or an infinity that ASG_CHECK_NAN was asked to find.
struct NumericError : Error {
  using Error::Error;
};
/// A file that cannot be read or does not hold what it should.
struct FormatError : Error {
  using Error::Error;
};
/// A file that cannot be written: no permission, no such directory, a full disk.
struct WriteError : Error {
  using Error::Error;
};
/// State that does not fit a program: a missing, doubled or differently shaped parameter.
struct StateError : Error {
  using Error::Error;
};

/// A rule of asg's own that asg broke. The message asks for a report.
struct InternalError : Error {
  explicit InternalError(const std::string& what)
      : Error(what + "\n  this is a bug in asg, please report it") {}
};

}  // namespace asg
