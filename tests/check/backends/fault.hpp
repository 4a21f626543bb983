// What is wrong with a plugin; also its name.
#pragma once

namespace asg::faulty {
extern const char* const fault;
}
