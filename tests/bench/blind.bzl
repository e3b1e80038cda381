"""The library built once more without introspection: see kIntrospection in
allocator/base/macros.h."""

_COPT = "//command_line_option:copt"

def _blind_impl(settings, _attr):
    return {_COPT: settings[_COPT] + ["-DGLASSHEAP_BLIND"]}

_blind = transition(implementation = _blind_impl, inputs = [_COPT], outputs = [_COPT])

def _blind_library_impl(ctx):
    library = ctx.actions.declare_file(ctx.label.name)
    ctx.actions.symlink(output = library, target_file = ctx.file.library)
    return [DefaultInfo(files = depset([library]), runfiles = ctx.runfiles([library]))]

blind_library = rule(
    implementation = _blind_library_impl,
    attrs = {
        "library": attr.label(allow_single_file = True, cfg = _blind, mandatory = True),
        "_allowlist_function_transition": attr.label(
            default = "@bazel_tools//tools/allowlists/function_transition_allowlist",
        ),
    },
)
