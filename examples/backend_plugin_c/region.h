/* REGION: loop nests of instructions, with reductions between their phases. */
#ifndef EXAMPLE_REGION_H_
#define EXAMPLE_REGION_H_

#include <stddef.h>

#include <asg/sdk/backend.h>

/* A copy of an array whose elements may be longer or shorter where they were written; what an older
 * writer lacks is zero.  NULL without memory. */
void* copy_span(asg_span span, size_t size);

typedef struct region region;

/* A copy of a region that can be run; NULL with the status and the reason. */
region* region_copy(const asg_region* from, asg_status* status, const char** why);
void region_free(region* r);

/* `addresses`: of element 0 of each value of the program. */
asg_status region_run(region* r, const asg_value* values, char* const* addresses);

#endif
