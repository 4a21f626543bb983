/* The ABI's headers are the whole program: they must compile alone, without a warning, as C and C++. */
#include <asg/sdk/extensions.h>

#include <asg/sdk/backend.h>

static void ASG_CALL count(void* user, const void* data, uint64_t size) ASG_NOEXCEPT {
  *(uint64_t*)user = data != NULL ? size : 0;
}

static uint64_t stored_size(const asg_host* host, const void* key, uint64_t key_size) {
  const asg_blob_cache* cache =
      (const asg_blob_cache*)host->get_extension(host->ctx, ASG_BLOB_CACHE);
  uint64_t size = 0;
  if (cache == NULL || !ASG_HAS(cache, store) ||
      cache->load(host->ctx, key, key_size, count, &size) != 0)
    return size;
  return cache->store(host->ctx, key, key_size, key, key_size) != 0 ? key_size : 0;
}

const asg_backend_api* ASG_CALL asg_backend_v1(const asg_host* host, asg_error* err) ASG_NOEXCEPT {
  static const asg_backend_api api = {sizeof(asg_backend_api), ASG_ABI_MINOR, NULL, NULL, NULL,
                                      NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
                                      NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL};
  const int known = ASG_HAS(host, version) && stored_size(host, &api, sizeof api) == 0;
  return known && err != NULL ? &api : NULL;
}
