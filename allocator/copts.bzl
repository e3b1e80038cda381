# What every part of the allocator is compiled with. See README.md: no exceptions, no RTTI, no dynamic TLS, and no
# compiler that knows what malloc does.
ALLOCATOR_COPTS = [
    "-fvisibility=hidden",
    "-ftls-model=initial-exec",
    "-fno-exceptions",
    "-fno-rtti",
    "-fno-threadsafe-statics",
    # The toolchain's defaults cost the fast path six instructions a call.
    "-fomit-frame-pointer",
    "-fno-stack-protector",
    "-fcf-protection=none",
    "-fno-builtin-malloc",
    "-fno-builtin-calloc",
    "-fno-builtin-realloc",
    "-fno-builtin-free",
]
