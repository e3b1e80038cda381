"""The external repositories of this build, none of which is downloaded.

The first three replace what Bazel 4's built-in WORKSPACE suffix fetches from
the network. `system` is our own: the libraries that Debian installed.
"""

def glassheap_repositories():
    """Declares every external repository. Called once, from WORKSPACE."""
    native.local_repository(
        name = "rules_java",
        path = "/usr/share/bazel/rules/java",
    )
    native.local_repository(
        name = "rules_cc",
        path = "tools/dev/bazel/rules_cc",
    )
    native.local_repository(
        name = "remote_coverage_tools",
        path = "tools/dev/bazel/remote_coverage_tools",
    )
    native.new_local_repository(
        name = "system",
        path = "/usr",
        build_file = "@//tools/dev/bazel:system.BUILD",
    )
