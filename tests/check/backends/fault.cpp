#include "fault.hpp"

namespace asg::faulty {
const char* const fault = FAULT;
}
