#include "region.h"

#include <stdlib.h>
#include <string.h>

#include "instructions.h"

/* Points of a domain that are computed together: neighbours along the last axis. */
#define ROW_SIZE 256
typedef struct points {
  int64_t at[ASG_MAX_RANK]; /* the first of them */
  int64_t n;
} points;
typedef uint64_t cells[ROW_SIZE]; /* a register: elements of at most 8 bytes */

/* A reduction.  A phase puts its elements side by side, those of one result after another; then
 * each result is brought to where its first element was, by the fixed tree of program.h. */
typedef struct reduction {
  asg_reduction what;
  int64_t length, room, count; /* elements of a result, and places for them; results */
  int64_t strides[ASG_MAX_RANK], kept_strides[ASG_MAX_RANK], kept_dims[ASG_MAX_RANK];
  char* elements;
} reduction;

struct region {
  uint32_t rank, n_insts, n_reductions, n_phases;
  int64_t dims[ASG_MAX_RANK];
  asg_inst* insts;
  asg_access* accesses;
  asg_store* stores;
  asg_phase* phases;
  reduction* reductions;
  cells* registers; /* and one more, for results on their way */
};

void* copy_span(asg_span span, size_t size) {
  char* copy = calloc(span.count + (size_t)1, size); /* of nothing, too, it is not NULL */
  const size_t known = span.stride < size ? span.stride : size;
  for (uint32_t i = 0; copy != NULL && i < span.count; ++i)
    memcpy(copy + i * size, ASG_AT(char, span, i), known);
  return copy;
}

static bool is_reduced(const asg_reduction* what, uint32_t d) { return what->axes >> d & 1; }

static void number_elements(reduction* r, const int64_t* dims, uint32_t rank) {
  r->length = r->count = 1;
  for (uint32_t d = rank; d-- > 0;) {
    r->kept_dims[d] = is_reduced(&r->what, d) ? 1 : dims[d];
    if (!is_reduced(&r->what, d)) continue;
    r->strides[d] = r->length;
    r->length *= dims[d];
  }
  r->room = r->length > 0 ? r->length : 1; /* a result of nothing needs a place, too */
  for (uint32_t d = rank; d-- > 0;) {
    if (!is_reduced(&r->what, d)) r->strides[d] = r->kept_strides[d] = r->count * r->room;
    r->count *= r->kept_dims[d];
  }
}

/* What the rows of plugin.c do not promise is refused, with the reason. */
static const char* refused(const region* r, uint32_t n_accesses, uint32_t n_instances) {
  if (n_instances > 0) return "it has instances";
  for (uint32_t i = 0; i < n_accesses; ++i)
    if (r->accesses[i].bounds.count > 0) return "an access has bounds";
  for (uint32_t k = 0; k < r->n_insts; ++k) {
    const asg_inst* inst = &r->insts[k];
    const uint32_t operand = inst->a < k ? r->insts[inst->a].dtype : inst->dtype;
    if (size_of_type(inst->dtype) == 0) return "it computes in another type";
    if (inst->op > ASG_EW_REDUCED &&
        !compute(inst->op, inst->dtype, operand, 0, NULL, NULL, NULL, NULL))
      return "it has an instruction that is not there";
  }
  for (uint32_t i = 0; i < r->n_reductions; ++i) {
    const asg_reduction* what = &r->reductions[i].what;
    if (!compute(combining_opcode(what->kind), what->dtype, what->dtype, 0, NULL, NULL, NULL, NULL))
      return "it has a reduction that is not there";
  }
  return NULL;
}

region* region_copy(const asg_region* from, asg_status* status, const char** why) {
  *status = ASG_OUT_OF_MEMORY;
  *why = "no memory for a region";
  region* r = calloc(1, sizeof *r);
  if (r == NULL) return NULL;
  r->rank = from->rank > 0 ? from->rank : 1; /* a domain without axes is a row of one point */
  r->dims[0] = 1;
  memcpy(r->dims, from->dims, from->rank * sizeof *r->dims);
  r->n_insts = from->insts.count;
  r->n_phases = from->phases.count;
  r->n_reductions = from->reductions.count;
  r->insts = copy_span(from->insts, sizeof(asg_inst));
  r->accesses = copy_span(from->accesses, sizeof(asg_access));
  r->stores = copy_span(from->stores, sizeof(asg_store));
  r->phases = copy_span(from->phases, sizeof(asg_phase));
  r->reductions = calloc(r->n_reductions + (size_t)1, sizeof(reduction));
  r->registers = malloc((r->n_insts + (size_t)1) * sizeof(cells));
  if (!r->insts || !r->accesses || !r->stores || !r->phases || !r->reductions || !r->registers) {
    region_free(r);
    return NULL;
  }
  for (uint32_t i = 0; i < r->n_reductions; ++i) {
    r->reductions[i].what = *ASG_AT(asg_reduction, from->reductions, i);
    number_elements(&r->reductions[i], r->dims, r->rank);
  }
  *status = ASG_UNSUPPORTED;
  *why = refused(r, from->accesses.count, from->instances.count);
  if (*why == NULL) return r;
  region_free(r);
  return NULL;
}

void region_free(region* r) {
  if (r == NULL) return;
  free(r->insts);
  free(r->accesses);
  free(r->stores);
  free(r->phases);
  free(r->reductions);
  free(r->registers);
  free(r);
}

/* The next row of a domain; false behind the last. */
static bool next_row(points* row, const int64_t* dims, uint32_t rank) {
  uint32_t d = rank - 1;
  row->at[d] += row->n;
  while (row->at[d] == dims[d]) {
    if (d == 0) return false;
    row->at[d] = 0;
    ++row->at[--d];
  }
  row->n = dims[rank - 1] - row->at[rank - 1];
  if (row->n > ROW_SIZE) row->n = ROW_SIZE;
  return true;
}
static bool first_row(points* row, const int64_t* dims, uint32_t rank) {
  memset(row, 0, sizeof *row);
  for (uint32_t d = 0; d < rank; ++d)
    if (dims[d] == 0) return false;
  return next_row(row, dims, rank);
}

/* base + sum(strides[d] * i[d]) at the first point of a row. */
static int64_t place(int64_t base, const int64_t* strides, const points* row, uint32_t rank) {
  for (uint32_t d = 0; d < rank; ++d) base += strides[d] * row->at[d];
  return base;
}

static void add_elements(const reduction* r, const points* row, uint32_t rank, const void* x) {
  const uint32_t size = size_of_type(r->what.dtype);
  copy_elements(size, row->n, r->elements + place(0, r->strides, row, rank) * size,
                r->strides[rank - 1], x, 1);
}
static void read_results(const reduction* r, const points* row, uint32_t rank, void* to) {
  const uint32_t size = size_of_type(r->what.dtype);
  copy_elements(size, row->n, to, 1, r->elements + place(0, r->kept_strides, row, rank) * size,
                r->kept_strides[rank - 1]);
}

static void reduce(const reduction* r, char* x, char* lanes) {
  const uint32_t dtype = r->what.dtype, size = size_of_type(dtype);
  const uint32_t opcode = combining_opcode(r->what.kind);
  const uint64_t neutral = neutral_bits(r->what.kind, dtype);
  if (r->length == 0) memcpy(x, &neutral, size);
  const int64_t blocks = (r->length + 4095) / 4096;
  for (int64_t b = 0; b < blocks; ++b) {
    copy_elements(size, 16, lanes, 1, &neutral, 0);
    const int64_t end = b + 1 < blocks ? (b + 1) * 4096 : r->length;
    for (int64_t i = b * 4096; i < end; i += 16)
      compute(opcode, dtype, dtype, end - i < 16 ? end - i : 16, lanes, lanes, x + i * size, NULL);
    for (int64_t half = 8; half > 0; half /= 2)
      compute(opcode, dtype, dtype, half, lanes, lanes, lanes + half * size, NULL);
    memcpy(x + b * size, lanes, size);
  }
  for (int64_t n = blocks; n > 1; n = (n + 1) / 2) {
    for (int64_t i = 0; i < n / 2; ++i)
      compute(opcode, dtype, dtype, 1, x + i * size, x + 2 * i * size, x + (2 * i + 1) * size,
              NULL);
    if (n % 2 != 0) memcpy(x + n / 2 * size, x + (n - 1) * size, size);
  }
}

/* Between an access of the row and a register. */
static void move(const region* r, uint32_t access, const points* row, void* elements, bool store,
                 const asg_value* values, char* const* addresses) {
  const asg_access* at = &r->accesses[access];
  const uint32_t size = size_of_type(values[at->value].dtype);
  const int64_t step = at->strides[r->rank - 1];
  char* memory =
      addresses[at->value] + place(at->offset, at->strides, row, r->rank) * (int64_t)size;
  if (store)
    copy_elements(size, row->n, memory, step, elements, 1);
  else
    copy_elements(size, row->n, elements, 1, memory, step);
}

static void execute(region* r, uint32_t k, const points* row, const asg_value* values,
                    char* const* addresses) {
  const asg_inst* inst = &r->insts[k];
  if (inst->op == ASG_EW_LOAD)
    move(r, inst->a, row, r->registers[k], false, values, addresses);
  else if (inst->op == ASG_EW_IMM)
    copy_elements(size_of_type(inst->dtype), row->n, r->registers[k], 1, &inst->imm, 0);
  else if (inst->op == ASG_EW_REDUCED)
    read_results(&r->reductions[inst->a], row, r->rank, r->registers[k]);
  else
    compute(inst->op, inst->dtype, r->insts[inst->a].dtype, row->n, r->registers[k],
            r->registers[inst->a], r->registers[inst->b], r->registers[inst->c]);
}

static void run_phase(region* r, asg_phase from, asg_phase to, const asg_value* values,
                      char* const* addresses) {
  void* spare = r->registers[r->n_insts];
  points row;
  for (bool more = first_row(&row, r->dims, r->rank); more;
       more = next_row(&row, r->dims, r->rank)) {
    for (uint32_t k = from.insts_end; k < to.insts_end; ++k) execute(r, k, &row, values, addresses);
    for (uint32_t i = from.reductions_end; i < to.reductions_end; ++i)
      add_elements(&r->reductions[i], &row, r->rank, r->registers[r->reductions[i].what.source]);
    for (uint32_t s = from.stores_end; s < to.stores_end; ++s)
      if (r->stores[s].kind == ASG_STORE_REGISTER)
        move(r, r->stores[s].access, &row, r->registers[r->stores[s].source], true, values,
             addresses);
  }
  for (uint32_t i = from.reductions_end; i < to.reductions_end; ++i) {
    reduction* done = &r->reductions[i];
    for (int64_t k = 0; k < done->count; ++k)
      reduce(done, done->elements + k * done->room * size_of_type(done->what.dtype), spare);
  }
  for (uint32_t s = from.stores_end; s < to.stores_end; ++s) {
    if (r->stores[s].kind != ASG_STORE_REDUCTION) continue;
    const reduction* done = &r->reductions[r->stores[s].source];
    for (bool more = first_row(&row, done->kept_dims, r->rank); more;
         more = next_row(&row, done->kept_dims, r->rank)) {
      read_results(done, &row, r->rank, spare);
      move(r, r->stores[s].access, &row, spare, true, values, addresses);
    }
  }
}

asg_status region_run(region* r, const asg_value* values, char* const* addresses) {
  asg_status status = ASG_OK;
  /* The memory is there for a run only: all reductions of a program at once would need much. */
  for (uint32_t i = 0; i < r->n_reductions; ++i) {
    reduction* one = &r->reductions[i];
    const int64_t size = one->count * one->room * size_of_type(one->what.dtype);
    one->elements = malloc(size > 0 ? (size_t)size : 1);
    if (one->elements == NULL) status = ASG_OUT_OF_MEMORY;
  }
  asg_phase from = {0, 0, 0, 0};
  for (uint32_t p = 0; status == ASG_OK && p < r->n_phases; from = r->phases[p++])
    run_phase(r, from, r->phases[p], values, addresses);
  for (uint32_t i = 0; i < r->n_reductions; ++i) {
    free(r->reductions[i].elements);
    r->reductions[i].elements = NULL;
  }
  return status;
}
