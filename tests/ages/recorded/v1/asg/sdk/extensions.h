/* asg/sdk/extensions.h - services that asg offers to plugins beyond the contract (types.h, rule 10).
 * C11 and C++17, no dependencies.  Nothing includes it but what uses one of them:
 *
 *   const asg_blob_cache* cache = host->get_extension(host->ctx, ASG_BLOB_CACHE);
 *   if (cache != NULL) cache->store(host->ctx, key, key_size, data, size);
 *
 * `ctx` of all functions is asg_host.ctx.  They may be called from create to the return of destroy.
 */
#ifndef ASG_SDK_EXTENSIONS_H_
#define ASG_SDK_EXTENSIONS_H_

#include <asg/sdk/types.h>

#ifdef __cplusplus
extern "C" {
#endif

/* -------------------------------------------------------------- blob cache
 *
 * Bytes that the next process finds again: compiled shaders, what was measured.  The host chooses
 * the place and guards it: what is damaged, or what other users may have written, counts as missing.
 *
 * A key is any bytes, compared whole.  Everything that the data depend on belongs into it: the
 * source, the versions of compiler and driver, the device.  All backends of one name share their
 * entries, in all processes and versions; those of another name have others.  An entry may be gone
 * at any time, and of several stores under one key, at once too, one is found as it was written. */
#define ASG_BLOB_CACHE "asg.blob_cache/1"

/* Takes the bytes, which live for the call only; `data` may have any alignment. */
typedef ASG_FN(void, asg_blob_receiver, void* user, const void* data, uint64_t size);

typedef struct asg_blob_cache { /* lives as long as the host                                   */
  uint32_t struct_size, reserved;
  /* [any] Gives what is stored under the key to `found`, which is called once, by this thread and
   * before load returns.  1, or 0 without that call when there is nothing. */
  ASG_FN(uint32_t, load, void* ctx, const void* key, uint64_t key_size, asg_blob_receiver found,
         void* user);
  /* [any] Keeps a copy in the place of what was stored under the key.  1, or 0 when that fails: no
   * place, no room, larger than the host takes; the host tells the user, once. */
  ASG_FN(uint32_t, store, void* ctx, const void* key, uint64_t key_size, const void* data,
         uint64_t size);
} asg_blob_cache;

#ifdef __cplusplus
}
#endif

#if UINTPTR_MAX == UINT64_MAX
ASG_ASSERT_LAYOUT(sizeof(asg_blob_cache) == 24);
#endif
#endif /* ASG_SDK_EXTENSIONS_H_ */
