# The door is built twice: the library, and the hardened one (policy.h).
load("//allocator:copts.bzl", "ALLOCATOR_COPTS")

def front(name, defines = [], srcs = [], hdrs = [], names = []):
    """A library `name` that replaces malloc, and `name`_inside: the same without the names, for tests under sanitizers.

    Args:
      name: of the target.
      defines: GLASSHEAP_HARDENED, or nothing.
      srcs: what this one has and the other has not.
      hdrs: likewise.
      names: what only this one takes from libc; not in `name`_inside.
    """
    headers = [
        "door.h",
        "fast_path.h",
        "hardened/hardened.h",
        "large_end.h",
        "lifecycle.h",
        "next_function.h",
        "object.h",
        "policy.h",
        "reserve.h",
        "slow_path.h",
        "thread_state.h",
    ]

    native.cc_library(
        name = name,
        srcs = [
            "descriptors.cc",
            "malloc.cc",
            "sandbox.cc",
        ] + names,
        alwayslink = 1,
        copts = ALLOCATOR_COPTS,
        linkstatic = 1,
        deps = [
            ":" + name + "_inside",
            ":" + name + "_operators",
        ],
    )

    native.cc_library(
        name = name + "_inside",
        srcs = [
            "introspection.cc",
            "lifecycle.cc",
            "object.cc",
            "realloc.cc",
            "reserve.cc",
            "slow_path.cc",
        ] + srcs,
        hdrs = headers + hdrs,
        alwayslink = 1,
        copts = ALLOCATOR_COPTS,
        defines = defines,
        linkstatic = 1,
        deps = [
            "//allocator:public_headers",
            "//allocator/base:os_memory_linux",
            "//allocator/introspect",
        ],
    )

    # Apart, because the nothrow operators catch what a new_handler throws.
    native.cc_library(
        name = name + "_operators",
        srcs = headers + ["new.cc"],
        alwayslink = 1,
        copts = [c for c in ALLOCATOR_COPTS if c != "-fno-exceptions"],
        defines = defines,
        linkstatic = 1,
        deps = ["//allocator/heap"],
    )
