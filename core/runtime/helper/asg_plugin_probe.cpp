// Tries one plugin for asg and reports; the library starts it. See core/runtime/probe.hpp.
#include "runtime/probe.hpp"

int main(int argc, char** argv) { return asg::loader::run_probe(argc, argv); }
