/* The instructions that compute a register from registers, for many points at a time. */
#ifndef EXAMPLE_INSTRUCTIONS_H_
#define EXAMPLE_INSTRUCTIONS_H_

#include <stdbool.h>

#include <asg/sdk/backend.h>

/* r[i] = f(a[i], b[i], c[i]) for i < n; what f does not use may be anything.  The result is of
 * `dtype`, `operand` is the type of a.  False where there is no code for it: with n = 0 this is the
 * question of which the capability rows are made, so that they cannot promise what is not there. */
bool compute(uint32_t opcode, uint32_t dtype, uint32_t operand, int64_t n, void* r, const void* a,
             const void* b, const void* c);

/* The opcode by which two elements of a reduction are joined, and what that leaves alone: its bits.
 */
uint32_t combining_opcode(uint32_t reduction);
uint64_t neutral_bits(uint32_t reduction, uint32_t dtype);

/* Bytes of an element; 0 for types that the plugin does not know. */
uint32_t size_of_type(uint32_t dtype);

/* Copies n elements of that size; steps are in elements. */
void copy_elements(uint32_t size, int64_t n, void* to, int64_t to_step, const void* from,
                   int64_t from_step);

#endif
