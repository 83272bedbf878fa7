/* What the Node-API addons of the benchmarks have in common. Define ADDON, the name that errors give, before. */
#include <node_api.h>
#include <time.h>

/* Throws unless every status is napi_ok, whose value is 0. */
static napi_value checked(napi_env env, int status)
{
	if (status)
		napi_throw_type_error(env, NULL, ADDON ": bad argument");
	return NULL;
}

/* Nanoseconds of CPU time of the calling thread. */
static napi_value thread_cpu(napi_env env, napi_callback_info info)
{
	struct timespec t;
	napi_value value = NULL;
	(void)info;
	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	napi_create_double(env, (double)t.tv_sec * 1e9 + (double)t.tv_nsec, &value);
	return value;
}

static void export_function(napi_env env, napi_value exports, const char *name, napi_callback callback)
{
	napi_value function;
	napi_create_function(env, name, NAPI_AUTO_LENGTH, callback, NULL, &function);
	napi_set_named_property(env, exports, name, function);
}
